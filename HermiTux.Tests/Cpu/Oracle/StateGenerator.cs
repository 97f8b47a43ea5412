using System.Numerics;
using System.Runtime.CompilerServices;
using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Makes the state in which a generated instruction runs: registers with interesting values, addresses that lead into the data pages.</summary>
internal sealed unsafe class StateGenerator
{
    private readonly OracleRandom _random;

    /// <summary>Where the memory operand of the current case is.</summary>
    private ulong _target;

    public StateGenerator(OracleRandom random)
    {
        _random = random;
        Values = new OperandValues(random);
    }

    public OperandValues Values { get; }

    /// <summary>
    /// Makes a state for an instruction, and completes its displacement so that its memory operand lies where the state has data.
    /// False when the chosen registers can't address it.
    /// </summary>
    public bool TryCreate(ref Instruction instruction, ulong rip, out CpuImage image)
    {
        image = default;
        fixed (CpuImage* state = &image)
        {
            Code code = instruction.Code;
            LaneKind kind = OperandValues.KindOf(code);
            FillGeneral(state);
            FillVectors(instruction, kind, state);
            FillX87(instruction, kind, state);
            PrepareImplicitRegisters(instruction, state);
            _target = PickTarget(instruction);
            PlaceStack(instruction, state);
            if (!PlaceOperand(ref instruction, state) || !PlaceStrings(instruction, state))
            {
                return false;
            }

            state->Window = OracleMemory.WindowAround(_target is >= OracleMemory.DataBase and < OracleMemory.DataEnd ? _target : OracleMemory.DataBase + Page.Size);
            OracleMemory.Background.AsSpan((int)(state->Window - OracleMemory.DataBase), CpuImage.WindowSize).CopyTo(new Span<byte>(state->Memory, CpuImage.WindowSize));
            FillMemory(instruction, kind, state);
            if (instruction.Mnemonic is Mnemonic.Popf or Mnemonic.Popfq)
            {
                // TF would trap, which has a test of its own.
                ulong address = state->Gpr[4] + 1;
                Span<byte> flags = [(byte)(Values.Integer() & 0xFE)];
                SetMemory(state, address, flags);
            }
        }

        return true;
    }

    private void FillGeneral(CpuImage* state)
    {
        for (int i = 0; i < 16; i++)
        {
            state->Gpr[i] = Values.Integer();
        }

        state->Rflags = _random.NextUInt64() & UndefinedResults.Arithmetic;
        if (_random.Percent(30))
        {
            state->Rflags |= UndefinedResults.Df;
        }

        if (_random.Percent(5))
        {
            state->Rflags |= UndefinedResults.Id;
        }

        state->FsBase = PickBase();
        state->GsBase = PickBase();
    }

    private ulong PickBase() => _random.Next(4) switch
    {
        0 => 0,
        1 => _random.NextUInt64() >> 17,
        2 => 0xFFFF_8000_0000_0000 | _random.NextUInt64() >> 17,
        _ => OracleMemory.DataBase - (ulong)_random.Next(1 << 20),
    };

