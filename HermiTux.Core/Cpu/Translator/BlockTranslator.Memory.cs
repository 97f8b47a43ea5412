using System.Diagnostics;
using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <content>Copied instructions: their memory operand, and registers that have no host register of their own.</content>
internal sealed unsafe partial class BlockTranslator
{
    private const int BorrowPool = (1 << 8) | (1 << 9) | (1 << 10) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 5);

    /// <summary>Host registers borrowed by the instruction, in order.</summary>
    private int _borrowed;
    private readonly (int Register, int From)[] _borrows = new (int, int)[2];

    /// <summary>Whether the scratch register holds a part of the prepared memory operand.</summary>
    private bool _scratchInAddress;

    /// <summary>Guest registers that the scratch or a borrowed register stands for in the instruction.</summary>
    private readonly (int Guest, int Host)[] _standIns = new (int, int)[3];
    private int _standInCount;

    /// <summary>The host register has a value outside the window: the flag-free check that faults.</summary>
    private void EmitCheck(int host)
    {
        _emitter.ShiftRight(HostRegister.Scratch, host, HostRegister.Frame);
        EmitProbe();
    }

    /// <summary>MOV r11d, [r11 * 8 + probe].</summary>
    private void EmitProbe()
    {
        _emitter.Bytes([0x46, 0x8B, 0x1C, 0xDD]);
        _emitter.Dword(_probe);
    }

    /// <summary>Makes sure that a guest register is near the window.</summary>
    private void RequireNear(int guest)
    {
        if (_facts.IsNear(guest))
        {
            return;
        }

        int host = _map.HostOf(guest);
        if (host >= 0)
        {
            EmitCheck(host);
        }
        else
        {
            _emitter.ShiftRightSlot(HostRegister.Scratch, SlotOf(guest), HostRegister.Frame);
            EmitProbe();
        }

        _facts.SetDrift(guest, 0);
    }

    private static int SlotOf(int guest) => guest * 8;

    private bool EmitCopy(ref Instruction instruction, int index)
    {
        NoteX87(instruction);
        bool memory = HasMemoryOperand(instruction);
        if (!memory && UsesOnlyIdentity(instruction, 0))
        {
            _emitter.Bytes(_fetcher.Bytes.Slice(_positions[index], instruction.Length));
            UpdateFacts(instruction);
            return true;
        }

        if (memory && IsPlainAddress(instruction) && instruction.Length < 15 && UsesOnlyIdentity(instruction, 0))
        {
            EmitAddressCheck(instruction);
            _emitter.Byte(0x65);
            _emitter.Bytes(_fetcher.Bytes.Slice(_positions[index], instruction.Length));
            ProveAddress(instruction);
            UpdateFacts(instruction);
            return true;
        }

        Instruction host = instruction;
        host.Code = InstructionClassifier.WithoutMemoryOffset(instruction.Code);
        _standInCount = 0;
        _scratchInAddress = false;
        if (memory && !PrepareMemory(ref host, instruction))
        {
            return false;
        }

        if (!PrepareRegisters(ref host, instruction, memory) || !Emit(host, instruction, index))
        {
            return false;
        }

        StoreBack(instruction);
        EndBorrows();
        if (memory)
        {
            ProveAddress(instruction);
        }

        UpdateFacts(instruction);
        return true;
    }

    /// <summary>Loads a byte of the operand, for the sake of the fault: what is in the host's caches is none of the guest's business.</summary>
    private bool EmitTouch(in Instruction instruction)
    {
        if (!EmitLoadOperand(instruction, Code.Movzx_r32_rm8, Register.R11D))
        {
            return false;
        }

        EndBorrows();
        return true;
    }

    /// <summary>Says in the frame that the x87 unit is used, once a block: MOV BYTE [rsp + UsesX87], 1.</summary>
    private void NoteX87(in Instruction instruction)
    {
        if (!_facts.X87Noted && X87Use.IsIn(instruction))
        {
            _facts.X87Noted = true;
            _emitter.Bytes([0xC6, 0x84, 0x24]);
            _emitter.Dword(FrameOffset.UsesX87);
            _emitter.Byte(1);
        }
    }

    /// <summary>Writes an instruction whose registers and memory operand have been replaced.</summary>
    private bool Emit(in Instruction host, in Instruction guest, int index) =>
        (host.Code == guest.Code && InstructionPatcher.TryEmit(_emitter, _fetcher.Bytes.Slice(_positions[index], guest.Length), guest, host)) || _emitter.TryEncode(host);

    private static bool HasMemoryOperand(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether every general register of the instruction is in the host register of the same number.</summary>
    private bool UsesOnlyIdentity(in Instruction instruction, int firstOperand)
    {
        for (int i = firstOperand; i < instruction.OpCount; i++)
        {
            switch (instruction.GetOpKind(i))
            {
                case OpKind.Register:
                    int number = RegisterMap.NumberOf(instruction.GetOpRegister(i));
                    if (number >= 0 && !_map.IsIdentity(number))
                    {
                        return false;
                    }

                    break;
                case OpKind.Memory:
                    int @base = RegisterMap.NumberOf(instruction.MemoryBase);
                    int index = RegisterMap.NumberOf(instruction.MemoryIndex);
                    if ((@base >= 0 && !_map.IsIdentity(@base)) || (index >= 0 && !_map.IsIdentity(index)))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    /// <summary>64-bit registers, no segment, not relative to RIP: the operand stays as it is.</summary>
    private static bool IsPlainAddress(in Instruction instruction)
    {
        Register @base = instruction.MemoryBase;
        Register index = instruction.MemoryIndex;
        return instruction.SegmentPrefix == Register.None
            && (@base is >= Register.RAX and <= Register.R15 || (@base == Register.None && index is >= Register.RAX and <= Register.R15))
            && (index == Register.None || index is >= Register.RAX and <= Register.R15 || (index.IsVectorRegister() && @base != Register.None));
    }

    /// <summary>The check that a plain address needs, all registers being in host registers.</summary>
    private void EmitAddressCheck(in Instruction instruction)
    {
        int @base = RegisterMap.NumberOf(instruction.MemoryBase);
        int index = RegisterMap.NumberOf(instruction.MemoryIndex);
        long displacement = (long)instruction.MemoryDisplacement64;
        int scale = instruction.MemoryIndexScale;
        if (index < 0)
        {
            // No index, or a vector of 32-bit ones, whose reach the guard zones cover.
            if (@base == HostRegister.Rsp)
            {
                return;
            }

            if (Math.Abs(displacement) < LargeDisplacement || _facts.IsNear(@base) || instruction.MemoryIndex != Register.None)
            {
                RequireNear(@base);
                return;
            }
        }
        else if (@base >= 0 && _facts.IsNear(@base) && _facts.IsSmall(index))
        {
            return;
        }

        if (_facts.IsKnownAddress(@base, index, scale, displacement))
        {
            return;
        }

        EmitAddressOf(@base, index, scale, displacement);
        _emitter.ShiftRight(HostRegister.Scratch, HostRegister.Scratch, HostRegister.Frame);
        EmitProbe();
        _facts.RememberAddress(@base, index, scale, displacement);
    }

    /// <summary>Puts the address of an operand into the scratch register. Only one of base and index may be without a host register.</summary>
    private void EmitAddressOf(int @base, int index, int scale, long displacement)
    {
        int hostBase = @base < 0 ? -1 : _map.HostOf(@base);
        int hostIndex = index < 0 ? -1 : _map.HostOf(index);
        if (@base >= 0 && hostBase < 0)
        {
            hostBase = StandInFor(@base);
            if (hostBase < 0)
            {
                hostBase = HostRegister.Scratch;
                _emitter.Load(hostBase, HostRegister.Frame, SlotOf(@base));
            }
        }

        if (index >= 0 && hostIndex < 0)
        {
            hostIndex = StandInFor(index);
            if (hostIndex < 0)
            {
                hostIndex = HostRegister.Scratch;
                _emitter.Load(hostIndex, HostRegister.Frame, SlotOf(index));
            }
        }

        if (hostIndex < 0)
        {
            _emitter.LoadAddress(HostRegister.Scratch, hostBase, (int)displacement);
        }
        else
        {
            _emitter.LoadAddress(HostRegister.Scratch, hostBase, hostIndex, scale, (int)displacement);
        }
    }

    /// <summary>After an access that didn't fault: where its registers must be.</summary>
    private void ProveAddress(in Instruction instruction)
    {
        int @base = RegisterMap.NumberOf(instruction.MemoryBase);
        if (@base >= 0 && instruction.MemoryIndex == Register.None && instruction.MemoryBase is >= Register.RAX and <= Register.R15
            && instruction.SegmentPrefix is not (Register.FS or Register.GS)
            && instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Add or Mnemonic.Sub
                or Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Movups or Mnemonic.Movaps or Mnemonic.Movdqu or Mnemonic.Movdqa or Mnemonic.Movsd
                or Mnemonic.Movss or Mnemonic.Addsd or Mnemonic.Mulsd or Mnemonic.Vmovups or Mnemonic.Vmovdqu)
        {
            _facts.Prove(@base, (long)instruction.MemoryDisplacement64);
        }
    }

    /// <summary>
    /// Checks the memory operand of <paramref name="guest"/> and makes that of <paramref name="host"/> one in the window. False when the
    /// interpreter has to do it.
    /// </summary>
    private bool PrepareMemory(ref Instruction host, in Instruction guest)
    {
        Register baseRegister = guest.MemoryBase;
        Register indexRegister = guest.MemoryIndex;
        bool vector = indexRegister.IsVectorRegister();
        bool segmented = guest.SegmentPrefix is Register.FS or Register.GS;
        if (baseRegister == Register.EIP || (vector && !IsPlainAddress(guest)))
        {
            return false;
        }

        host.SegmentPrefix = Register.GS;
        if ((baseRegister == Register.None && indexRegister == Register.None) || baseRegister == Register.RIP)
        {
            return PrepareConstantAddress(ref host, guest, segmented);
        }

        int @base = RegisterMap.NumberOf(baseRegister);
        int index = RegisterMap.NumberOf(indexRegister);
        bool short32 = baseRegister is >= Register.EAX and <= Register.R15D || indexRegister is >= Register.EAX and <= Register.R15D;
        bool bothInSlots = @base >= 0 && index >= 0 && _map.HostOf(@base) < 0 && _map.HostOf(index) < 0 && @base != index;
        if (segmented)
        {
            return !short32 && !vector && !bothInSlots && PrepareSegmentedAddress(ref host, guest, @base, index);
        }

        if (bothInSlots)
        {
            // One in the scratch register, the other in a borrowed one.
            int borrowed = Borrow(guest);
            _emitter.Load(borrowed, HostRegister.Frame, SlotOf(index));
            _standIns[_standInCount++] = (index, borrowed);
        }

        // A 32-bit address is inside the window whatever it is.
        if (!short32)
        {
            if (@base == HostRegister.Rsp && index < 0)
            {
                // Always near.
            }
            else if (index < 0 && (Math.Abs((long)guest.MemoryDisplacement64) < LargeDisplacement || _facts.IsNear(@base) || vector))
            {
                RequireNear(@base);
            }
            else
            {
                EmitAddressCheck(guest);
            }
        }

        host.MemoryBase = @base < 0 ? Register.None : RegisterMap.WithNumber(baseRegister, AddressRegister(@base));
        if (!vector)
        {
            host.MemoryIndex = index < 0 ? Register.None : RegisterMap.WithNumber(indexRegister, AddressRegister(index));
        }

        if (@base >= 0 && host.MemoryDisplSize == 0 && (RegisterMap.NumberOf(host.MemoryBase) & 7) == 5)
        {
            host.MemoryDisplSize = 1;
        }

        return true;
    }

    /// <summary>A register of the memory operand: its host register, or the scratch register loaded with it.</summary>
    private int AddressRegister(int guest)
    {
        int host = _map.HostOf(guest);
        if (host >= 0)
        {
            return host;
        }

        host = StandInFor(guest);
        if (host >= 0)
        {
            return host;
        }

        Debug.Assert(!_scratchInAddress, "Two registers for one scratch register.");
        _emitter.Load(HostRegister.Scratch, HostRegister.Frame, SlotOf(guest));
        _scratchInAddress = true;
        _standIns[_standInCount++] = (guest, HostRegister.Scratch);
        return HostRegister.Scratch;
    }

    private int StandInFor(int guest)
    {
        for (int i = 0; i < _standInCount; i++)
        {
            if (_standIns[i].Guest == guest)
            {
                return _standIns[i].Host;
            }
        }

        return -1;
    }

    private bool PrepareConstantAddress(ref Instruction host, in Instruction guest, bool segmented)
    {
        bool relative = guest.MemoryBase == Register.RIP;
        ulong address = relative ? guest.IPRelativeMemoryAddress : guest.MemoryDisplacement64;
        if (segmented)
        {
            long offset = (long)guest.MemoryDisplacement64;
            if (relative || offset != (int)offset)
            {
                return false;
            }

            int slot = guest.SegmentPrefix == Register.FS ? FrameOffset.FsBase : FrameOffset.GsBase;
            _emitter.Load(HostRegister.Scratch, HostRegister.Frame, slot);
            SetScratchOperand(ref host, offset);
            return true;
        }

        if (address <= int.MaxValue)
        {
            host.MemoryBase = Register.None;
            host.MemoryIndex = Register.None;
            host.MemoryDisplacement64 = address;
            host.MemoryDisplSize = 8;
            return true;
        }

        if (address >= _windowSize)
        {
            return false;
        }

        _emitter.MoveImmediate(HostRegister.Scratch, address);
        SetScratchOperand(ref host, 0);
        return true;
    }

    /// <summary>The FS or GS base is added by hand, since GS holds the window's base.</summary>
    private bool PrepareSegmentedAddress(ref Instruction host, in Instruction guest, int @base, int index)
    {
        int slot = guest.SegmentPrefix == Register.FS ? FrameOffset.FsBase : FrameOffset.GsBase;
        long displacement = (long)guest.MemoryDisplacement64;
        int spilled = @base >= 0 && _map.HostOf(@base) < 0 ? @base : index >= 0 && _map.HostOf(index) < 0 ? index : -1;
        if (spilled >= 0)
        {
            int borrowed = Borrow(guest);
            _emitter.Load(borrowed, HostRegister.Frame, SlotOf(spilled));
            _standIns[_standInCount++] = (spilled, borrowed);
        }

        EmitSegmentedAddress(slot, @base, index, guest.MemoryIndexScale, displacement);
        _emitter.ShiftRight(HostRegister.Scratch, HostRegister.Scratch, HostRegister.Frame);
        EmitProbe();
        EmitSegmentedAddress(slot, @base, index, guest.MemoryIndexScale, displacement);
        SetScratchOperand(ref host, 0);
        return true;
    }

    private void EmitSegmentedAddress(int slot, int @base, int index, int scale, long displacement)
    {
        _emitter.Load(HostRegister.Scratch, HostRegister.Frame, slot);
        if (@base >= 0)
        {
            int host = _map.HostOf(@base) >= 0 ? _map.HostOf(@base) : StandInFor(@base);
            _emitter.LoadAddress(HostRegister.Scratch, HostRegister.Scratch, host, 1, (int)displacement);
            displacement = 0;
        }

        if (index >= 0)
        {
            int host = _map.HostOf(index) >= 0 ? _map.HostOf(index) : StandInFor(index);
            _emitter.LoadAddress(HostRegister.Scratch, HostRegister.Scratch, host, scale, (int)displacement);
        }
    }

    private void SetScratchOperand(ref Instruction host, long displacement)
    {
        host.MemoryBase = Register.R11;
        host.MemoryIndex = Register.None;
        host.MemoryDisplacement64 = (ulong)displacement;
        host.MemoryDisplSize = displacement == 0 ? 0 : displacement == (sbyte)displacement ? 1 : 8;
        _scratchInAddress = true;
    }

    private bool EmitLea(ref Instruction instruction, int index)
    {
        Register baseRegister = instruction.MemoryBase;
        int destination = RegisterMap.NumberOf(instruction.Op0Register);
        bool wide = instruction.Op0Register.GetSize() == 8;
        if (baseRegister == Register.EIP)
        {
            return false;
        }

        if (baseRegister == Register.RIP && instruction.Op0Register.GetSize() >= 4)
        {
            ulong value = wide ? instruction.IPRelativeMemoryAddress : (uint)instruction.IPRelativeMemoryAddress;
            int target = _map.HostOf(destination) >= 0 ? _map.HostOf(destination) : HostRegister.Scratch;
            _emitter.MoveImmediate(target, value);
            if (target == HostRegister.Scratch)
            {
                _emitter.Store(HostRegister.Frame, SlotOf(destination), HostRegister.Scratch);
            }

            _facts.Forget(destination);
            if (value < _windowSize && destination != HostRegister.Rsp)
            {
                _facts.SetDrift(destination, 0);
            }

            return true;
        }

        if (baseRegister == Register.RIP)
        {
            return false;
        }

        Instruction host = instruction;
        host.SegmentPrefix = Register.None;
        _standInCount = 0;
        _scratchInAddress = false;
        int @base = RegisterMap.NumberOf(baseRegister);
        int indexed = RegisterMap.NumberOf(instruction.MemoryIndex);
        if (@base >= 0 && indexed >= 0 && @base != indexed && _map.HostOf(@base) < 0 && _map.HostOf(indexed) < 0)
        {
            int borrowed = Borrow(instruction);
            _emitter.Load(borrowed, HostRegister.Frame, SlotOf(indexed));
            _standIns[_standInCount++] = (indexed, borrowed);
        }

        if (@base >= 0)
        {
            host.MemoryBase = RegisterMap.WithNumber(baseRegister, AddressRegister(@base));
            if (host.MemoryDisplSize == 0 && (RegisterMap.NumberOf(host.MemoryBase) & 7) == 5)
            {
                host.MemoryDisplSize = 1;
            }
        }

        if (indexed >= 0)
        {
            host.MemoryIndex = RegisterMap.WithNumber(instruction.MemoryIndex, AddressRegister(indexed));
        }

        int home = _map.HostOf(destination);
        if (home < 0 && instruction.Op0Register.GetSize() < 4)
        {
            return false;
        }

        host.Op0Register = RegisterMap.WithNumber(instruction.Op0Register, home < 0 ? HostRegister.Scratch : home);
        if (!Emit(host, instruction, index))
        {
            return false;
        }

        if (home < 0)
        {
            _emitter.Store(HostRegister.Frame, SlotOf(destination), HostRegister.Scratch);
        }

        EndBorrows();
        if (!wide)
        {
            if (instruction.Op0Register.GetSize() == 4)
            {
                _facts.Learn(destination, 1L << 32);
            }
            else
            {
                _facts.Forget(destination);
            }
        }
        else if (indexed < 0 && @base >= 0 && baseRegister is >= Register.RAX and <= Register.R15)
        {
            _facts.Copy(destination, @base, (long)instruction.MemoryDisplacement64);
        }
        else
        {
            _facts.Forget(destination);
        }

        return true;
    }
}
