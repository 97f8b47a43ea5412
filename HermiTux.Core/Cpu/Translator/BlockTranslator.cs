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

    /// <summary>Conditional branches in a block at most: what follows many of them is seldom reached.</summary>
    private const int MaxBranches = 3;

    /// <summary>Guest instructions in a loop at most.</summary>
    public const int MaxLoopInstructions = 96;

    /// <summary>Largest distance of the guest's RSP from its host register.</summary>
    private const int MaxStackOffset = 112;

    /// <summary>Room that is kept for a block: no instruction takes more than some 200 bytes with its exits, and a loop is written twice.</summary>
    public const int MaxBlockBytes = (MaxLoopInstructions * 2 * 200) + 1024;

    /// <summary>Bytes that must be free where a block is written: it may move to another place in its cache line.</summary>
    public const int Room = MaxBlockBytes + 64;

    private readonly CodeFetcher _fetcher;
    private readonly Decoder _decoder;
    private readonly CodeSupport _support;
    private readonly CodeEmitter _emitter = new();
    private readonly Translation _translation;
    private readonly ulong _windowSize;
    private readonly int _probe;

    private readonly Instruction[] _instructions = new Instruction[MaxLoopInstructions];
    private readonly int[] _positions = new int[MaxLoopInstructions];
    private readonly InstructionClass[] _classes = new InstructionClass[MaxLoopInstructions];
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
    private bool _isLoop;

    /// <summary>
    /// What the guest's RSP is above its host register: pushes and pops in a row change it once. Zero wherever control is transferred or
    /// paths meet.
    /// </summary>
    private int _stackOffset;

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
    /// <param name="Branch">The displacement of the branch that leads there.</param>
    /// <param name="Reason">Why it leaves.</param>
    /// <param name="Source">Guest address of the instruction that leaves.</param>
    /// <param name="Target">Where the guest goes on; of an indirect branch, the source.</param>
    /// <param name="StackDelta">See <see cref="ExitSite.StackDelta"/>.</param>
    /// <param name="Map">Where the guest's registers are.</param>
    /// <param name="IsBack">Leads to the loop's start, and out of it only once the block is no longer valid.</param>
    private readonly record struct PendingExit(nint Branch, ExitReason Reason, ulong Source, ulong Target, int StackDelta, RegisterMap Map, bool IsBack);

    /// <summary>
    /// Translates the code at an address to where the cache says. Null with the fault when the first instruction can't be fetched.
    /// </summary>
    /// <param name="rip">Guest address.</param>
    /// <param name="backwards">A branch leads back there: a loop is looked for.</param>
    /// <param name="known">The block that is there already; the result if there is no loop.</param>
    /// <param name="code">Where to put it; <see cref="Room"/> must be free there.</param>
    /// <param name="source">Where guest code comes from, and for whom it is.</param>
    /// <param name="fault">What the fetch raises.</param>
    public TranslatedBlock? Translate(ulong rip, bool backwards, TranslatedBlock? known, byte* code, in CodeSource source, out VcpuExit fault)
    {
        _fetcher.File = source.File;
        _isLoop = backwards && TryDecodeLoop(rip);
        if (!_isLoop && known != null)
        {
            fault = default;
            return known;
        }

        if (!_isLoop && !Decode(rip, source.Store, out fault))
        {
            return null;
        }

        fault = default;
        _start = code;
        _emitter.Begin(code, MaxBlockBytes, _translation.WriteDelta);
        _marks.Clear();
        _boundaries.Clear();
        _fixups.Clear();
        _exits.Clear();
        _map = RegisterMap.Canonical;
        _facts.Reset();
        _steady = code + MaxBlockBytes;
        _steadyEnd = _steady;
        EmitArrival(rip);
        EmitBody();
        if (_isLoop)
        {
            EmitSteadyLoop();
        }

        RegisterMap steadyMap = _map;
        ExitSite[] exits = EmitExits(source.Store);
        var block = new TranslatedBlock
        {
            Store = source.Store,
            Rip = rip,
            SourceStart = rip,
            SourceEnd = Math.Max(_end, rip + 1),
            Code = code,
            Length = _emitter.Length,
            Marks = [.. _marks],
            Fixups = _fixups.Count == 0 ? [] : [.. _fixups],
            Exits = exits,
            IsLoop = _isLoop,
            WasLoopTarget = backwards,
            SteadyFrom = (int)(_steady - code),
            SteadyTo = (int)(_steadyEnd - code),
            SteadyMap = steadyMap,
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

    private void EmitBody()
    {
        bool reachable = true;
        _stackOffset = 0;
        for (int i = 0; i < _count; i++)
        {
            ulong rip = _instructions[i].IP;
            if (_isLoop)
            {
                if (_joins[i].IsKnown)
                {
                    if (reachable)
                    {
                        SettleStack();
                        _facts.Intersect(_joins[i].Facts);
                    }
                    else
                    {
                        _facts.CopyFrom(_joins[i].Facts);
                    }

                    reachable = true;
                }

                _joins[i].Position = (nint)_emitter.Position;
            }

            BeginInstruction((int)(long)(rip - _rip));
            byte* before = _emitter.Position;
            (int marks, int fixups, int exits, int stackOffset) = (_marks.Count, _fixups.Count, _exits.Count, _stackOffset);
            if (_map != RegisterMap.Canonical && !StaysInLoop(_classes[i]))
            {
                // Code outside the block expects the canonical map, so the instruction is left to a block of its own.
                EmitLeave(ExitReason.Direct, 0, rip);
                reachable = false;
                continue;
            }

            if (!EmitInstruction(i))
            {
                // No encoding with the registers that it would need: the interpreter can do everything.
                _emitter.Rewind(before);
                _stackOffset = stackOffset;
                _marks.RemoveRange(marks, _marks.Count - marks);
                _fixups.RemoveRange(fixups, _fixups.Count - fixups);
                _exits.RemoveRange(exits, _exits.Count - exits);
                EmitLeave(_map == RegisterMap.Canonical ? ExitReason.Interpret : ExitReason.Direct, 0, rip);
                if (!_isLoop)
                {
                    _end = _instructions[i].NextIP;
                    return;
                }

                reachable = false;
                continue;
            }

            reachable = !EndsFlow(_classes[i]);
            if (_isLoop && reachable && (i + 1 == _count || _instructions[i + 1].IP != _instructions[i].NextIP))
            {
                // Past the end of what was decoded of the loop.
                BeginInstruction((int)(long)(_instructions[i].NextIP - _rip));
                EmitLeave(ExitReason.Direct, rip, _instructions[i].NextIP);
                reachable = false;
            }
        }

        if (_isLoop)
        {
            return;
        }

        ulong last = _count == 0 ? _rip : _instructions[_count - 1].IP;
        ulong next = _count == 0 ? _rip : _instructions[_count - 1].NextIP;
        switch (_blockEnd)
        {
            case BlockEnd.Continues:
                BeginInstruction((int)(long)(next - _rip));
                EmitLeave(ExitReason.Direct, last, next);
                break;
            case BlockEnd.Interprets:
                BeginInstruction((int)(long)(next - _rip));
                EmitLeave(ExitReason.Interpret, next, next);
                break;
        }
    }

    private static bool EndsFlow(InstructionClass kind) => kind is InstructionClass.Jump or InstructionClass.IndirectJump or InstructionClass.Call
        or InstructionClass.IndirectCall or InstructionClass.Return or InstructionClass.Syscall;

    /// <summary>Marks the start of an instruction's code. What the one before left to check is checked here.</summary>
    private void BeginInstruction(int guestOffset)
    {
        int offset = _emitter.Length;
        _marks.Add(new InstructionMark(offset, guestOffset, _stackOffset));
        _boundaries.Add(offset);
        _borrowed = 0;
        if (_facts.StackUnchecked)
        {
            _facts.StackUnchecked = false;
            EmitCheck(_map.StackPointer);
            _facts.SetDrift(HostRegister.Rsp, 0);
        }
    }

    private bool EmitInstruction(int index)
    {
        ref Instruction instruction = ref _instructions[index];
        if (_stackOffset is < -MaxStackOffset or > MaxStackOffset || (_stackOffset != 0 && !AllowsStackOffset(_classes[index], instruction)))
        {
            SettleStack();
        }

        switch (_classes[index])
        {
            case InstructionClass.Skip:
                return true;
            case InstructionClass.Copy:
                return EmitCopy(ref instruction, index);
            case InstructionClass.Lea:
                return EmitLea(ref instruction, index);
            case InstructionClass.Prefetch:
                return true;
            case InstructionClass.Flush:
                return EmitTouch(instruction);
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
                Lead(_emitter.JumpIf(instruction.ConditionCode, _start), instruction);
                return true;
            case InstructionClass.CountedJump:
                RequireStackNear();
                EmitCountedJump(instruction);
                return true;
            case InstructionClass.Jump:
                RequireStackNear();
                Lead(_emitter.Jump(_start), instruction);
                return true;
            case InstructionClass.Call:
                EmitPushReturn(instruction.NextIP);
                EmitLeave(ExitReason.Direct, 0, instruction.NearBranchTarget);
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
                EmitLeave(ExitReason.Syscall, instruction.IP, instruction.NextIP);
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
