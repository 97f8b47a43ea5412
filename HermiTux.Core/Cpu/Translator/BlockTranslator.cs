using HermiTux.Cpu.Interpreter.Decoding;
using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Translates guest code, a block at a time: decodes it and writes host code that does the same inside the window. Used by one thread at a
/// time.
/// </summary>
/// <remarks>
/// <para>Guest registers stay in host registers (<see cref="RegisterMap"/>), guest flags in the host's. All that is added between the guest's
/// own instructions leaves the flags alone, so they are right at every instruction without any analysis.</para>
/// <para>A memory operand at guest address v becomes <c>gs:[v]</c>, GS being based at the window. Before that, v or its base register is
/// checked to be below the window's size: SHRX moves the bits above it down into the scratch register, and a load from the probe area
/// at eight times that faults unless they are zero. What is known to be in range already (<c>BlockTranslator.Facts.cs</c>)
/// isn't checked again; guard zones around the window cover displacements and small steps.</para>
/// <para>No guest register changes in an instruction's code before its last access that can fault, so a fault anywhere in it is the fault of
/// the instruction with the state from before it. Where a register is borrowed or biased meanwhile, a
/// <see cref="RegisterFixup"/> says so.</para>
/// </remarks>
internal sealed unsafe partial class BlockTranslator
{
    /// <summary>Guest instructions in a block at most.</summary>
    public const int MaxInstructions = 64;

    /// <summary>Room that is kept for a block: no instruction takes more than some 120 bytes with its exits.</summary>
    public const int MaxBlockBytes = MaxInstructions * 160 + 512;

    private readonly CodeFetcher _fetcher;
    private readonly Decoder _decoder;
    private readonly CodeSupport _support;
    private readonly CodeEmitter _emitter = new();
    private readonly Translation _translation;
    private readonly ulong _windowSize;
    private readonly int _probe;

    private readonly Instruction[] _instructions = new Instruction[MaxInstructions];
    private readonly int[] _positions = new int[MaxInstructions];
    private readonly InstructionClass[] _classes = new InstructionClass[MaxInstructions];
    private readonly List<InstructionMark> _marks = [];
    private readonly List<int> _boundaries = [];
    private readonly List<RegisterFixup> _fixups = [];
    private readonly List<PendingExit> _exits = [];
    private byte* _start;
    private int _count;
    private ulong _rip;
    private ulong _end;
    private BlockEnd _blockEnd;
    private RegisterMap _map = RegisterMap.Canonical;

    /// <summary>Creates a translator for an address space.</summary>
    public BlockTranslator(AddressSpace space, CpuModel model, Translation translation)
    {
        _fetcher = new CodeFetcher(space);
        _decoder = Decoder.Create(64, _fetcher, DecoderOptions.None);
        _support = new CodeSupport(model);
        _translation = translation;
        _windowSize = 1UL << translation.WindowBits;
        _probe = (int)translation.ProbeAddress;
    }

    private enum BlockEnd
    {
        /// <summary>The last instruction leaves.</summary>
        Left,

        /// <summary>Goes on at the following address.</summary>
        Continues,

        /// <summary>Goes on with an instruction for the interpreter.</summary>
        Interprets,
    }

    /// <summary>An exit whose code is still to be written.</summary>
    private readonly record struct PendingExit(nint Branch, ExitReason Reason, ulong Target, int StackDelta);

