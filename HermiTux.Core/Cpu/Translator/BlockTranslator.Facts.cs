using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <content>What is known of guest registers at this point of a block, so that checks needn't be repeated.</content>
/// <remarks>
/// A register's drift d says that its value lies between -d and the window's size plus d, as a signed number. The guard zones are larger than
/// any drift allowed here plus the largest displacement and scaled 32-bit index. The guest's RSP always has a drift of at
/// most <see cref="StackSlack"/> at a block's start and at each of its exits, so accesses through it are never checked.
/// </remarks>
internal sealed unsafe partial class BlockTranslator
{
    private const long Unknown = -1;

    /// <summary>Largest drift that counts as known (4 GiB).</summary>
    private const long MaxDrift = 4L << 30;

    /// <summary>Drift of RSP between blocks.</summary>
    private const long StackSlack = 1 << 20;

    /// <summary>A base register is checked in place of the address when the displacement is smaller; larger ones are often the real base.</summary>
    private const long LargeDisplacement = 32 << 10;

    private readonly long[] _drift = new long[16];

    /// <summary>Registers whose value is at most 2^32 away from zero.</summary>
    private uint _small;
    private bool _stackUnchecked;

    /// <summary>The block has said that it uses the x87 unit.</summary>
    private bool _x87Noted;
    private readonly AddressFact[] _addresses = new AddressFact[4];
    private int _nextAddress;

    /// <summary>base + index * scale + displacement was found in the window.</summary>
    private readonly record struct AddressFact(int Base, int Index, int Scale, long Displacement, bool IsKnown);

    private void ResetFacts()
    {
        Array.Fill(_drift, Unknown);
        _drift[HostRegister.Rsp] = StackSlack;
        _small = 0;
        _stackUnchecked = false;
        _x87Noted = false;
        Array.Clear(_addresses);
    }

    private bool IsNear(int guest) => _drift[guest] >= 0;

    /// <summary>The register was written with a value of which nothing is known.</summary>
    private void Forget(int guest)
    {
        if (guest == HostRegister.Rsp)
        {
            _stackUnchecked = true;
        }

        _drift[guest] = Unknown;
        _small &= ~(1u << guest);
        for (int i = 0; i < _addresses.Length; i++)
        {
            if (_addresses[i].Base == guest || _addresses[i].Index == guest)
            {
                _addresses[i] = default;
            }
        }
    }

    /// <summary>The register was written with a value no further than <paramref name="distance"/> from zero.</summary>
    private void Learn(int guest, long distance)
    {
        Forget(guest);
        if (guest == HostRegister.Rsp)
        {
            return;
        }

        _drift[guest] = distance;
        _small |= 1u << guest;
    }

    /// <summary>A constant was added to the register.</summary>
    private void Shift(int guest, long distance)
    {
        long before = _drift[guest];
        if (guest == HostRegister.Rsp)
        {
            _drift[guest] = Math.Min(before + Math.Abs(distance), long.MaxValue / 2);
            for (int i = 0; i < _addresses.Length; i++)
            {
                if (_addresses[i].Base == guest)
                {
                    _addresses[i] = default;
                }
            }

            if (_drift[guest] > MaxDrift)
            {
                _stackUnchecked = true;
            }

            return;
        }

        Forget(guest);
        long drift = before + Math.Abs(distance);
        if (before >= 0 && drift <= MaxDrift)
        {
            _drift[guest] = drift;
        }
    }

    /// <summary>The register was written with the value of another one plus a constant.</summary>
    private void CopyFact(int to, int from, long distance)
    {
        if (to == from)
        {
            Shift(to, distance);
            return;
        }

        long drift = _drift[from] < 0 ? Unknown : _drift[from] + Math.Abs(distance);
        bool small = (_small >> from & 1) != 0 && distance == 0;
        Forget(to);
        if (to != HostRegister.Rsp && drift >= 0 && drift <= MaxDrift)
        {
            _drift[to] = drift;
            _small |= small ? 1u << to : 0;
        }
    }

    /// <summary>An access at the register plus a displacement has not faulted.</summary>
    private void Prove(int guest, long displacement)
    {
        long distance = Math.Abs(displacement);
        if (distance <= StackSlack && (_drift[guest] < 0 || _drift[guest] > distance))
        {
            _drift[guest] = distance;
        }
    }

