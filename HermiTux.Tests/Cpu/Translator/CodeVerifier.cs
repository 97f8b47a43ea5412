using HermiTux.Cpu.Translator;
using Iced.Intel;
using Origins = HermiTux.Tests.Cpu.Translator.VerifierState.OriginKind;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>
/// Proves of generated code that it can't leave its window: decodes it again and follows every path with an abstract state
/// (<see cref="VerifierState"/>), trusting nothing that the translator noted of it.
/// </summary>
/// <remarks>
/// Assumed: a block is entered at its start with RSP at the frame, GS at the window, the guest's RSP (R10) near the window and nothing
/// else known; what the window shows, and nothing else up to 64 GiB around it, is accessible; and nothing behind the probe is.
/// </remarks>
internal sealed class CodeVerifier
{
    private const long Guard = 64L << 30;
    private const long StackSlack = 1 << 20;

    private static readonly HashSet<Mnemonic> s_partialAccesses =
    [
        Mnemonic.Vmaskmovpd, Mnemonic.Vmaskmovps, Mnemonic.Vpmaskmovd, Mnemonic.Vpmaskmovq, Mnemonic.Vgatherdpd, Mnemonic.Vgatherdps, Mnemonic.Vpgatherdd,
        Mnemonic.Vpgatherdq, Mnemonic.Maskmovq, Mnemonic.Maskmovdqu, Mnemonic.Vmaskmovdqu,
    ];

    private readonly GeneratedCode _code;
    private readonly long _windowSize;
    private readonly InstructionInfoFactory _infos = new();
    private readonly Dictionary<int, Instruction> _decoded = [];
    private readonly Dictionary<int, (VerifierState State, int Visits)> _nodes = [];
    private readonly HashSet<int> _targets = [];
    private readonly Queue<int> _work = new();
    private int _at;

    private CodeVerifier(GeneratedCode code)
    {
        _code = code;
        _windowSize = 1L << code.WindowBits;
    }

    /// <summary>Why the code can't be proven; null when it is.</summary>
    public static string? Verify(GeneratedCode code)
    {
        var verifier = new CodeVerifier(code);
        try
        {
            verifier.Run();
            return null;
        }
        catch (RefusedException e)
        {
            string what = verifier._decoded.TryGetValue(verifier._at, out Instruction instruction) ? instruction.ToString() : "?";
            return $"+{verifier._at:x} {what}: {e.Message}";
        }
    }

    private static RefusedException Refuse(string why) => new(why);

    private void Run()
    {
        FindTargets();
        _targets.Add(_code.Entry);
        Flow(_code.Entry, VerifierState.AtEntry((ulong)_windowSize));
        if (_code.Arrival >= 0)
        {
            // RCX is in its home, and R11 is what a branch of the guest leads to.
            VerifierState state = VerifierState.AtEntry((ulong)_windowSize);
            state.IsUnmatched = true;
            state.Borrowed[2] = 1u << HostRegister.Rcx;
            Flow(_code.Arrival, state);
        }

        while (_work.TryDequeue(out int offset))
        {
            Follow(offset, _nodes[offset].State.Clone());
        }
    }

    /// <summary>Decodes what can be reached, without looking at what it does.</summary>
    private void FindTargets()
    {
        var owner = new int[_code.Bytes.Length];
        Array.Fill(owner, -1);
        var pending = new Stack<int>([_code.Entry]);
        if (_code.Arrival >= 0)
        {
            pending.Push(_code.Arrival);
        }


        while (pending.TryPop(out int offset))
        {
            while (!_decoded.ContainsKey(offset))
            {
                _at = offset;
                if (offset < 0 || offset >= owner.Length)
                {
                    throw Refuse("runs out of the block");
                }

                var decoder = Decoder.Create(64, _code.Bytes.AsSpan(offset).ToArray(), _code.Address + (ulong)offset);
                decoder.Decode(out Instruction instruction);
                if (instruction.IsInvalid)
                {
                    throw Refuse("isn't an instruction");
                }

                _decoded.Add(offset, instruction);
                for (int i = offset; i < offset + instruction.Length; i++)
                {
                    if (owner[i] >= 0)
                    {
                        throw Refuse("overlaps another instruction");
                    }

                    owner[i] = offset;
                }

                foreach (ulong target in TargetsOf(offset, instruction))
                {
                    if (IsInside(target))
                    {
                        _targets.Add((int)(target - _code.Address));
                        pending.Push((int)(target - _code.Address));
                    }
                }

                if (instruction.FlowControl is FlowControl.UnconditionalBranch or FlowControl.IndirectBranch)
                {
                    break;
                }

                offset += instruction.Length;
            }
        }
    }

