using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>The host addresses of one window and its guard zones, and the probe region that goes with its size.</summary>
internal sealed unsafe class WindowReservation : IDisposable
{
    public const int LargeBits = 40;
    public const int SmallBits = 32;

    private static readonly Lazy<string?> s_refusal = new(FindRefusal);

    private readonly byte* _start;
    private readonly ulong _length;
    private int _disposed;

    private WindowReservation(byte* start, int bits, int probe)
    {
        _start = start;
        _length = LengthFor(bits);
        Bits = bits;
        Base = start + GuestWindow.GuardSize;
        ProbeAddress = probe;
    }

    /// <summary>Gives the addresses of a window back that nobody disposed.</summary>
    ~WindowReservation() => Free();

    /// <summary>Why this process can't have a window; null when it can.</summary>
    public static string? Refusal => s_refusal.Value;

    /// <summary>As if the host gave no larger windows: <see cref="SmallBits"/> or <see cref="LargeBits"/>. For tests, before the first window.</summary>
    internal static int MostBits { get; set; } = LargeBits;

    /// <summary>See <see cref="GuestWindow.Base"/>.</summary>
    public byte* Base { get; }

    /// <summary>See <see cref="GuestWindow.Bits"/>.</summary>
    public int Bits { get; }

    /// <summary>See <see cref="GuestWindow.ProbeAddress"/>.</summary>
    public int ProbeAddress { get; }

    /// <summary>Reserves the largest window that the host gives; null if it gives none that holds a space.</summary>
    /// <param name="limit">End of the space; the largest window will do where it lies beyond.</param>
    public static WindowReservation? Create(ulong limit) => limit switch
    {
        <= 1UL << SmallBits => TryCreate(SmallBits),
        <= 1UL << LargeBits => TryCreate(LargeBits),
        _ => TryCreate(LargeBits) ?? TryCreate(SmallBits),
    };

    /// <summary>Makes a page-aligned range of the window inaccessible. False when the host refuses.</summary>
    public bool Hide(ulong start, ulong end) => Reserve(Base + start, end - start, LinuxMemory.MAP_FIXED) == Base + start;

    /// <summary>Makes the whole window inaccessible.</summary>
    public void HideAll()
    {
        // With the guard zones it is made of whole mappings, so that at the host's limit of mappings this needs no new one. Beyond the limit
        // the host maps nothing, but takes rights away: that splits nothing here.
        // SAFETY: the whole reservation that this object owns.
        if (Reserve(_start, _length, LinuxMemory.MAP_FIXED) != _start && LinuxMemory.mprotect(_start, (nuint)_length, LinuxMemory.PROT_NONE) != 0)
        {
            Environment.FailFast("The host refuses to take memory out of a guest's reach.");
        }
    }

    /// <summary>Gives the host addresses back.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static WindowReservation? TryCreate(int bits)
    {
        int probe = bits <= MostBits ? ProbeRegion.For(bits) : 0;
        if (probe == 0)
        {
            return null;
        }

        byte* start = Reserve(null, LengthFor(bits), 0);
        return start == LinuxMemory.MAP_FAILED ? null : new WindowReservation(start, bits, probe);
    }

    private static ulong LengthFor(int bits) => (1UL << bits) + (2 * GuestWindow.GuardSize);

    private static byte* Reserve(byte* address, ulong length, int flags) =>
        // SAFETY: a new inaccessible mapping where the kernel likes, or over one that the caller owns.
        (byte*)LinuxMemory.mmap(address, (nuint)length, LinuxMemory.PROT_NONE,
            LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_ANONYMOUS | LinuxMemory.MAP_NORESERVE | flags, -1, 0);

    private void Free()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            // SAFETY: exactly what was reserved; the owner promises that no translated code runs in it any more.
            _ = LinuxMemory.munmap(_start, (nuint)_length);
        }
    }

    private static string? FindRefusal()
    {
        using WindowReservation? trial = Create(Page.UserEnd);
        return trial != null ? null
            : ProbeRegion.For(LargeBits) == 0 ? "the host refuses address space below 2 GiB"
            : "the host refuses the address space for a guest window (RLIMIT_AS?)";
    }
}
