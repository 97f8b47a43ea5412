using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <content>Register operands: what stands for guest registers that live in slots, and registers borrowed for one instruction.</content>
internal sealed unsafe partial class BlockTranslator
{
    /// <summary>Replaces register operands by host registers, loading those that live in slots.</summary>
    private bool PrepareRegisters(ref Instruction host, in Instruction guest, bool memory)
    {
        bool replacesAll = memory && guest.OpCount == 2 && guest.Op0Kind == OpKind.Register && IsPureLoad(guest);
        for (int i = 0; i < guest.OpCount; i++)
        {
            if (guest.GetOpKind(i) != OpKind.Register)
            {
                continue;
            }

            Register register = guest.GetOpRegister(i);
            int number = RegisterMap.NumberOf(register);
            if (number < 0 || _map.IsIdentity(number))
            {
                continue;
            }

            int target = _map.HostOf(number);
            if (target < 0)
            {
                target = DataStandInFor(guest, number, i == 0 && replacesAll);
            }

            SetRegister(ref host, i, RegisterMap.WithNumber(register, target));
        }

        return true;
    }

    /// <summary>A register that stands for a guest register that lives in its slot, loaded with its value.</summary>
    private int DataStandInFor(in Instruction guest, int number, bool replaced)
    {
        int standIn = StandInFor(number);
        if (standIn >= 0)
        {
            return standIn;
        }

        if (replaced)
        {
            // A load may use the scratch register for its address and its result.
            _standIns[_standInCount++] = (number, HostRegister.Scratch);
            return HostRegister.Scratch;
        }

        standIn = _scratchInAddress || ScratchStandsIn() ? Borrow(guest) : HostRegister.Scratch;
        _emitter.Load(standIn, HostRegister.Frame, SlotOf(number));
        _standIns[_standInCount++] = (number, standIn);
        return standIn;
    }

    private bool ScratchStandsIn()
    {
        for (int i = 0; i < _standInCount; i++)
        {
            if (_standIns[i].Host == HostRegister.Scratch)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPureLoad(in Instruction instruction) => instruction.Op0Register.GetSize() >= 4 &&
        instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Movbe;

    /// <summary>Writes the registers that live in slots back, if the instruction may have changed them.</summary>
    private void StoreBack(in Instruction guest)
    {
        if (guest.Mnemonic is Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Bt)
        {
            return;
        }

        bool second = guest.Mnemonic is Mnemonic.Xchg or Mnemonic.Xadd or Mnemonic.Mulx;
        for (int i = 0; i < (second ? 2 : 1) && i < guest.OpCount; i++)
        {
            if (guest.GetOpKind(i) != OpKind.Register)
            {
                continue;
            }

            int number = RegisterMap.NumberOf(guest.GetOpRegister(i));
            if (number >= 0 && _map.HostOf(number) < 0)
            {
                _emitter.Store(HostRegister.Frame, SlotOf(number), StandInFor(number));
            }
        }
    }

    /// <summary>Takes a host register that the instruction doesn't use, until its end.</summary>
    private int Borrow(in Instruction guest)
    {
        int used = 0;
        for (int i = 0; i < guest.OpCount; i++)
        {
            if (guest.GetOpKind(i) == OpKind.Register)
            {
                used |= HostBit(guest.GetOpRegister(i));
            }
        }

        used |= HostBit(guest.MemoryBase) | HostBit(guest.MemoryIndex) | (1 << _map.StackPointer);
        for (int i = 0; i < _borrowed; i++)
        {
            used |= 1 << _borrows[i].Register;
        }

        int register = System.Numerics.BitOperations.TrailingZeroCount(BorrowPool & ~used);
        _emitter.Store(HostRegister.Frame, FrameOffset.Temporary + (_borrowed * 8), register);
        _borrows[_borrowed++] = (register, _emitter.Length);
        return register;
    }

    private int HostBit(Register register)
    {
        int number = RegisterMap.NumberOf(register);
        return number >= 0 && _map.HostOf(number) >= 0 ? 1 << _map.HostOf(number) : 0;
    }

    private void EndBorrows()
    {
        for (int i = 0; i < _borrowed; i++)
        {
            (int register, int from) = _borrows[i];
            _emitter.Load(register, HostRegister.Frame, FrameOffset.Temporary + (i * 8));
            _fixups.Add(new RegisterFixup(from, _emitter.Length, register, FrameOffset.Temporary + (i * 8)));
        }

        _borrowed = 0;
    }

    private static void SetRegister(ref Instruction instruction, int operand, Register register)
    {
        switch (operand)
        {
            case 0:
                instruction.Op0Register = register;
                break;
            case 1:
                instruction.Op1Register = register;
                break;
            case 2:
                instruction.Op2Register = register;
                break;
            default:
                instruction.Op3Register = register;
                break;
        }
    }
}
