namespace HermiTux.Cpu.Translator;

/// <summary>A piece of translated code with what is needed to say, for any point of it, where the guest is.</summary>
internal sealed unsafe class TranslatedBlock
{
    /// <summary>Where it belongs.</summary>
    public required CodeStore Store { get; init; }

    /// <summary>Guest address that it starts at.</summary>
    public required ulong Rip { get; init; }

    /// <summary>Guest code that it was made from: start and end.</summary>
    public required ulong SourceStart { get; init; }

    /// <summary>Address after the last guest byte.</summary>
    public required ulong SourceEnd { get; init; }

    /// <summary>Where it is.</summary>
    public required byte* Code { get; init; }

    /// <summary>Where direct branches enter it, aligned like <see cref="Code"/>.</summary>
    public byte* Entry => Code + EntryOffset;

    /// <summary>
    /// Where the jump table leads: with a guest address in the scratch register and RCX in its home. Goes on to <see cref="Entry"/> if the address is
    /// <see cref="Rip"/>, and to <see cref="TranslatorStubs.IndirectMiss"/> otherwise.
    /// </summary>
    public byte* Arrival => Entry - ArrivalBytes(Rip);

    /// <summary>Bytes of code, exits included.</summary>
    public required int Length { get; init; }

    /// <summary>Where each guest instruction starts, and where its RSP is settled, in ascending order.</summary>
    public required InstructionMark[] Marks { get; init; }

    /// <summary>Stretches in which a host register isn't what the map says.</summary>
    public required RegisterFixup[] Fixups { get; init; }

    /// <summary>Exits that lead to other translated code or are to.</summary>
    public required ExitSite[] Exits { get; init; }

    /// <summary>Whether it is a loop with a second copy of its code for all iterations but the first.</summary>
    public required bool IsLoop { get; init; }

    /// <summary>Whether a loop was looked for.</summary>
    public required bool WasLoopTarget { get; set; }

    /// <summary>Offset of the second copy of a loop's code.</summary>
    public required int SteadyFrom { get; init; }

    /// <summary>Offset of the end of the second copy.</summary>
    public required int SteadyTo { get; init; }

    /// <summary>Where registers are in the second copy; elsewhere they are where <see cref="RegisterMap.Canonical"/> has them.</summary>
    public required RegisterMap SteadyMap { get; init; }

    /// <summary>Exits of this and other blocks that have been made to jump here; a list through <see cref="ExitSite.NextIncoming"/>.</summary>
    public ExitSite? Incoming { get; set; }

    /// <summary>Whether the guest code is still what was translated, and no better block has taken over. Guarded by the store's lock.</summary>
    public bool IsValid { get; set; } = true;

    /// <summary>Distance from <see cref="Code"/> to <see cref="Entry"/>.</summary>
    public const int EntryOffset = 32;

    /// <summary>Bytes of code from <see cref="Arrival"/> to <see cref="Entry"/>.</summary>
    public static int ArrivalBytes(ulong rip) => rip <= int.MaxValue ? 14 : 21;

    /// <summary>Whether its image knows that indirect branches lead to it. Guarded by the store's lock.</summary>
    public bool IsTarget { get; set; }

    /// <summary>Where registers are at a host address of an instruction.</summary>
    public RegisterMap MapAt(byte* host)
    {
        long offset = host - Code;
        return offset >= SteadyFrom && offset < SteadyTo ? SteadyMap : RegisterMap.Canonical;
    }

    /// <summary>The mark of the instruction that a host address belongs to.</summary>
    public InstructionMark MarkAt(byte* host)
    {
        int offset = (int)(host - Code);
        int low = 0;
        int high = Marks.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (Marks[middle].HostOffset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return Marks[low];
    }
}

/// <summary>Where the code of a guest instruction starts.</summary>
/// <param name="HostOffset">Offset in the block's code.</param>
/// <param name="GuestOffset">Offset of the instruction from the block's guest address.</param>
/// <param name="StackOffset">What the guest's RSP is above what the map's register or slot for it holds.</param>
internal readonly record struct InstructionMark(int HostOffset, int GuestOffset, int StackOffset);

/// <summary>A stretch of host code in which a host register holds something else than its guest register.</summary>
/// <param name="From">First host offset, included.</param>
/// <param name="To">End, excluded.</param>
/// <param name="Register">The host register.</param>
/// <param name="SavedAt">Where its value is: an offset in <see cref="VcpuFrame"/>, or -1 when the window's base has been added to it.</param>
internal readonly record struct RegisterFixup(int From, int To, int Register, int SavedAt);

/// <summary>A place where translated code leaves for a guest address that is known.</summary>
internal sealed unsafe class ExitSite
{
    /// <summary>Its number, which the exit's code hands over.</summary>
    public required int Id { get; init; }

    /// <summary>Guest address of the instruction that leaves.</summary>
    public required ulong Source { get; init; }

    /// <summary>How often it was left through without being linked. Approximate.</summary>
    public int Passes { get; set; }

    /// <summary>Leads back to its own block's loop as long as the block is valid.</summary>
    public bool IsBack { get; set; }

    /// <summary>Where the guest goes on; of an indirect branch, where it is itself.</summary>
    public required ulong Target { get; init; }

    /// <summary>What an indirect branch has added to RSP when it leaves.</summary>
    public required int StackDelta { get; init; }

    /// <summary>The displacement of the branch, in the executable view.</summary>
    public byte* Branch { get; set; }

    /// <summary>Where the branch leads as long as it isn't linked: the code that leaves.</summary>
    public byte* Stub { get; set; }

    /// <summary>The block that it belongs to.</summary>
    public TranslatedBlock Owner { get; set; } = null!;

    /// <summary>The block that the branch leads to now.</summary>
    public TranslatedBlock? LinkedTo { get; set; }

    /// <summary>The block of the same store that follows a system call, as far as it was met. Any thread.</summary>
    public TranslatedBlock? Successor { get; set; }

    /// <summary>The next in the list of exits that lead to the same block.</summary>
    public ExitSite? NextIncoming { get; set; }
}

/// <summary>Why translated code was left: the low three bits of <see cref="VcpuFrame.Exit"/>; the exit's number is above.</summary>
internal enum ExitReason
{
    /// <summary>To another guest address, through an exit that may be linked.</summary>
    Direct,

    /// <summary>To the guest address in <see cref="VcpuFrame.Target"/>.</summary>
    Indirect,

    /// <summary>A system call; the exit's target is the following instruction.</summary>
    Syscall,

    /// <summary>At an instruction for the interpreter.</summary>
    Interpret,

    /// <summary>The signal handler stopped it: see <see cref="VcpuFrame.FaultRip"/>.</summary>
    Fault,

    /// <summary>Nothing was executed since something was pending.</summary>
    Pending,
}