    /// <summary>Before an exit: RSP must be as every block expects it.</summary>
    private void RequireStackNear()
    {
        if (_stackUnchecked || _drift[HostRegister.Rsp] > StackSlack)
        {
            _stackUnchecked = false;
            EmitCheck(_map.StackPointer);
            _drift[HostRegister.Rsp] = 0;
        }
    }

    private bool IsKnownAddress(int @base, int index, int scale, long displacement)
    {
        foreach (AddressFact fact in _addresses)
        {
            if (fact.IsKnown && fact.Base == @base && fact.Index == index && fact.Scale == scale && Math.Abs(fact.Displacement - displacement) <= MaxDrift)
            {
                return true;
            }
        }

        return false;
    }

    private void RememberAddress(int @base, int index, int scale, long displacement)
    {
        _addresses[_nextAddress] = new AddressFact(@base, index, scale, displacement, true);
        _nextAddress = (_nextAddress + 1) % _addresses.Length;
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
                Forget(HostRegister.Rax);
                Forget(HostRegister.Rdx);
                return;
            case Mnemonic.Imul when instruction.OpCount == 1:
                Forget(HostRegister.Rax);
                Forget(HostRegister.Rdx);
                return;
            case Mnemonic.Cbw or Mnemonic.Cwde or Mnemonic.Lahf:
                Forget(HostRegister.Rax);
                return;
            case Mnemonic.Cdqe:
                Learn(HostRegister.Rax, 1L << 32);
                return;
            case Mnemonic.Cmpxchg:
                Forget(HostRegister.Rax);
                break;
            case Mnemonic.Pcmpestri or Mnemonic.Pcmpistri or Mnemonic.Vpcmpestri or Mnemonic.Vpcmpistri or Mnemonic.Pcmpestri64 or Mnemonic.Vpcmpestri64:
                Forget(HostRegister.Rcx);
                return;
            case Mnemonic.Xchg or Mnemonic.Xadd or Mnemonic.Mulx:
                if (instruction.Op1Kind == OpKind.Register && RegisterMap.NumberOf(instruction.Op1Register) is >= 0 and int second)
                {
                    Forget(second);
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
                Learn(guest, 1L << 32);
            }
            else
            {
                Forget(guest);
            }

            return;
        }

        if (register is not (>= Register.RAX and <= Register.R15))
        {
            Forget(guest);
            return;
        }

        switch (mnemonic)
        {
            case Mnemonic.Mov when instruction.Op1Kind == OpKind.Register:
                CopyFact(guest, RegisterMap.NumberOf(instruction.Op1Register), 0);
                break;
            case Mnemonic.Mov when instruction.Op1Kind is OpKind.Immediate32to64 or OpKind.Immediate64:
                ulong value = instruction.GetImmediate(1);
                Forget(guest);
                if (value < _windowSize && guest != HostRegister.Rsp)
                {
                    _drift[guest] = 0;
                }

                break;
            case Mnemonic.Movsxd or Mnemonic.Movsx or Mnemonic.Movzx:
                Learn(guest, 1L << 32);
                break;
            case Mnemonic.Add or Mnemonic.Sub when instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64:
                Shift(guest, (long)instruction.GetImmediate(1));
                break;
            case Mnemonic.Inc or Mnemonic.Dec:
                Shift(guest, 1);
                break;
            case Mnemonic.And when instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64:
                long mask = (long)instruction.GetImmediate(1);
                if (mask >= 0)
                {
                    Learn(guest, 1L << 32);
                }
                else
                {
                    // Rounds towards minus infinity by less than the mask's zero bits allow.
                    Shift(guest, mask);
                }

                break;
            default:
                Forget(guest);
                break;
        }
    }

    /// <summary>Instructions whose 32-bit destination is always written, which clears the upper half.</summary>
    private static bool ClearsUpperHalf(Mnemonic mnemonic) => mnemonic is Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Add or Mnemonic.Sub
        or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Imul
        or Mnemonic.Adc or Mnemonic.Sbb or Mnemonic.Movsxd or Mnemonic.Bswap or Mnemonic.Rorx or Mnemonic.Sarx or Mnemonic.Shlx or Mnemonic.Shrx
        or Mnemonic.Andn or Mnemonic.Movmskpd or Mnemonic.Movmskps or Mnemonic.Pmovmskb or Mnemonic.Vpmovmskb;
}
