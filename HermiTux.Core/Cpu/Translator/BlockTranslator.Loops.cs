using HermiTux.Cpu.Interpreter.Decoding;
using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <content>Loops: a block to whose start branches lead back, with what lies between.</content>
/// <remarks>
/// A loop is written twice. The first copy is an ordinary block: the first iteration. What is known of registers where that leads
/// back holds at the start of the second copy, which all further iterations run: it checks only what isn't known from the iteration before, and
/// keeps the registers that the loop uses in host registers. Branches forward inside the loop stay inside; all others are exits.
/// </remarks>
internal sealed unsafe partial class BlockTranslator
{
    private readonly JoinPoint[] _joins = CreateJoins();
    private readonly List<(nint Branch, int Index)> _inner = [];
    private readonly RegisterFacts _entryFacts = new();
    private RegisterFacts _backFacts = new();
    private bool _hasBackFacts;

    /// <summary>Start of the second copy, and of the code that moves registers for it.</summary>
    private byte* _steady;
    private byte* _steadyEnd;
    private byte* _moveIn;

    /// <summary>What is known at an instruction that branches lead to.</summary>
    private struct JoinPoint
    {
        public RegisterFacts Facts;
        public bool IsKnown;
        public nint Position;
    }

    private static JoinPoint[] CreateJoins()
    {
        var joins = new JoinPoint[MaxLoopInstructions];
        for (int i = 0; i < joins.Length; i++)
        {
            joins[i].Facts = new RegisterFacts();
        }

        return joins;
    }

    /// <summary>What can be executed with registers away from their canonical places.</summary>
    private static bool StaysInLoop(InstructionClass kind) => kind is InstructionClass.Jump || !EndsFlow(kind);

    /// <summary>
    /// Decodes from a branch target on, over forward branches, until nothing more is known to be reached. True if something leads back to the
    /// start; what was decoded is meaningless otherwise.
    /// </summary>
    private bool TryDecodeLoop(ulong rip)
    {
        _rip = rip;
        _end = rip;
        _count = 0;
        _inner.Clear();
        _hasBackFacts = false;
        if (!_fetcher.TryFetch(rip, out int available, out _))
        {
            return false;
        }

        ulong limit = rip + (ulong)available;
        ulong reach = 0;
        ulong address = rip;
        bool leadsBack = false;
        while (_count < MaxLoopInstructions)
        {
            int position = (int)(address - rip);
            if (address + CodeFetcher.MaxInstructionLength > limit)
            {
                break;
            }

            _fetcher.Reset(position, available);
            _decoder.IP = address;
            ref Instruction instruction = ref _instructions[_count];
            _decoder.Decode(out instruction);
            InstructionClass kind = instruction.Code != Code.INVALID && _support.IsSupported(instruction.Code)
                ? InstructionClassifier.Classify(instruction)
                : InstructionClass.Interpret;
            bool ends = kind == InstructionClass.Interpret || EndsFlow(kind);
            if (kind != InstructionClass.Interpret)
            {
                _positions[_count] = position;
                _classes[_count] = kind;
                _joins[_count].IsKnown = false;
                _count++;
                _end = instruction.NextIP;
                if (kind is InstructionClass.ConditionalJump or InstructionClass.CountedJump or InstructionClass.Jump)
                {
                    ulong target = instruction.NearBranchTarget;
                    leadsBack |= target == rip;
                    if (target > address && target < limit)
                    {
                        reach = Math.Max(reach, target);
                    }
                }
            }

            address += (ulong)Math.Max(instruction.Length, 1);
            if (ends)
            {
                // Goes on where an earlier branch leads, if that is ahead.
                ulong next = NextTarget(address, limit);
                if (next == 0)
                {
                    break;
                }

                address = next;
            }
        }

        return leadsBack;
    }

