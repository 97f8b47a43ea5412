using System.Numerics;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Where a vCPU's indirect branches and returns find the code for a guest address: two tables behind its <see cref="VcpuFrame"/>.
/// </summary>
/// <remarks>
/// <para>The first has a host address for the low 16 bits of the guest's, without a key: where it leads, each block checks first that it is the one that is
/// wanted (<see cref="TranslatedBlock.Arrival"/>), so a hit costs one load. What isn't in use leads to <see cref="TranslatorStubs.IndirectMiss"/>, which a
/// block that isn't wanted leads to as well.</para>
/// <para>That looks into the second one, by a hash of the address and with keys, before it leaves: addresses that share the low 16 bits are common
/// in larger programs. What is displaced from the first moves there.</para>
/// <para>Changed by the vCPU's own thread outside translated code, and cleared by any thread; both under the cache's lock.</para>
/// </remarks>
internal sealed unsafe class JumpTable
{
    /// <summary>Entries of each table.</summary>
    public const int Entries = 1 << 16;

    /// <summary>See <see cref="SecondIndex"/>.</summary>
    public const int SecondRotation = 12;

    private const int TableBytes = Entries * 8;

    /// <summary>Pages that certainly hold a table wherever in a page the frame is.</summary>
    private const int TablePages = (TableBytes / Page.Size) + 1;

    /// <summary>Entries that take a page.</summary>
    private const int Group = Page.Size / 8;

    /// <summary>Offsets from the frame. Code knows all but the last.</summary>
    public const int First = Page.Size;
    public const int SecondKeys = First + (TablePages * Page.Size);
    public const int SecondHosts = SecondKeys + TableBytes;
    private const int FirstKeys = SecondHosts + TableBytes;

    /// <summary>Bytes from the frame's page to the end of the tables.</summary>
    public const int BytesWithFrame = FirstKeys + (TablePages * Page.Size);

    private static readonly Lock s_lock = new();
    private static int s_file = -1;
    private static ulong s_fileMiss;

    private readonly ulong _miss;
    private readonly ulong* _first;
    private readonly ulong* _firstKeys;
    private readonly ulong* _secondKeys;
    private readonly ulong* _secondHosts;

    /// <summary>Groups of entries that may not be empty.</summary>
    private readonly bool[] _usedFirst = new bool[Entries / Group];
    private readonly bool[] _usedSecond = new bool[Entries / Group];

    /// <summary>Makes the tables, empty.</summary>
    /// <param name="frame">In the first page of <see cref="BytesWithFrame"/> zeroed bytes of private memory.</param>
    /// <param name="miss">See <see cref="TranslatorStubs.IndirectMiss"/>.</param>
    public JumpTable(VcpuFrame* frame, byte* miss)
    {
        _miss = (ulong)miss;
        _first = (ulong*)((byte*)frame + First);
        _firstKeys = (ulong*)((byte*)frame + FirstKeys);
        _secondKeys = (ulong*)((byte*)frame + SecondKeys);
        _secondHosts = (ulong*)((byte*)frame + SecondHosts);

        // Keys are negated addresses, so all but the first entry's zeros match nothing.
        _firstKeys[0] = 1;
        _secondKeys[0] = 1;
        FillFirst();
    }

    /// <summary>Makes branches to a guest address lead to code.</summary>
    /// <param name="rip">Guest address.</param>
    /// <param name="arrival">Code that checks that the scratch register holds that address.</param>
    public void Set(ulong rip, byte* arrival)
    {
        int index = FirstIndex(rip);
        ulong former = _firstKeys[index];
        if (former is not (0 or 1) && former != KeyOf(rip))
        {
            int second = SecondIndex((ulong)-(long)former);
            _usedSecond[second / Group] = true;
            _secondHosts[second] = _first[index];
            Volatile.Write(ref _secondKeys[second], former);
        }

        _usedFirst[index / Group] = true;
        _firstKeys[index] = KeyOf(rip);
        Volatile.Write(ref _first[index], (ulong)arrival);
    }

    /// <summary>Whether nothing would be displaced from the first table.</summary>
    public bool IsFree(ulong rip) => _firstKeys[FirstIndex(rip)] is 0 or 1;

    /// <summary>Makes branches to a guest address leave.</summary>
    public void Clear(ulong rip)
    {
        int index = FirstIndex(rip);
        if (_firstKeys[index] == KeyOf(rip))
        {
            Volatile.Write(ref _first[index], _miss);
            _firstKeys[index] = index == 0 ? 1u : 0u;
        }

        int second = SecondIndex(rip);
        if (_secondKeys[second] == KeyOf(rip))
        {
            Volatile.Write(ref _secondKeys[second], second == 0 ? 1u : 0u);
        }
    }

    /// <summary>Makes all branches leave. The vCPU is outside.</summary>
    public void Clear()
    {
        for (int group = 0; group < Entries / Group; group++)
        {
            // SAFETY: parts of the tables.
            if (_usedFirst[group])
            {
                new Span<ulong>(_first + (group * Group), Group).Fill(_miss);
                new Span<ulong>(_firstKeys + (group * Group), Group).Clear();
            }

            if (_usedSecond[group])
            {
                // Hosts without a key are never looked at.
                new Span<ulong>(_secondKeys + (group * Group), Group).Clear();
            }
        }

        _firstKeys[0] = 1;
        _secondKeys[0] = 1;
        Array.Clear(_usedFirst);
        Array.Clear(_usedSecond);
    }

    /// <summary>The place of a guest address in the second table. Addresses that meet in the first one, 64 KiB apart, don't meet here.</summary>
    public static int SecondIndex(ulong rip) => (int)((rip + BitOperations.RotateRight(rip, SecondRotation)) & (Entries - 1));

    private static ulong KeyOf(ulong rip) => (ulong)-(long)rip;

    private static int FirstIndex(ulong rip) => (int)(rip & (Entries - 1));

    /// <summary>Half a megabyte of one value, which most vCPUs change in few places: copied on write from one file for the process.</summary>
    private void FillFirst()
    {
        var page = (byte*)((ulong)_first & ~Page.OffsetMask);
        int file = FileOf(_miss);
        const int Flags = LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_FIXED | LinuxMemory.MAP_NORESERVE;

        // SAFETY: pages of the caller's that hold nothing else.
        if (file < 0 || LinuxMemory.mmap(page, TablePages * (nuint)Page.Size, LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE, Flags, file, 0) == LinuxMemory.MAP_FAILED)
        {
            new Span<ulong>(_first, Entries).Fill(_miss);
        }
    }

    private static int FileOf(ulong miss)
    {
        lock (s_lock)
        {
            if (s_file >= 0)
            {
                return s_fileMiss == miss ? s_file : -1;
            }

            int file = LinuxMemory.memfd_create("hermitux-jumps", LinuxMemory.MFD_CLOEXEC);
            nuint bytes = TablePages * (nuint)Page.Size;
            if (file < 0 || LinuxMemory.ftruncate(file, (long)bytes) != 0)
            {
                _ = file < 0 ? 0 : LinuxMemory.close(file);
                return -1;
            }

            var view = (byte*)LinuxMemory.mmap(null, bytes, LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE, LinuxMemory.MAP_SHARED, file, 0);
            if (view == LinuxMemory.MAP_FAILED)
            {
                _ = LinuxMemory.close(file);
                return -1;
            }

            // SAFETY: the mapping just made.
            new Span<ulong>(view, (int)(bytes / 8)).Fill(miss);
            _ = LinuxMemory.munmap(view, bytes);
            s_fileMiss = miss;
            return s_file = file;
        }
    }
}