    private bool IsInside(ulong target) => target > _code.Address && target < _code.Address + (ulong)_code.Bytes.Length;

    private IEnumerable<ulong> TargetsOf(int offset, Instruction instruction)
    {
        if (instruction.FlowControl is not (FlowControl.UnconditionalBranch or FlowControl.ConditionalBranch))
        {
            yield break;
        }

        if (instruction.Op0Kind != OpKind.NearBranch64)
        {
            throw Refuse("a branch of another kind");
        }

        yield return instruction.NearBranch64;
        if (_code.OtherTargets.TryGetValue(_code.Address + (ulong)(offset + instruction.Length - 4), out ulong other))
        {
            yield return other;
        }
    }

    /// <summary>A path arrives at an instruction that several may lead to.</summary>
    private void Flow(int offset, VerifierState state)
    {
        if (!_nodes.TryGetValue(offset, out (VerifierState State, int Visits) node))
        {
            _nodes[offset] = (state.Normalized(), 1);
            _work.Enqueue(offset);
        }
        else if (!node.State.Covers(state))
        {
            _nodes[offset] = (node.State.Join(state, (old, wide) => Widen(old, wide, node.Visits)), node.Visits + 1);
            if (!_work.Contains(offset))
            {
                _work.Enqueue(offset);
            }
        }
    }

    /// <summary>Bounds that keep growing are rounded up, so that it ends.</summary>
    private Bounds? Widen(Bounds old, Bounds wide, int visits)
    {
        if (visits < 3 || wide == old)
        {
            return wide;
        }

        if (visits > 12)
        {
            return null;
        }

        ReadOnlySpan<long> steps = [0, 64, 4096, StackSlack, 4L << 30, 8L << 30];
        long low = wide.Low;
        long high = wide.High;
        foreach (long step in steps)
        {
            if (wide.Low < old.Low && -step <= wide.Low)
            {
                low = -step;
                break;
            }
        }

        foreach (long step in steps)
        {
            if (wide.High > old.High && _windowSize + step >= wide.High)
            {
                high = _windowSize + step;
                break;
            }
        }

        return new Bounds(low, high);
    }

    /// <summary>From one instruction on until paths meet or end.</summary>
    private void Follow(int offset, VerifierState state)
    {
        while (true)
        {
            _at = offset;
            Instruction instruction = _decoded[offset];
            CheckBoundary(offset, instruction, state);
            if (state.IsUnmatched && instruction.Mnemonic is not (Mnemonic.Lea or Mnemonic.Loop or Mnemonic.Jmp) && instruction.Code != Code.Mov_r64_imm64)
            {
                throw Refuse("does something before it is certain that this is where the guest goes on");
            }

            switch (instruction.FlowControl)
            {
                case FlowControl.UnconditionalBranch:
                    Branch(offset, instruction, state);
                    return;
                case FlowControl.ConditionalBranch:
                    VerifierState taken = state.Clone();
                    if (instruction.Code == Code.Loop_rel8_64_RCX && state.IsUnmatched)
                    {
                        // RCX becomes zero where it isn't taken.
                        state[HostRegister.Rcx] = state[HostRegister.Rcx].Plus(-1);
                        taken[HostRegister.Rcx] = state[HostRegister.Rcx];
                        state.IsUnmatched = !IsAddressOfBlock(state);
                    }
                    else if (instruction.Code == Code.Jrcxz_rel8_64)
                    {
                        // Changes nothing.
                    }
                    else if (!instruction.IsJccShortOrNear)
                    {
                        throw Refuse("a branch that changes registers");
                    }

                    Branch(offset, instruction, taken);
                    break;
                case FlowControl.IndirectBranch:
                    if (state.IsUnmatched || !IsJumpTable(instruction, state))
                    {
                        throw Refuse("an indirect jump to what isn't from the jump table");
                    }

                    CheckExit(state, mayHoldRcx: true);
                    return;
                case FlowControl.Next:
                    new InstructionEffect(_code, _infos, state).Apply(instruction);
                    break;
                default:
                    throw Refuse("a forbidden transfer of control");
            }

            offset += instruction.Length;
            if (_targets.Contains(offset))
            {
                Flow(offset, state);
                return;
            }
        }
    }

