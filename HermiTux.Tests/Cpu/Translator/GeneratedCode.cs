namespace HermiTux.Tests.Cpu.Translator;

/// <summary>Machine code for <see cref="CodeVerifier"/>, and what it may rely on.</summary>
internal sealed record GeneratedCode
{
    /// <summary>Where it executes.</summary>
    public required ulong Address { get; init; }

    /// <summary>All of it, exits included.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>log2 of the window's size.</summary>
    public required int WindowBits { get; init; }

    /// <summary>The probe's displacement.</summary>
    public required int Probe { get; init; }

    /// <summary>The guest address that it is a translation of.</summary>
    public ulong Rip { get; init; }

    /// <summary>Offset where the jump table leads, with the guest address that is wanted in R11; -1 when it doesn't.</summary>
    public int Arrival { get; init; } = -1;

    /// <summary>Offset of its start for direct branches.</summary>
    public int Entry { get; init; }

    /// <summary>Where code leaves with everything in its canonical place.</summary>
    public required ulong Exit { get; init; }

    /// <summary>Where it leaves with RCX in its home and the target in R11.</summary>
    public required ulong IndirectMiss { get; init; }

    /// <summary>Whether another block starts at an address.</summary>
    public Func<ulong, bool> IsBlockStart { get; init; } = static _ => false;

    /// <summary>Branches that may be changed to lead somewhere else: the displacement's address, and where else it may lead.</summary>
    public IReadOnlyDictionary<ulong, ulong> OtherTargets { get; init; } = new Dictionary<ulong, ulong>();

    /// <summary>Offsets where an interruption may be taken.</summary>
    public IReadOnlySet<int> Boundaries { get; init; } = new HashSet<int>();
}