    /// <summary>
    /// Translates the code at an address to where the cache says. Null with the fault when the first instruction can't be fetched.
    /// </summary>
    /// <param name="rip">Guest address.</param>
    /// <param name="code">Where to put it; <see cref="MaxBlockBytes"/> must be free there.</param>
    /// <param name="cache">Numbers exits, and is asked where known blocks start.</param>
    /// <param name="fault">What the fetch raises.</param>
    public TranslatedBlock? Translate(ulong rip, byte* code, TranslationCache cache, out VcpuExit fault)
    {
        if (!Decode(rip, cache, out fault))
        {
            return null;
        }

        _start = code;
        _emitter.Begin(code, MaxBlockBytes, _translation.WriteDelta);
        _marks.Clear();
        _boundaries.Clear();
        _fixups.Clear();
        _exits.Clear();
        ResetFacts();
        EmitBody();
        ExitSite[] exits = EmitExits(cache);

        var block = new TranslatedBlock
        {
            Rip = rip,
            SourceStart = rip,
            SourceEnd = Math.Max(_end, rip + 1),
            Code = code,
            Length = _emitter.Length,
            Marks = [.. _marks],
            Fixups = _fixups.Count == 0 ? [] : [.. _fixups],
            Exits = exits,
        };
        foreach (ExitSite exit in exits)
        {
            exit.Owner = block;
        }

        return block;
    }

    /// <summary>Says for the block just translated where the guest's state is exact.</summary>
    public void MarkBoundaries(CodeRegion region)
    {
        long start = _start - region.ExecBase;
        foreach (int boundary in _boundaries)
        {
            long bit = start + boundary;

            // SAFETY: the bit of a byte of the region.
            region.Boundaries[bit >> 3] |= (byte)(1 << (int)(bit & 7));
        }
    }

    private bool Decode(ulong rip, TranslationCache cache, out VcpuExit fault)
    {
        _rip = rip;
        _end = rip;
        _count = 0;
        _blockEnd = BlockEnd.Continues;
        if (!_fetcher.TryFetch(rip, out int available, out fault))
        {
            return false;
        }

        ulong pageEnd = Page.Floor(rip) + Page.Size;
        int position = 0;
        bool extended = false;
        while (_count < MaxInstructions)
        {
            ulong address = rip + (ulong)position;
            if (address >= pageEnd || (position + CodeFetcher.MaxInstructionLength > available && rip + (ulong)available < pageEnd))
            {
                break;
            }

            _fetcher.Reset(position, available);
            _decoder.IP = address;
            ref Instruction instruction = ref _instructions[_count];
            _decoder.Decode(out instruction);
            if (instruction.Code == Code.INVALID)
            {
                if (_decoder.LastError == DecoderError.NoMoreBytes && !extended && available - position < CodeFetcher.MaxInstructionLength)
                {
                    // The instruction reaches into the next page.
                    if (!_fetcher.TryFetchNextPage(pageEnd, ref available, out VcpuExit nextFault))
                    {
                        fault = nextFault;
                        return _count > 0;
                    }

                    extended = true;
                    continue;
                }

                _blockEnd = BlockEnd.Interprets;
                break;
            }

            InstructionClass kind = _support.IsSupported(instruction.Code) ? InstructionClassifier.Classify(instruction) : InstructionClass.Interpret;
            if (kind == InstructionClass.Interpret)
            {
                _end = address + (ulong)instruction.Length;
                _blockEnd = BlockEnd.Interprets;
                break;
            }

            _positions[_count] = position;
            _classes[_count] = kind;
            _count++;
            position += instruction.Length;
            _end = rip + (ulong)position;
            if (kind is InstructionClass.Jump or InstructionClass.IndirectJump or InstructionClass.Call or InstructionClass.IndirectCall
                or InstructionClass.Return or InstructionClass.Syscall)
            {
                _blockEnd = BlockEnd.Left;
                break;
            }

            if (kind is InstructionClass.ConditionalJump or InstructionClass.CountedJump && cache.Contains(_end))
            {
                break;
            }
        }

        fault = default;
        return true;
    }

