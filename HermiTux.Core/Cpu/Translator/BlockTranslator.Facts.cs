using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <content>What instructions do to the <see cref="RegisterFacts"/>.</content>
internal sealed unsafe partial class BlockTranslator
{
    /// <summary>A base register is checked in place of the address when the displacement is smaller; larger ones are often the real base.</summary>
    private const long LargeDisplacement = 32 << 10;

    private readonly RegisterFacts _facts = new();

    /// <summary>Before an exit: RSP must be as every block expects it.</summary>
    private void RequireStackNear()
    {
        SettleStack();
        if (_facts.StackUnchecked || _facts.DriftOf(HostRegister.Rsp) > RegisterFacts.StackSlack)
        {
            _facts.StackUnchecked = false;
            EmitCheck(_map.StackPointer);
            _facts.SetDrift(HostRegister.Rsp, 0);
        }
    }

    /// <summary>Takes note of what a copied instruction wrote.</summary>
    private void UpdateFacts(in Instruction instruction)
    {
        Mnemonic mnemonic = instruction.Mnemonic;
        switch (mnemonic)
        {
            case Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Bt:
                return;
            case Mnemonic.Mul or Mnemonic.Div or Mnemonic.Idiv or Mnemonic.Cwd or Mnemonic.Cdq or Mnemonic.Cqo or Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b:
                _facts.Forget(HostRegister.Rax);
                _facts.Forget(HostRegister.Rdx);
                return;
            case Mnemonic.Imul when instruction.OpCount == 1:
                _facts.Forget(HostRegister.Rax);
                _facts.Forget(HostRegister.Rdx);
                return;
            case Mnemonic.Cbw or Mnemonic.Cwde or Mnemonic.Lahf:
                _facts.Forget(HostRegister.Rax);
                return;
            case Mnemonic.Cdqe:
                _facts.Learn(HostRegister.Rax, 1L << 32);
                return;
            case Mnemonic.Cmpxchg:
                _facts.Forget(HostRegister.Rax);
                break;
            case Mnemonic.Pcmpestri or Mnemonic.Pcmpistri or Mnemonic.Vpcmpestri or Mnemonic.Vpcmpistri or Mnemonic.Pcmpestri64 or Mnemonic.Vpcmpestri64:
                _facts.Forget(HostRegister.Rcx);
                return;
            case Mnemonic.Xchg or Mnemonic.Xadd or Mnemonic.Mulx:
                if (instruction.Op1Kind == OpKind.Register && RegisterMap.NumberOf(instruction.Op1Register) is >= 0 and int second)
                {
                    _facts.Forget(second);
                }

                break;
        }

        if (instruction.OpCount == 0 || instruction.Op0Kind != OpKind.Register)
        {
            return;
        }

        Register register = instruction.Op0Register;
        int guest = RegisterMap.NumberOf(register);
        if (guest < 0)
        {
            return;
        }

        if (register is >= Register.EAX and <= Register.R15D)
        {
            if (ClearsUpperHalf(mnemonic))
            {
                _facts.Learn(guest, 1L << 32);
            }
            else
            {
                _facts.Forget(guest);
            }

            return;
        }

        if (register is not (>= Register.RAX and <= Register.R15))
        {
            _facts.Forget(guest);
            return;
        }

        switch (mnemonic)
        {
            case Mnemonic.Mov when instruction.Op1Kind == OpKind.Register:
                _facts.Copy(guest, RegisterMap.NumberOf(instruction.Op1Register), 0);
                break;
            case Mnemonic.Mov when instruction.Op1Kind is OpKind.Immediate32to64 or OpKind.Immediate64:
                ulong value = instruction.GetImmediate(1);
                _facts.Forget(guest);
                if (value < _windowSize && guest != HostRegister.Rsp)
                {
                    _facts.SetDrift(guest, 0);
                }

                break;
            case Mnemonic.Movsxd or Mnemonic.Movsx or Mnemonic.Movzx:
                _facts.Learn(guest, 1L << 32);
                break;
            case Mnemonic.Add or Mnemonic.Sub when instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64:
                _facts.Shift(guest, (long)instruction.GetImmediate(1));
                break;
            case Mnemonic.Inc or Mnemonic.Dec:
                _facts.Shift(guest, 1);
                break;
            case Mnemonic.And when instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64:
                long mask = (long)instruction.GetImmediate(1);
                if (mask >= 0)
                {
                    _facts.Learn(guest, 1L << 32);
                }
                else
                {
                    // Rounds towards minus infinity by less than the mask's zero bits allow.
                    _facts.Shift(guest, mask);
                }

                break;
            default:
                _facts.Forget(guest);
                break;
        }
    }

    /// <summary>Instructions whose 32-bit destination is always written, which clears the upper half.</summary>
    private static bool ClearsUpperHalf(Mnemonic mnemonic) => mnemonic is Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Add or Mnemonic.Sub
        or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Imul
        or Mnemonic.Adc or Mnemonic.Sbb or Mnemonic.Movsxd or Mnemonic.Bswap or Mnemonic.Rorx or Mnemonic.Sarx or Mnemonic.Shlx or Mnemonic.Shrx
        or Mnemonic.Andn or Mnemonic.Movmskpd or Mnemonic.Movmskps or Mnemonic.Pmovmskb or Mnemonic.Vpmovmskb;
}