    private void FillVectors(in Instruction instruction, LaneKind kind, CpuImage* state)
    {
        state->XstateBv = 7;
        state->Mxcsr = PickMxcsr();
        // Registers that the instruction doesn't name hold something recognisable.
        for (int i = 0; i < 256; i++)
        {
            state->Xsave[CpuImage.XmmOffset(0) + i] = (byte)(0xA0 ^ i);
            state->Xsave[CpuImage.YmmHighOffset(0) + i] = (byte)(0x50 ^ i);
        }

        FillVector(state, 0, kind);
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).IsVectorRegister())
            {
                FillVector(state, instruction.GetOpRegister(i).GetNumber(), kind);
            }
        }

        if (instruction.Mnemonic is Mnemonic.Vzeroall or Mnemonic.Vzeroupper)
        {
            return;
        }

        // An operand equal to another, which comparisons, minima and subtractions care about.
        if (instruction.OpCount >= 2 && _random.Percent(12) && instruction.Op0Register.IsVectorRegister() && instruction.Op1Register.IsVectorRegister())
        {
            int from = instruction.Op0Register.GetNumber();
            int to = instruction.Op1Register.GetNumber();
            Unsafe.CopyBlock(state->Xsave + CpuImage.XmmOffset(to), state->Xsave + CpuImage.XmmOffset(from), 16);
            Unsafe.CopyBlock(state->Xsave + CpuImage.YmmHighOffset(to), state->Xsave + CpuImage.YmmHighOffset(from), 16);
        }
    }

    private void FillVector(CpuImage* state, int n, LaneKind kind)
    {
        Values.Fill(new Span<byte>(state->Xsave + CpuImage.XmmOffset(n), 16), kind);
        Values.Fill(new Span<byte>(state->Xsave + CpuImage.YmmHighOffset(n), 16), kind);
    }

    private uint PickMxcsr()
    {
        uint value = 0x1F80;
        if (_random.Percent(50))
        {
            value |= (uint)_random.Next(4) << 13;
            value |= _random.Percent(25) ? 0x8000u : 0;
            value |= _random.Percent(25) ? 0x40u : 0;
        }

        if (_random.Percent(20))
        {
            value |= (uint)_random.Next(64);
        }

        // Now and then unmask exceptions, of course not those that are pending.
        return _random.Percent(3) ? value & ~((uint)_random.Next(64) << 7) & ~0x3Fu : value;
    }

    private void FillX87(in Instruction instruction, LaneKind kind, CpuImage* state)
    {
        state->Fcw = 0x37F;
        bool mmx = UsesMmx(instruction);
        if (!mmx && !StateComparer.IsX87(instruction.Code) && !instruction.IsSaveRestoreInstruction && !_random.Percent(3))
        {
            return;
        }

        if (_random.Percent(50))
        {
            state->Fcw = (ushort)(0x7F | _random.Next(4) << 10 | _random.Pick<int>([0, 2, 3, 3]) << 8);
        }

        if (_random.Percent(4))
        {
            state->Fcw &= (ushort)~_random.Next(64);
        }

        state->Fsw = (ushort)(_random.Next(8) << 11 | (int)(_random.NextUInt64() & 0x4700));
        if (_random.Percent(20))
        {
            state->Fsw |= (ushort)(_random.Next(128) & (_random.Percent(90) ? state->Fcw | 0x40 : 0x7F));
        }

        if ((state->Fsw & 0x3F & ~state->Fcw) != 0)
        {
            state->Fsw |= 0x8080;
        }

        state->Ftw = _random.Next(10) switch { < 7 => 0xFF, 7 => 0, _ => (byte)_random.NextUInt64() };
        for (int i = 0; i < 8; i++)
        {
            Span<byte> register = new(state->Xsave + CpuImage.StOffset(i), 10);
            Values.Fill(register, mmx ? kind : LaneKind.Float80);
            if (mmx && _random.Percent(50))
            {
                register[8] = register[9] = 0xFF;
            }
        }

        if (_random.Percent(10))
        {
            // Equal operands, or operands of the same exponent.
            new Span<byte>(state->Xsave + CpuImage.StOffset(0), 10).CopyTo(new Span<byte>(state->Xsave + CpuImage.StOffset(1), 10));
        }
    }

    private static bool UsesMmx(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).IsMM())
            {
                return true;
            }
        }

        return instruction.Mnemonic == Mnemonic.Emms;
    }

    /// <summary>Values that keep an instruction in its interesting range.</summary>
    private void PrepareImplicitRegisters(in Instruction instruction, CpuImage* state)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Div or Mnemonic.Idiv when _random.Percent(70):
                // A dividend whose quotient mostly fits.
                int shift = _random.Next(64);
                bool signed = instruction.Mnemonic == Mnemonic.Idiv && _random.Percent(50);
                state->Gpr[2] = signed ? (ulong)((long)state->Gpr[0] >> 63) : _random.NextUInt64() >> shift >> _random.Next(64);
                break;
            case Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b or Mnemonic.Cmpxchg:
                break;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc when instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind == OpKind.Register && _random.Percent(95):
                int register = instruction.Op1Register.GetFullRegister().GetNumber();
                long bit = _random.Between(-3000, 3000);
                int bits = 8 * instruction.Op1Register.GetSize();
                // Bits above the operand size don't count.
                state->Gpr[register] = bits == 64 ? (ulong)bit : (ulong)bit & ((1UL << bits) - 1) | _random.NextUInt64() << bits;
                break;
            case var mnemonic when UsesComponentMask(mnemonic):
                // Only the components that every engine has.
                state->Gpr[0] = (ulong)_random.Next(8);
                state->Gpr[2] = 0;
                break;
            default:
                break;
        }

        if (instruction.Code.IsStringInstruction())
        {
            ulong count = _random.Next(20) switch { 0 => (ulong)_random.Next(400), 1 => _random.NextUInt64() >> 40, _ => (ulong)_random.Next(24) };
            state->Gpr[1] = UsesAddress32(instruction) ? count & 0xFFFF_FFFF | _random.NextUInt64() << 32 : count;
        }
    }

    private static bool UsesAddress32(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) is OpKind.MemorySegESI or OpKind.MemoryESEDI or OpKind.MemorySegEDI)
            {
                return true;
            }
        }

        return instruction.MemoryBase.IsGPR32() || instruction.MemoryIndex.IsGPR32() || instruction.MemoryBase == Register.EIP;
    }

    /// <summary>Where a memory operand shall be: mostly in the middle of the data, sometimes across or beyond a border.</summary>
    private ulong PickTarget(in Instruction instruction)
    {
        int size = Math.Clamp(OperandSize(instruction), 1, 1024);
        int alignment = instruction.IsSaveRestoreInstruction ? 64 : Math.Min((int)BitOperations.RoundUpToPowerOf2((uint)size), 32);
        int choice = _random.Next(100);
        ulong border = choice switch
        {
            < 82 => OracleMemory.DataBase + (ulong)_random.Between(0x800, 0x1400),
            < 89 => OracleMemory.DataBase + Page.Size,
            < 93 => OracleMemory.ReadOnlyBase,
            < 95 => OracleMemory.ReadOnlyBase + (ulong)_random.Between(0x100, 0x800),
            < 96 => OracleMemory.DataBase,
            < 97 => OracleMemory.DataEnd,
            < 98 => OracleMemory.DataEnd + (ulong)_random.Next(1 << 20),
            < 99 => _random.NextUInt64(),
            _ => 0xFFFF_8000_0000_0000 + (_random.NextUInt64() >> 20),
        };
        if (choice >= 82 && choice < 97 && !(choice is 93 or 94))
        {
            border -= (ulong)_random.Next(2 * size);
        }

        bool aligned = _random.Percent(instruction.IsSaveRestoreInstruction ? 95 : 70);
        return aligned ? border & ~(ulong)(alignment - 1) : border;
    }

    private static int OperandSize(in Instruction instruction) =>
        instruction.IsSaveRestoreInstruction ? 832 : instruction.MemorySize == MemorySize.Unknown ? 64 : instruction.MemorySize.GetSize();

    private void PlaceStack(in Instruction instruction, CpuImage* state)
    {
        ulong near = _target is >= OracleMemory.DataBase + 0x600 and < OracleMemory.ReadOnlyBase - 0x600 ? _target : OracleMemory.DataBase + 0x1000;
        state->Gpr[4] = near + (ulong)_random.Between(-600, 600);
        if (_random.Percent(90))
        {
            state->Gpr[4] &= ~7UL;
        }

        if (!instruction.IsStackInstruction)
        {
            return;
        }

        state->Gpr[5] = near + (ulong)_random.Between(-600, 600);
        if (_random.Percent(6))
        {
            state->Gpr[4] = _random.Pick<ulong>([OracleMemory.DataBase, OracleMemory.ReadOnlyBase, OracleMemory.DataEnd]) + (ulong)_random.Between(-10, 10);
        }

        if (instruction.Mnemonic == Mnemonic.Leave && _random.Percent(5))
        {
            state->Gpr[5] = _random.NextUInt64();
        }
    }

    /// <summary>Gives base, index and displacement values that lead to the target.</summary>
    private bool PlaceOperand(ref Instruction instruction, CpuImage* state)
    {
        if (!HasOperand(instruction, OpKind.Memory))
        {
            return true;
        }

        if (UsesComponentMask(instruction.Mnemonic) && (IsMask(instruction.MemoryBase) || IsMask(instruction.MemoryIndex)))
        {
            return false;
        }

        bool address32 = UsesAddress32(instruction);
        Register index = instruction.MemoryIndex;
        Register @base = instruction.MemoryBase;
        int displacementSize = instruction.MemoryDisplSize;
        ulong segment = instruction.SegmentPrefix switch { Register.FS => state->FsBase, Register.GS => state->GsBase, _ => 0 };
        ulong offset = _target - segment;
        bool bitOffsetAddresses = instruction.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && instruction.Op1Kind == OpKind.Register &&
            instruction.Op1Register.GetFullRegister() is Register register && (register == @base.GetFullRegister() || register == index.GetFullRegister());
        if (instruction.SegmentPrefix != Register.None && (!IsCanonical(offset) || bitOffsetAddresses))
        {
            // AMD faults on such an offset even if the sum with the base is canonical; Intel looks at the sum only.
            return false;
        }

        bool registerless = @base is Register.None or Register.RIP or Register.EIP || @base.GetFullRegister() == index.GetFullRegister();
        if (address32 && offset > uint.MaxValue || registerless && displacementSize == 8 && instruction.MemoryBase != Register.None && offset >> 31 != 0 ||
            registerless && offset > int.MaxValue && !IsMoffs(instruction))
        {
            // Move the segment instead of giving up, or take the target as it is.
            offset = _target is >= OracleMemory.DataBase and < OracleMemory.DataEnd ? (ulong)_random.Next(1 << 20) : offset & 0x7FFF_FFFF;
            segment = _target - offset;
            switch (instruction.SegmentPrefix)
            {
                case Register.FS when IsCanonical(segment):
                    state->FsBase = segment;
                    break;
                case Register.GS when IsCanonical(segment):
                    state->GsBase = segment;
                    break;
                default:
                    offset = OracleMemory.DataEnd + (offset & 0xFFFFF);
                    _target = offset;
                    if (instruction.SegmentPrefix != Register.None)
                    {
                        return false;
                    }

                    break;
            }
        }

        if (@base is Register.RIP or Register.EIP)
        {
            instruction.MemoryDisplacement64 = offset;
            return true;
        }

        if (IsMoffs(instruction))
        {
            instruction.MemoryDisplacement64 = offset;
            return true;
        }

        ulong scaled = 0;
        if (index.IsVectorRegister())
        {
            FillVectorIndices(instruction, state);
        }
        else if (index == Register.AL)
        {
            scaled = (byte)state->Gpr[0];
        }
        else if (index != Register.None)
        {
            bool small = @base == Register.None || _random.Percent(70) || @base.GetFullRegister() == index.GetFullRegister();
            ulong value = small ? (ulong)_random.Between(-500, 500) : _random.NextUInt64();
            if (index.GetNumber() != 4)
            {
                if (address32)
                {
                    value = (uint)value | _random.NextUInt64() << 32;
                }

                state->Gpr[index.GetNumber()] = value;
            }

            scaled = state->Gpr[index.GetNumber()] * (ulong)instruction.MemoryIndexScale;
            if (@base.GetFullRegister() == index.GetFullRegister())
            {
                scaled += state->Gpr[index.GetNumber()];
                @base = Register.None;
                instruction.MemoryDisplSize = displacementSize = address32 ? 4 : 8;
            }
        }

        if (@base == Register.None)
        {
            long displacement = address32 ? (int)(uint)(offset - scaled) : (long)(offset - scaled);
            if (displacement != (int)displacement)
            {
                return false;
            }

            instruction.MemoryDisplacement64 = address32 ? (uint)displacement : (ulong)displacement;
            return true;
        }

        long given = displacementSize switch { 0 => 0, 1 => (sbyte)_random.NextUInt64(), _ => (int)_random.NextUInt64() };
        instruction.MemoryDisplacement64 = address32 ? (uint)given : (ulong)given;
        ulong baseValue = offset - scaled - (ulong)given;
        state->Gpr[@base.GetNumber()] = address32 ? (uint)baseValue | _random.NextUInt64() << 32 : baseValue;
        return true;
    }

    private static bool IsMask(Register register) => register.GetFullRegister() is Register.RAX or Register.RDX;

    private static bool UsesComponentMask(Mnemonic mnemonic) => mnemonic is Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or
        Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xrstor or Mnemonic.Xrstor64;

    private static bool IsMoffs(in Instruction instruction) =>
        instruction.MemoryBase == Register.None && instruction.MemoryIndex == Register.None && instruction.Code.ToOpCode() is { OpCount: 2 } info &&
        (info.Op0Kind == OpCodeOperandKind.mem_offs || info.Op1Kind == OpCodeOperandKind.mem_offs);

    private static bool IsCanonical(ulong address) => (long)(address << 16) >> 16 == (long)address;

    private static bool HasOperand(in Instruction instruction, OpKind kind)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == kind)
            {
                return true;
            }
        }

        return false;
    }

    private void FillVectorIndices(in Instruction instruction, CpuImage* state)
    {
        int n = instruction.MemoryIndex.GetNumber();
        OpCodeOperandKind kind = instruction.Code.ToOpCode().Op1Kind;
        bool wide = kind is OpCodeOperandKind.mem_vsib64x or OpCodeOperandKind.mem_vsib64y;
        for (int lane = 0; lane < 8; lane++)
        {
            int value = _random.Percent(2) ? (int)_random.NextUInt64() : _random.Between(-40, 40);
            int offset = lane < 4 ? CpuImage.XmmOffset(n) + 4 * lane : CpuImage.YmmHighOffset(n) + 4 * (lane - 4);
            *(int*)(state->Xsave + offset) = wide && (lane & 1) != 0 ? *(int*)(state->Xsave + offset - 4) >> 31 : value;
        }
    }

    /// <summary>Source and destination of string instructions, and of the others that address memory implicitly.</summary>
    private bool PlaceStrings(in Instruction instruction, CpuImage* state)
    {
        bool address32 = UsesAddress32(instruction);
        ulong segment = instruction.SegmentPrefix switch { Register.FS => state->FsBase, Register.GS => state->GsBase, _ => 0 };
        if (instruction.SegmentPrefix != Register.None && instruction.Code.IsStringInstruction() && !IsCanonical(_target - segment))
        {
            return false;
        }

        if (HasOperand(instruction, OpKind.MemorySegRSI) || HasOperand(instruction, OpKind.MemorySegESI))
        {
            ulong source = _target + (ulong)_random.Between(-300, 300) - segment;
            state->Gpr[6] = address32 ? (uint)source | _random.NextUInt64() << 32 : source;
        }

        if (HasOperand(instruction, OpKind.MemoryESRDI) || HasOperand(instruction, OpKind.MemoryESEDI))
        {
            state->Gpr[7] = address32 ? (uint)_target | _random.NextUInt64() << 32 : _target;
        }
        else if (HasOperand(instruction, OpKind.MemorySegRDI) || HasOperand(instruction, OpKind.MemorySegEDI))
        {
            ulong destination = _target - segment;
            state->Gpr[7] = address32 ? (uint)destination | _random.NextUInt64() << 32 : destination;
        }

        if (instruction.Mnemonic == Mnemonic.Clzero)
        {
            state->Gpr[0] = _target;
        }

        return true;
    }

    private void FillMemory(in Instruction instruction, LaneKind kind, CpuImage* state)
    {
        if (instruction.IsSaveRestoreInstruction)
        {
            Span<byte> area = stackalloc byte[832];
            SaveAreaGenerator.Fill(area, instruction.Mnemonic, _random, Values);
            SetMemory(state, _target, area);
            return;
        }

        if (instruction.Code.IsStringInstruction())
        {
            Span<byte> text = stackalloc byte[1200];
            Values.FillBytes(text);
            SetMemory(state, _target - 600, text);
            return;
        }

        int size = instruction.IsVsib ? 1200 : Math.Clamp(OperandSize(instruction), 1, 128);
        Span<byte> operand = stackalloc byte[size];
        Values.Fill(operand, kind);
        if (instruction.Mnemonic is Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr)
        {
            if (_random.Percent(90))
            {
                BitConverter.TryWriteBytes(operand, PickMxcsr());
            }

            // Bit 17 exists on AMD's CPUs (misaligned SSE), which the model doesn't have.
            operand[2] &= 0xFD;
        }
        else if (instruction.Mnemonic is Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr)
        {
            // Bit 17 exists on AMD CPUs (misaligned SSE), and no model of ours has it.
            operand[2] &= 0xFD;
        }
        else if (instruction.Mnemonic is Mnemonic.Fldcw && _random.Percent(80))
        {
            BitConverter.TryWriteBytes(operand, (ushort)(_random.NextUInt64() | 0x3F));
        }
        else if (instruction.Mnemonic is Mnemonic.Fldenv or Mnemonic.Frstor && _random.Percent(80))
        {
            BitConverter.TryWriteBytes(operand, (ushort)(_random.NextUInt64() | 0x3F));
        }

        SetMemory(state, instruction.IsVsib ? _target - 600 : _target, operand);
        if (size <= 16 && _random.Percent(40) && instruction.Mnemonic is Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b)
        {
            // Let the comparison succeed.
            int half = size / 2;
            Span<byte> expected = stackalloc byte[16];
            BitConverter.TryWriteBytes(expected, state->Gpr[0]);
            BitConverter.TryWriteBytes(expected[half..], state->Gpr[2]);
            SetMemory(state, _target, expected[..size]);
        }
        else if (size <= 8 && _random.Percent(40) && instruction.Mnemonic == Mnemonic.Cmpxchg)
        {
            Span<byte> expected = stackalloc byte[8];
            BitConverter.TryWriteBytes(expected, state->Gpr[0]);
            SetMemory(state, _target, expected[..size]);
        }
    }

    /// <summary>Puts bytes at a guest address, as far as the window reaches.</summary>
    private static void SetMemory(CpuImage* state, ulong address, ReadOnlySpan<byte> bytes)
    {
        long offset = (long)(address - state->Window);
        for (int i = 0; i < bytes.Length; i++)
        {
            if (offset + i is >= 0 and < CpuImage.WindowSize)
            {
                state->Memory[offset + i] = bytes[i];
            }
        }
    }
}