    private void EmitBody()
    {
        for (int i = 0; i < _count; i++)
        {
            BeginInstruction((int)(_instructions[i].IP - _rip));
            byte* before = _emitter.Position;
            int fixups = _fixups.Count;
            int exits = _exits.Count;
            if (!EmitInstruction(i))
            {
                // No encoding with the registers that it would need: the interpreter can do everything.
                _emitter.Rewind(before);
                _fixups.RemoveRange(fixups, _fixups.Count - fixups);
                _exits.RemoveRange(exits, _exits.Count - exits);
                EmitLeave(ExitReason.Interpret, _instructions[i].IP);
                _end = _instructions[i].NextIP;
                return;
            }
        }

        switch (_blockEnd)
        {
            case BlockEnd.Continues:
                BeginInstruction((int)(_end - _rip));
                EmitLeave(ExitReason.Direct, _end);
                break;
            case BlockEnd.Interprets:
                ulong at = _count == 0 ? _rip : _instructions[_count - 1].NextIP;
                BeginInstruction((int)(at - _rip));
                EmitLeave(ExitReason.Interpret, at);
                break;
        }
    }

    /// <summary>Marks the start of an instruction's code. What the one before left to check is checked here.</summary>
    private void BeginInstruction(int guestOffset)
    {
        int offset = _emitter.Length;
        _marks.Add(new InstructionMark(offset, guestOffset));
        _boundaries.Add(offset);
        _borrowed = 0;
        if (_stackUnchecked)
        {
            _stackUnchecked = false;
            EmitCheck(_map.StackPointer);
            _drift[HostRegister.Rsp] = 0;
        }
    }

    private bool EmitInstruction(int index)
    {
        ref Instruction instruction = ref _instructions[index];
        switch (_classes[index])
        {
            case InstructionClass.Skip:
                return true;
            case InstructionClass.Copy:
                return EmitCopy(ref instruction, index);
            case InstructionClass.Lea:
                return EmitLea(ref instruction);
            case InstructionClass.Prefetch:
                return true;
            case InstructionClass.Push:
                return EmitPush(ref instruction);
            case InstructionClass.Pop:
                EmitPop(instruction);
                return true;
            case InstructionClass.Leave:
                EmitLeave();
                return true;
            case InstructionClass.String:
                return EmitString(ref instruction, index);
            case InstructionClass.ImplicitMemory:
                return EmitImplicitMemory(ref instruction, index);
            case InstructionClass.ConditionalJump:
                RequireStackNear();
                AddExit(_emitter.JumpIf(instruction.ConditionCode, _start), ExitReason.Direct, instruction.NearBranchTarget);
                return true;
            case InstructionClass.CountedJump:
                RequireStackNear();
                EmitCountedJump(instruction);
                return true;
            case InstructionClass.Jump:
                EmitLeave(ExitReason.Direct, instruction.NearBranchTarget);
                return true;
            case InstructionClass.Call:
                EmitPushReturn(instruction.NextIP);
                EmitLeave(ExitReason.Direct, instruction.NearBranchTarget);
                return true;
            case InstructionClass.IndirectJump:
                RequireStackNear();
                if (!EmitTarget(ref instruction))
                {
                    return false;
                }

                EmitDispatch(instruction.IP, 0, rcxIsSaved: false);
                return true;
            case InstructionClass.IndirectCall:
                if (!EmitTarget(ref instruction))
                {
                    return false;
                }

                EmitPushReturnBeforeDispatch(instruction.NextIP);
                EmitDispatch(instruction.IP, -8, rcxIsSaved: true);
                return true;
            case InstructionClass.Return:
                EmitReturn(instruction);
                return true;
            case InstructionClass.Syscall:
                EmitLeave(ExitReason.Syscall, instruction.NextIP);
                return true;
            default:
                return false;
        }
    }
}

/// <summary>What all translations of an address space have in common.</summary>
/// <param name="WindowBits">The window's size is two to this power.</param>
/// <param name="ProbeAddress">Host address, below 2 GiB, of the readable quadword that the inaccessible probe area follows.</param>
/// <param name="WriteDelta">What to add to an executable address to get the writable view of it.</param>
/// <param name="Stubs">The code that translated code leaves through.</param>
internal sealed record Translation(int WindowBits, ulong ProbeAddress, long WriteDelta, TranslatorStubs Stubs);
