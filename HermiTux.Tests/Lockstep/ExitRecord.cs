using System.Runtime.CompilerServices;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;

namespace HermiTux.Tests.Lockstep;

/// <summary>What a guest thread looked like when its vCPU stopped: every register that is defined, and sometimes its memory.</summary>
internal sealed unsafe class ExitRecord
{
    private const int FirstFlags = 17;
    public const ulong ArithmeticFlags = 0x8D5;
    private const ulong TrapFlag = 0x100;

    // Sixteen general registers, RIP, flags, FS and GS base, then the x87, SSE and AVX registers by 8 bytes.
    private readonly ulong[] _values = new ulong[20 + 32 + 64 + 4];

    private ExitRecord(VcpuExit exit)
    {
        Exit = exit;
    }

    /// <summary>Why it stopped.</summary>
    public VcpuExit Exit { get; }

    /// <summary>What is in the guest's writable memory; null when nobody looked.</summary>
    public MemoryDigest? Memory { get; private init; }

    public ulong Rip => _values[16];

    /// <summary>The arithmetic flags, which the other comparisons leave out.</summary>
    public ulong Flags { get; private init; }

    /// <summary>R11 with the flags that SYSCALL leaves there, which the other comparisons leave out.</summary>
    public ulong R11 { get; private init; }

    public static ExitRecord Of(VcpuExit exit, CpuState* state, AddressSpace? memoryOf, bool keep = false)
    {
        var record = new ExitRecord(exit)
        {
            Memory = memoryOf is null ? null : MemoryDigest.Of(memoryOf, keep),
            Flags = state->Rflags & ArithmeticFlags,
            R11 = state->R11,
        };
        ulong[] values = record._values;
        for (int i = 0; i < 16; i++)
        {
            values[i] = state->Gpr[i];
        }

        // RFLAGS leaves by SYSCALL in R11. Which arithmetic flags an instruction leaves undefined isn't known here.
        values[11] &= ~(ArithmeticFlags | TrapFlag);
        values[16] = state->Rip;
        values[FirstFlags] = state->Rflags & ~(ArithmeticFlags | TrapFlag | 0x1_0000) | 2;
        values[18] = state->FsBase;
        values[19] = state->GsBase;
        byte* area = (byte*)state + CpuState.XsaveOffset;
        bool hasX87 = (state->XstateBv & 1) != 0;
        bool hasSse = (state->XstateBv & 2) != 0;
        bool hasAvx = (state->XstateBv & 4) != 0;
        values[20] = hasX87 ? state->Fcw : 0x37FUL;
        values[21] = hasX87 ? state->Fsw : 0UL;
        values[22] = hasX87 ? state->Ftw : 0UL;
        values[23] = state->Mxcsr;
        for (int i = 0; i < 8; i++)
        {
            // SAFETY: all offsets lie in the XSAVE image of the state.
            values[24 + 2 * i] = hasX87 ? Unsafe.ReadUnaligned<ulong>(area + 32 + 16 * i) : 0;
            values[25 + 2 * i] = hasX87 ? Unsafe.ReadUnaligned<ushort>(area + 40 + 16 * i) : 0UL;
        }

        for (int i = 0; i < 32; i++)
        {
            values[40 + i] = hasSse ? Unsafe.ReadUnaligned<ulong>(area + 160 + 8 * i) : 0;
            values[72 + i] = hasAvx ? Unsafe.ReadUnaligned<ulong>(area + 576 + 8 * i) : 0;
        }

        return record;
    }

    /// <summary>What differs, or null.</summary>
    public string? Difference(ExitRecord other)
    {
        if (Exit.Reason != other.Exit.Reason || Exit.Exception != other.Exit.Exception || Exit.ErrorCode != other.Exit.ErrorCode || Exit.Fault.Address != other.Exit.Fault.Address)
        {
            return $"{Exit} at {Rip:x} != {other.Exit} at {other.Rip:x}";
        }

        var text = new System.Text.StringBuilder();
        for (int i = 0; i < _values.Length; i++)
        {
            if (_values[i] != other._values[i])
            {
                text.Append($" {NameOf(i)}: {_values[i]:x} != {other._values[i]:x};");
            }
        }

        if (Memory is { } mine && other.Memory is { } theirs && mine.DifferentPages(theirs) is { Length: > 0 } pages)
        {
            text.Append(" memory").Append(pages).Append(';');
        }

        return text.Length == 0 ? null : $"{Exit.Reason} at {Rip:x}:{text}";
    }

