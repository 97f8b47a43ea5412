using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Where generated machine code lies: one range of host addresses for the whole process, so that a signal handler can tell
/// translated code by its address alone. The memory is mapped twice, executable at <see cref="ExecBase"/> and writable
/// <see cref="WriteDelta"/> further on; no mapping is ever both.
/// </summary>
/// <remarks>
/// The first 64 KiB are the stub zone: entries, exits and handlers, which run with the host's registers in any state. The rest is
/// the block zone: translated code, where RSP is a <see cref="VcpuFrame"/> at every instruction. Thread-safe.
/// </remarks>
internal sealed unsafe class CodeRegion
{
    /// <summary>Bytes of the stub zone.</summary>
    public const int StubZoneSize = 64 << 10;

    /// <summary>Areas of the block zone are multiples of this, in bytes.</summary>
    public const int AreaUnit = 256 << 10;

    private const long LargestSize = 1L << 30;
    private const long SmallestSize = 16L << 20;
    private const int StubAlignment = 64;

    private static readonly Lock s_createLock = new();
    private static CodeRegion? s_region;
    private static string? s_refusal;

    private readonly Lock _lock = new();
    private readonly int _file;
    private readonly long[] _usedUnits;
    private readonly int _units;
    private int _stubBytes;
    private int _searchFrom;

    private CodeRegion(byte* start, long size, int file)
    {
        ExecBase = start;
        WriteDelta = (nint)size;
        Size = size;
        Boundaries = start + (2 * size);
        _file = file;

        // The first unit holds the stub zone; what is left of it stays unused, so that areas are aligned.
        _units = (int)(size / AreaUnit);
        _usedUnits = new long[(_units + 63) / 64];
        _usedUnits[0] = 1;
        BlockStart = start + AreaUnit;
    }

    /// <summary>First byte of the executable mapping, which is the stub zone's.</summary>
    public byte* ExecBase { get; }

    /// <summary>First byte of the block zone, in the executable mapping.</summary>
    public byte* BlockStart { get; }

    /// <summary>First byte after the block zone.</summary>
    public byte* BlockEnd => ExecBase + Size;

    /// <summary>Distance from an executable byte to the same byte in the writable mapping.</summary>
    public nint WriteDelta { get; }

    /// <summary>Bytes of each mapping.</summary>
    public long Size { get; }

    /// <summary>
    /// One bit for each byte from <see cref="ExecBase"/> on (bit n modulo 8 of byte n / 8): set where the guest's state is exactly that
    /// before a guest instruction, so that an interruption may be taken there. Written by whoever writes the code; cleared by <see cref="FreeArea"/>.
    /// </summary>
    public byte* Boundaries { get; }

    /// <summary>The region of this process, made when first asked for. False where the host allows no such memory.</summary>
    public static bool TryGet([NotNullWhen(true)] out CodeRegion? region, out string? refusal)
    {
        lock (s_createLock)
        {
            if (s_region == null && s_refusal == null)
            {
                s_region = Create(out s_refusal);
            }

            region = s_region;
            refusal = s_refusal;
            return region != null;
        }
    }

    /// <summary>Assembles a stub at its final address; the address of its first byte. Stubs stay for the life of the process.</summary>
    /// <exception cref="InvalidOperationException">The stub zone is full.</exception>
    public nint AddStub(Action<Assembler> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        lock (_lock)
        {
            var assembler = new Assembler(64);
            write(assembler);
            var code = new ByteList();
            byte* start = ExecBase + _stubBytes;
            assembler.Assemble(code, (ulong)start);
            return Place(code.Bytes);
        }
    }