    /// <summary>RCX, which is zero, is R11 minus the block's guest address.</summary>
    private bool IsAddressOfBlock(VerifierState state) => state[HostRegister.Rcx].Equals(state[HostRegister.Scratch].Plus(unchecked(-(long)_code.Rip)));

    /// <summary>JMP [rsp + rcx * 8 + table], RCX being the low 16 bits of R11 and its own value in its home.</summary>
    private static bool IsJumpTable(in Instruction instruction, VerifierState state)
    {
        VerifierState.Origin index = state.OriginOf(state[HostRegister.Rcx]);
        return instruction.Code == Code.Jmp_rm64 && instruction.Op0Kind == OpKind.Memory && instruction.SegmentPrefix == Register.None
            && instruction.MemoryBase == Register.RSP && instruction.MemoryIndex == Register.RCX && instruction.MemoryIndexScale == 8
            && instruction.MemoryDisplacement64 == JumpTable.First && index.Kind == Origins.Low16 && index.Of.Equals(state[HostRegister.Scratch])
            && state.Borrowed[2] == 1u << HostRegister.Rcx;
    }

    private void Branch(int offset, Instruction instruction, VerifierState state)
    {
        foreach (ulong target in TargetsOf(offset, instruction))
        {
            if (target == _code.IndirectMiss)
            {
                CheckExit(state, mayHoldRcx: true);
            }
            else if (IsInside(target))
            {
                Flow((int)(target - _code.Address), state);
            }
            else if (state.IsUnmatched)
            {
                throw Refuse("goes on before it is certain that this is where the guest goes on");
            }
            else if (target == _code.Exit || _code.IsBlockStart(target))
            {
                CheckExit(state, mayHoldRcx: false);
            }
            else
            {
                throw Refuse("leads to where no code starts");
            }
        }
    }

    private void CheckExit(VerifierState state, bool mayHoldRcx)
    {
        if (state.BoundsOf(state[HostRegister.Stack]) is not { } stack || !stack.IsIn(new Bounds(-StackSlack, _windowSize + StackSlack)))
        {
            throw Refuse($"leaves with the guest's RSP somewhere ({state.BoundsOf(state[HostRegister.Stack])})");
        }

        CheckBorrowed(state, mayHoldRcx);
        CheckSecrets(state, mayHoldRcx);
    }

    private static void CheckBorrowed(VerifierState state, bool mayHoldRcx)
    {
        if (state.Borrowed[0] != 0 || state.Borrowed[1] != 0 || (state.Borrowed[2] != 0 && !mayHoldRcx))
        {
            throw Refuse("a register isn't back in its place");
        }
    }

    /// <summary>No host address in a register or slot that the guest sees. R11 is scratch, and so is RCX while its value is in its home.</summary>
    private static void CheckSecrets(VerifierState state, bool mayHoldRcx)
    {
        for (int i = 0; i < VerifierState.Temporary; i++)
        {
            if (i is not (HostRegister.Scratch or HostRegister.Rsp) && !(mayHoldRcx && i == HostRegister.Rcx) && VerifierState.IsSecret(state[i]))
            {
                throw Refuse($"a host address is left in place {i}");
            }
        }
    }

    /// <summary>An interruption may be taken here: nothing is borrowed, and nothing biased but RDI and RSI at a string instruction that repeats.</summary>
    private void CheckBoundary(int offset, Instruction instruction, VerifierState state)
    {
        if (!_code.Boundaries.Contains(offset))
        {
            return;
        }

        CheckBorrowed(state, mayHoldRcx: false);
        bool repeats = instruction.IsStringInstruction && (instruction.HasRepPrefix || instruction.HasRepnePrefix);
        for (int i = 0; i < 16; i++)
        {
            if (i is not (HostRegister.Scratch or HostRegister.Rsp) && VerifierState.IsSecret(state[i]) && !(repeats && i is HostRegister.Rdi or HostRegister.Rsi))
            {
                throw Refuse("an interruption could be taken with a host address in a register");
            }
        }
    }

    /// <summary>The bounds within which an access must start.</summary>
    internal static Bounds Reach(long windowSize) => new(-Guard, windowSize + Guard - 4096);

    /// <summary>Whether an instruction may leave out its access.</summary>
    internal static bool MayNotAccess(in Instruction instruction) => s_partialAccesses.Contains(instruction.Mnemonic)
        || (instruction.IsStringInstruction && (instruction.HasRepPrefix || instruction.HasRepnePrefix));

    internal sealed class RefusedException(string message) : Exception(message);
}