    /// <summary>Whether all registers are the same, whatever the exit.</summary>
    public bool HasSameRegisters(ExitRecord other) => _values.AsSpan().SequenceEqual(other._values);

    private static string NameOf(int index) => index switch
    {
        < 16 => ((string[])["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"])[index],
        16 => "rip",
        FirstFlags => "rflags",
        18 => "fsbase",
        19 => "gsbase",
        20 => "fcw",
        21 => "fsw",
        22 => "ftw",
        23 => "mxcsr",
        < 40 => $"st{(index - 24) / 2}",
        < 72 => $"xmm{(index - 40) / 2}",
        _ => $"ymm{(index - 72) / 2}h",
    };
}

/// <summary>Digests of the pages that a guest could have written to.</summary>
internal sealed class MemoryDigest
{
    private const int Shown = 5;

    private readonly Dictionary<ulong, ulong> _pages = [];
    private readonly Dictionary<ulong, byte[]> _kept = [];

    /// <param name="space">The guest's memory.</param>
    /// <param name="keep">Whether to keep the pages, so as to say where they differ.</param>
    public static MemoryDigest Of(AddressSpace space, bool keep = false)
    {
        byte[] page = new byte[Page.Size];
        Span<byte> resident = stackalloc byte[1];
        var digest = new MemoryDigest();
        foreach (VmaInfo vma in space.Mappings)
        {
            if ((vma.Protection & MemoryProtection.Write) == 0 || vma.Shared)
            {
                continue;
            }

            bool anonymous = vma.Name.Inode == 0;
            for (ulong address = vma.Start; address < vma.End; address += Page.Size)
            {
                // Which zero pages are there yet differs between engines, and so does what a file's page was read for.
                if (anonymous && (space.Resident(address, Page.Size, resident) != Errno.None || resident[0] == 0))
                {
                    continue;
                }

                if (space.TryRead(address, page) && page.AsSpan().ContainsAnyExcept((byte)0))
                {
                    digest._pages.Add(address, HashOf(page));
                    if (keep)
                    {
                        digest._kept.Add(address, page.ToArray());
                    }
                }
            }
        }

        return digest;
    }

    /// <summary>A page that differs; null if none does.</summary>
    public ulong? DifferentPage(MemoryDigest other) => Differences(other).Cast<ulong?>().FirstOrDefault();

    /// <summary>Whether a page of a guest is as it was here.</summary>
    public bool Holds(AddressSpace space, ulong address)
    {
        byte[] page = new byte[Page.Size];
        ulong hash = space.TryRead(address, page) && page.AsSpan().ContainsAnyExcept((byte)0) ? HashOf(page) : 0;
        return hash == _pages.GetValueOrDefault(address);
    }

    /// <summary>The first pages that differ, as text; empty if none does.</summary>
    public string DifferentPages(MemoryDigest other)
    {
        return string.Concat(Differences(other).Take(Shown).Select(page => _kept.TryGetValue(page, out byte[]? mine) && other._kept.TryGetValue(page, out byte[]? theirs)
            ? DifferentWords(page, mine, theirs) : $" {page:x}({_pages.GetValueOrDefault(page):x} != {other._pages.GetValueOrDefault(page):x})"));
    }

    private IEnumerable<ulong> Differences(MemoryDigest other) =>
        _pages.Where(page => !other._pages.TryGetValue(page.Key, out ulong hash) || hash != page.Value).Select(page => page.Key)
            .Concat(other._pages.Keys.Where(page => !_pages.ContainsKey(page)));

    private static string DifferentWords(ulong page, byte[] mine, byte[] theirs) => string.Concat(Enumerable.Range(0, Page.Size / 8)
        .Where(i => BitConverter.ToUInt64(mine, i * 8) != BitConverter.ToUInt64(theirs, i * 8)).Take(Shown)
        .Select(i => $" [{page + (ulong)(i * 8):x}] {BitConverter.ToUInt64(mine, i * 8):x} != {BitConverter.ToUInt64(theirs, i * 8):x}"));

    private static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0;
        foreach (ulong word in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            hash = (hash ^ word) * 0xD6E8_FEB8_6659_FD93;
            hash ^= hash >> 32;
        }

        return hash;
    }
}