    /// <summary>The lowest target at or after an address that a decoded branch leads to, or 0.</summary>
    private ulong NextTarget(ulong address, ulong limit)
    {
        ulong best = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_classes[i] is InstructionClass.ConditionalJump or InstructionClass.CountedJump or InstructionClass.Jump)
            {
                ulong target = _instructions[i].NearBranchTarget;
                if (target >= address && target < limit && (best == 0 || target < best))
                {
                    best = target;
                }
            }
        }

        return best;
    }

    /// <summary>The index of the decoded instruction at an address, or -1.</summary>
    private int IndexOf(ulong rip)
    {
        int low = 0;
        int high = _count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            ulong ip = _instructions[middle].IP;
            if (ip == rip)
            {
                return middle;
            }

            if (ip < rip)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }

    /// <summary>Makes the forward branches inside a copy lead to their targets, and forgets what was known there.</summary>
    private void CloseCopy()
    {
        foreach ((nint branch, int index) in _inner)
        {
            SetDisplacement((byte*)branch, (byte*)_joins[index].Position);
        }

        _inner.Clear();
        for (int i = 0; i < _count; i++)
        {
            _joins[i].IsKnown = false;
        }
    }

    /// <summary>Writes the second copy. The first one has been written, and what it knows where it leads back.</summary>
    private void EmitSteadyLoop()
    {
        CloseCopy();
        if (!_hasBackFacts)
        {
            // The branch back wasn't reached after all.
            return;
        }

        _map = RegisterMap.ForLoop(CountUses());
        _moveIn = _emitter.Position;
        EmitMove(RegisterMap.Canonical, _map);
        _emitter.Align(32);
        _steady = _emitter.Position;
        if (_map == RegisterMap.Canonical)
        {
            // Nothing to do on the way, so not through the padding either.
            _moveIn = _steady;
        }

        _entryFacts.CopyFrom(_backFacts);
        (int marks, int boundaries, int fixups, int exits) = (_marks.Count, _boundaries.Count, _fixups.Count, _exits.Count);
        for (int attempt = 0; ; attempt++)
        {
            _facts.CopyFrom(_entryFacts);
            _hasBackFacts = false;
            EmitBody();
            CloseCopy();
            if (attempt == 3 || !_hasBackFacts || _entryFacts.Intersect(_backFacts))
            {
                break;
            }

            if (attempt == 2)
            {
                // Nothing known is always right.
                _entryFacts.Reset();
            }

            _emitter.Rewind(_steady);
            _marks.RemoveRange(marks, _marks.Count - marks);
            _boundaries.RemoveRange(boundaries, _boundaries.Count - boundaries);
            _fixups.RemoveRange(fixups, _fixups.Count - fixups);
            _exits.RemoveRange(exits, _exits.Count - exits);
        }

        _steadyEnd = _emitter.Position;
    }

    /// <summary>How often each guest register is used by what repeats: what follows the last branch back is the way out.</summary>
    private int[] CountUses()
    {
        int last = _count - 1;
        while (!LeadsBack(last))
        {
            last--;
        }

        var uses = new int[16];
        int current = 0;
        for (int i = 0; i < _count; i++)
        {
            current = i;
            ref Instruction instruction = ref _instructions[i];
            for (int operand = 0; operand < instruction.OpCount; operand++)
            {
                if (instruction.GetOpKind(operand) == OpKind.Register)
                {
                    Count(instruction.GetOpRegister(operand));
                }
            }

            Count(instruction.MemoryBase);
            Count(instruction.MemoryIndex);
            if (_classes[i] is InstructionClass.Push or InstructionClass.Pop or InstructionClass.Leave)
            {
                Count(Register.RSP);
                Count(_classes[i] == InstructionClass.Leave ? Register.RBP : Register.None);
            }
        }

        return uses;

        bool LeadsBack(int index) => index < 0 || (_classes[index] is InstructionClass.ConditionalJump or InstructionClass.CountedJump or InstructionClass.Jump
            && _instructions[index].NearBranchTarget == _rip);

        void Count(Register register)
        {
            int number = RegisterMap.NumberOf(register);
            if (number >= 0 && (number == HostRegister.Rsp || current <= last))
            {
                uses[number]++;
            }
        }
    }
}
