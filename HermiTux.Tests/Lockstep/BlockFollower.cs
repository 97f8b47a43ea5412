using System.Collections.Concurrent;
using HermiTux.Cpu;
using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Tests.Lockstep;

/// <summary>Leads the interpreter along what the translator does, block by block.</summary>
internal sealed unsafe class BlockFollower(BlockingCollection<ExitRecord> queue, BlockLockstep.Recorder recorder) : IVcpuObserver
{

    /// <summary>Far more than a block or a loop takes.</summary>
    private const int StepLimit = 5_000_000;

    /// <summary>How often the whole memory is compared for one end.</summary>
    private const int LookLimit = 500;

    private readonly InstructionInfoFactory _infos = new();
    private readonly Dictionary<ulong, (byte[] Bytes, ulong Undefined, ulong Written, bool WritesR11)> _effects = [];
    private readonly byte[] _code = new byte[15];

    /// <summary>Flags whose value nothing promises, as far as is known.</summary>
    private ulong _undefined = ExitRecord.ArithmeticFlags;

    /// <summary>R11 holds flags.</summary>
    private bool _hasFlagsInR11 = true;

    public int Ends { get; private set; }

    public string? Difference { get; private set; }

    public ulong DefaultMapWindow(ulong engine)
    {
        // The other machine is made at the same time.
        SpinWait.SpinUntil(() => recorder.Window != 0, TimeSpan.FromMinutes(1));
        return recorder.Window;
    }

    public VcpuExit Run(Vcpu vcpu, CpuState* state, AddressSpace space)
    {
        while (Difference is null)
        {
            if (!queue.TryTake(out ExitRecord? next, Timeout.Infinite))
            {
                Difference = "the interpreter goes on";
                break;
            }

            if (next.Exit.Reason == VcpuExitReason.Interrupted)
            {
                Difference = StepTo(next, vcpu, state, space);
                Ends++;
                continue;
            }

            VcpuExit exit = vcpu.Run(state);
            while (exit.Reason == VcpuExitReason.Interrupted)
            {
                exit = vcpu.Run(state);
            }

            Difference = next.Difference(ExitRecord.Of(exit, state, null));
            _undefined = ExitRecord.ArithmeticFlags;
            _hasFlagsInR11 |= exit.Reason == VcpuExitReason.Syscall;
            if (Difference is null)
            {
                return exit;
            }
        }

        recorder.Abandon();
        return VcpuExit.Raise(X86Exception.InvalidOpcode);
    }

    private string? StepTo(ExitRecord next, Vcpu vcpu, CpuState* state, AddressSpace space)
    {
        string? nearest = null;
        int looks = 0;
        for (int step = 0; step < StepLimit; step++)
        {
            if (state->Rip == next.Rip)
            {
                ExitRecord here = ExitRecord.Of(VcpuExit.Interrupted, state, null);
                string? difference = next.Difference(here) ?? FlagDifference(next, here);
                if (difference is null)
                {
                    // A loop may come here with the same registers again and again and count in memory.
                    difference = next.Memory is null ? null : next.Difference(ExitRecord.Of(VcpuExit.Interrupted, state, space, keep: true));
                    if (difference is null || ++looks > LookLimit)
                    {
                        return difference;
                    }

                    nearest = difference;
                }

                nearest = looks > 0 ? nearest : difference;
            }

            NoteEffect(space, state);
            if (!SingleStep.TryRun(vcpu, state, out VcpuExit exit))
            {
                return $"after {step} steps the interpreter is at {exit} at {state->Rip:x}, and should come to {next.Rip:x}; the last time that it was there: {nearest ?? "never"}";
            }
        }

        return $"{StepLimit} steps don't lead to {next.Rip:x}; the last time there: {nearest ?? "never"}";
    }

    private string? FlagDifference(ExitRecord next, ExitRecord here)
    {
        ulong flags = (next.Flags ^ here.Flags) & ~_undefined;
        return flags != 0 ? $"at {next.Rip:x}: flags {next.Flags:x} != {here.Flags:x}"
            : !_hasFlagsInR11 && next.R11 != here.R11 ? $"at {next.Rip:x}: r11 {next.R11:x} != {here.R11:x}" : null;
    }

    /// <summary>Keeps account of what is undefined after the instruction that comes.</summary>
    private void NoteEffect(AddressSpace space, CpuState* state)
    {
        ulong rip = state->Rip;
        int length = space.TryRead(rip, _code) ? _code.Length : (int)(Page.Size - (rip & Page.OffsetMask));
        if (length < _code.Length && !space.TryRead(rip, _code.AsSpan(0, length)))
        {
            return;
        }

        ReadOnlySpan<byte> bytes = _code.AsSpan(0, length);
        if (!_effects.TryGetValue(rip, out (byte[] Bytes, ulong Undefined, ulong Written, bool WritesR11) effect) || !bytes.StartsWith(effect.Bytes))
        {
            var decoder = Decoder.Create(64, bytes.ToArray(), rip);
            decoder.Decode(out Instruction instruction);
            ulong undefined = Flags(instruction.RflagsUndefined);
            ulong written = Flags(instruction.RflagsWritten | instruction.RflagsCleared | instruction.RflagsSet);

            // A count of zero leaves all flags as they are: what was undefined stays so.
            bool mayDoNothing = instruction.HasRepPrefix || instruction.HasRepnePrefix
                || (instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Shld
                    or Mnemonic.Shrd && instruction.GetOpKind(instruction.OpCount - 1) == OpKind.Register);
            bool writesR11 = false;
            foreach (UsedRegister used in _infos.GetInfo(instruction).GetUsedRegisters())
            {
                writesR11 |= used.Register is Register.R11 or Register.R11D && used.Access is OpAccess.Write or OpAccess.ReadWrite;
            }

            effect = (bytes[..Math.Max(instruction.Length, 1)].ToArray(), undefined, mayDoNothing ? 0 : written, writesR11);
            _effects[rip] = effect;
        }

        _undefined = (_undefined & ~effect.Written) | effect.Undefined;
        _hasFlagsInR11 &= !effect.WritesR11;
    }

    private static ulong Flags(RflagsBits bits) => ((bits & RflagsBits.OF) != 0 ? 0x800UL : 0) | ((bits & RflagsBits.SF) != 0 ? 0x80UL : 0) | ((bits & RflagsBits.ZF) != 0 ? 0x40UL : 0)
        | ((bits & RflagsBits.AF) != 0 ? 0x10UL : 0) | ((bits & RflagsBits.PF) != 0 ? 4UL : 0) | ((bits & RflagsBits.CF) != 0 ? 1UL : 0);
}