    /// <summary>Reserves room for a stub that the caller writes itself; the address in the executable mapping.</summary>
    public nint AllocateStub(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_lock)
        {
            int start = _stubBytes;
            if (bytes > StubZoneSize - start)
            {
                throw new InvalidOperationException("The stub zone is full.");
            }

            _stubBytes += (bytes + StubAlignment - 1) & -StubAlignment;
            return (nint)(ExecBase + start);
        }
    }

    /// <summary>
    /// Takes a part of the block zone, a multiple of <see cref="AreaUnit"/> and aligned to it, filled with bytes that no one can run
    /// into unnoticed only once they are written: the owner fills it. Null when none is left.
    /// </summary>
    public byte* AllocateArea(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        int count = (int)(((long)bytes + AreaUnit - 1) / AreaUnit);
        lock (_lock)
        {
            int unit = FindFree(count, _searchFrom);
            if (unit < 0)
            {
                unit = FindFree(count, 0);
            }

            if (unit < 0)
            {
                return null;
            }

            Mark(unit, count, used: true);
            _searchFrom = unit + count;
            return ExecBase + ((long)unit * AreaUnit);
        }
    }

    /// <summary>
    /// Gives an area back, memory, boundary bits and all. No thread may be in it, and no code lead there.
    /// </summary>
    public void FreeArea(byte* area, int bytes)
    {
        int count = (int)(((long)bytes + AreaUnit - 1) / AreaUnit);
        long offset = area - ExecBase;
        long length = (long)count * AreaUnit;
        if (LinuxMemory.fallocate(_file, LinuxMemory.FALLOC_FL_PUNCH_HOLE | LinuxMemory.FALLOC_FL_KEEP_SIZE, offset, length) != 0)
        {
            // SAFETY: the writable view of an area that is nobody else's.
            NativeMemory.Clear(area + WriteDelta, (nuint)length);
        }

        // SAFETY: the boundary bits of the area; private anonymous memory reads as zero afterwards.
        if (LinuxMemory.madvise(Boundaries + (offset / 8), (nuint)(length / 8), LinuxMemory.MADV_DONTNEED) != 0)
        {
            NativeMemory.Clear(Boundaries + (offset / 8), (nuint)(length / 8));
        }

        lock (_lock)
        {
            Mark((int)(offset / AreaUnit), count, used: false);
        }
    }

    private static CodeRegion? Create(out string? refusal)
    {
        refusal = null;
        int file = LinuxMemory.memfd_create("hermitux-code", LinuxMemory.MFD_CLOEXEC | LinuxMemory.MFD_EXEC);
        if (file < 0)
        {
            // Before Linux 6.3 there is no such flag, and every memory file may be executed.
            file = LinuxMemory.memfd_create("hermitux-code", LinuxMemory.MFD_CLOEXEC);
        }

        if (file < 0)
        {
            refusal = $"the host refuses a memory file for code (memfd_create: error {Marshal.GetLastPInvokeError()})";
            return null;
        }

        for (long size = LargestSize; size >= SmallestSize; size /= 4)
        {
            if (TryCreate(file, size) is { } region)
            {
                return region;
            }
        }

        refusal = $"the host refuses executable memory (mmap: error {Marshal.GetLastPInvokeError()})";
        _ = LinuxMemory.close(file);
        return null;
    }

    private static CodeRegion? TryCreate(int file, long size)
    {
        if (LinuxMemory.ftruncate(file, size) != 0)
        {
            return null;
        }

        const int Reserve = LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_ANONYMOUS | LinuxMemory.MAP_NORESERVE;
        const int Replace = LinuxMemory.MAP_SHARED | LinuxMemory.MAP_FIXED;
        nuint length = (nuint)size;

        // SAFETY: a new range where the kernel likes, then parts of it replaced. It stays for the life of the process.
        var start = (byte*)LinuxMemory.mmap(null, (2 * length) + (length / 8), LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE, Reserve, -1, 0);
        if (start == LinuxMemory.MAP_FAILED)
        {
            return null;
        }

        if (LinuxMemory.mmap(start, length, LinuxMemory.PROT_READ | LinuxMemory.PROT_EXEC, Replace, file, 0) == start
            && LinuxMemory.mmap(start + size, length, LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE, Replace, file, 0) == start + size)
        {
            return new CodeRegion(start, size, file);
        }

        _ = LinuxMemory.munmap(start, (2 * length) + (length / 8));
        return null;
    }

    private nint Place(ReadOnlySpan<byte> code)
    {
        nint start = AllocateStub(code.Length);

        // SAFETY: the writable view of a part of the stub zone that was just reserved.
        code.CopyTo(new Span<byte>((byte*)start + WriteDelta, code.Length));
        return start;
    }

    private int FindFree(int count, int from)
    {
        int free = 0;
        for (int unit = from; unit < _units; unit++)
        {
            free = (_usedUnits[unit >> 6] >> (unit & 63) & 1) != 0 ? 0 : free + 1;
            if (free == count)
            {
                return unit - count + 1;
            }
        }

        return -1;
    }

    private void Mark(int unit, int count, bool used)
    {
        for (int i = unit; i < unit + count; i++)
        {
            long bit = 1L << (i & 63);
            _usedUnits[i >> 6] = used ? _usedUnits[i >> 6] | bit : _usedUnits[i >> 6] & ~bit;
        }
    }

    private sealed class ByteList : CodeWriter
    {
        private readonly List<byte> _bytes = [];

        public ReadOnlySpan<byte> Bytes => CollectionsMarshal.AsSpan(_bytes);

        public override void WriteByte(byte value) => _bytes.Add(value);
    }
}
