using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>
/// Makes random test cases of an instruction form: an instruction with operands of the kinds that the form has, encoded by Iced,
/// and a state that makes it meaningful. Which state an instruction needs is in <see cref="StateGenerator"/>.
/// </summary>
internal sealed class CaseGenerator
{
    private readonly OracleRandom _random = new(0);
    private readonly StateGenerator _state;
    private readonly ByteWriter _bytes = new();
    private readonly Encoder _encoder;

    public CaseGenerator()
    {
        _state = new StateGenerator(_random);
        _encoder = Encoder.Create(64, _bytes);
    }

    /// <summary>
    /// Adds one case of a form to a batch. False when the operands that the seed gives can't be encoded.
    /// </summary>
    public bool TryAdd(CaseBatch batch, Code code, ulong seed)
    {
        _random.Reset(seed);
        Instruction instruction = default;
        CpuImage image = default;
        for (int attempt = 0; attempt < 20; attempt++)
        {
            instruction = Create(code);
            ulong address = batch.NextAddress;
            if (!_state.TryCreate(ref instruction, address, out image))
            {
                continue;
            }

            _bytes.Clear();
            if (_random.Percent(2) && code.ToOpCode().Encoding == EncodingKind.Legacy && instruction.SegmentPrefix == Register.None)
            {
                // CS, DS, ES and SS overrides mean nothing in 64-bit mode.
                _bytes.WriteByte(_random.Pick<byte>([0x2E, 0x3E, 0x26, 0x36]));
            }

            if (_encoder.TryEncode(instruction, address + (ulong)_bytes.Length, out _, out _) && _bytes.Length <= 15)
            {
                batch.Add(_bytes.Written, image, new CaseInfo(instruction, seed));
                return true;
            }
        }

        return false;
    }

    /// <summary>Starts the sequence of random choices over.</summary>
    public OracleRandom Reset(ulong seed)
    {
        _random.Reset(seed);
        return _random;
    }

    /// <summary>A state for any code: general registers with interesting values, RSP and the memory window in the data pages.</summary>
    public CpuImage CreateState()
    {
        Instruction nop = Instruction.Create(Code.Nopd);
        return _state.TryCreate(ref nop, 0, out CpuImage image) ? image : throw new InvalidOperationException("nop has no operand that could be out of reach");
    }

    /// <summary>Encodes an instruction for an address. Empty when it has no encoding.</summary>
    public ReadOnlySpan<byte> Encode(in Instruction instruction, ulong address)
    {
        _bytes.Clear();
        return _encoder.TryEncode(instruction, address, out _, out _) ? _bytes.Written : [];
    }

    /// <summary>An instruction of a form with random operands.</summary>
    public Instruction Create(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        Instruction instruction = new() { Code = code };
        bool memory = _random.Percent(50);
        bool address32 = _random.Percent(6);
        // Few registers in most cases, so that operands often coincide.
        int registers = _random.Percent(20) ? 2 : 16;
        for (int i = 0; i < info.OpCount; i++)
        {
            SetOperand(ref instruction, i, info.GetOpKind(i), info, memory, address32, registers);
        }

        if (info.RequiresUniqueRegNums)
        {
            MakeGatherRegistersDistinct(ref instruction);
        }

        bool memoryDestination = info.OpCount > 0 && instruction.Op0Kind == OpKind.Memory;
        instruction.HasLockPrefix = info.CanUseLockPrefix && (memoryDestination ? _random.Percent(30) : _random.Percent(1));
        if (info.CanUseRepPrefix && _random.Percent(50))
        {
            instruction.HasRepPrefix = true;
        }
        else if (info.CanUseRepnePrefix && _random.Percent(40))
        {
            instruction.HasRepnePrefix = true;
        }

        return instruction;
    }

    private void SetOperand(ref Instruction instruction, int i, OpCodeOperandKind kind, OpCodeInfo info, bool memory, bool address32, int registers)
    {
        switch (kind)
        {
            case OpCodeOperandKind.mem or OpCodeOperandKind.mem_mpx or OpCodeOperandKind.mem_mib:
                SetMemory(ref instruction, i, address32, Register.None);
                break;
            case OpCodeOperandKind.mem_offs:
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryDisplSize = 8;
                SetSegment(ref instruction);
                break;
            case OpCodeOperandKind.mem_vsib32x or OpCodeOperandKind.mem_vsib64x:
                SetMemory(ref instruction, i, address32, Register.XMM0 + _random.Next(16));
                break;
            case OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64y:
                SetMemory(ref instruction, i, address32, Register.YMM0 + _random.Next(16));
                break;
            case OpCodeOperandKind.r8_or_mem when memory:
            case OpCodeOperandKind.r16_or_mem when memory:
            case OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r32_or_mem_mpx when memory:
            case OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_or_mem_mpx when memory:
            case OpCodeOperandKind.mm_or_mem when memory:
            case OpCodeOperandKind.xmm_or_mem when memory:
            case OpCodeOperandKind.ymm_or_mem when memory:
                SetMemory(ref instruction, i, address32, Register.None);
                break;
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode:
                SetRegister(ref instruction, i, Register.AL + _random.Next(registers == 16 ? 20 : 6));
                break;
            case OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_reg_mem or OpCodeOperandKind.r16_rm or OpCodeOperandKind.r16_opcode:
                SetRegister(ref instruction, i, Register.AX + _random.Next(registers));
                break;
            case OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r32_or_mem_mpx or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_reg_mem or
                OpCodeOperandKind.r32_rm or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_vvvv:
                SetRegister(ref instruction, i, Register.EAX + _random.Next(registers));
                break;
            case OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_or_mem_mpx or OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_reg_mem or
                OpCodeOperandKind.r64_rm or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.r64_vvvv:
                SetRegister(ref instruction, i, Register.RAX + _random.Next(registers));
                break;
            case OpCodeOperandKind.seg_reg:
                SetRegister(ref instruction, i, Register.ES + _random.Next(6));
                break;
            case OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm:
                SetRegister(ref instruction, i, Register.MM0 + _random.Next(registers / 2));
                break;
            case OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_vvvv or OpCodeOperandKind.xmm_is4 or
                OpCodeOperandKind.xmm_is5:
                SetRegister(ref instruction, i, Register.XMM0 + _random.Next(registers));
                break;
            case OpCodeOperandKind.ymm_or_mem or OpCodeOperandKind.ymm_reg or OpCodeOperandKind.ymm_rm or OpCodeOperandKind.ymm_vvvv or OpCodeOperandKind.ymm_is4 or
                OpCodeOperandKind.ymm_is5:
                SetRegister(ref instruction, i, Register.YMM0 + _random.Next(registers));
                break;
            case OpCodeOperandKind.es:
                SetRegister(ref instruction, i, Register.ES);
                break;
            case OpCodeOperandKind.cs:
                SetRegister(ref instruction, i, Register.CS);
                break;
            case OpCodeOperandKind.ss:
                SetRegister(ref instruction, i, Register.SS);
                break;
            case OpCodeOperandKind.ds:
                SetRegister(ref instruction, i, Register.DS);
                break;
            case OpCodeOperandKind.fs:
                SetRegister(ref instruction, i, Register.FS);
                break;
            case OpCodeOperandKind.gs:
                SetRegister(ref instruction, i, Register.GS);
                break;
            case OpCodeOperandKind.al:
                SetRegister(ref instruction, i, Register.AL);
                break;
            case OpCodeOperandKind.cl:
                SetRegister(ref instruction, i, Register.CL);
                break;
            case OpCodeOperandKind.ax:
                SetRegister(ref instruction, i, Register.AX);
                break;
            case OpCodeOperandKind.dx:
                SetRegister(ref instruction, i, Register.DX);
                break;
            case OpCodeOperandKind.eax:
                SetRegister(ref instruction, i, Register.EAX);
                break;
            case OpCodeOperandKind.rax:
                SetRegister(ref instruction, i, Register.RAX);
                break;
            case OpCodeOperandKind.st0:
                SetRegister(ref instruction, i, Register.ST0);
                break;
            case OpCodeOperandKind.sti_opcode:
                SetRegister(ref instruction, i, Register.ST0 + _random.Next(8));
                break;
            case OpCodeOperandKind.imm4_m2z:
                SetImmediate(ref instruction, i, OpKind.Immediate8, (ulong)_random.Next(4));
                break;
            case OpCodeOperandKind.imm8:
                SetImmediate(ref instruction, i, i > 0 && HasImmediateBefore(instruction, i) ? OpKind.Immediate8_2nd : OpKind.Immediate8,
                    _random.Percent(info.Mnemonic == Mnemonic.Enter ? 80 : 30) ? (ulong)_random.Next(8) : _random.NextUInt64() & 0xFF);
                break;
            case OpCodeOperandKind.imm8_const_1:
                SetImmediate(ref instruction, i, OpKind.Immediate8, 1);
                break;
            case OpCodeOperandKind.imm8sex16:
                SetImmediate(ref instruction, i, OpKind.Immediate8to16, (ulong)(sbyte)_state.Values.Integer());
                break;
            case OpCodeOperandKind.imm8sex32:
                SetImmediate(ref instruction, i, OpKind.Immediate8to32, (ulong)(sbyte)_state.Values.Integer());
                break;
            case OpCodeOperandKind.imm8sex64:
                SetImmediate(ref instruction, i, OpKind.Immediate8to64, (ulong)(sbyte)_state.Values.Integer());
                break;
            case OpCodeOperandKind.imm16:
                SetImmediate(ref instruction, i, OpKind.Immediate16, _state.Values.Integer() & (_random.Percent(info.Mnemonic == Mnemonic.Enter ? 80 : 0) ? 0xFFUL : 0xFFFF));
                break;
            case OpCodeOperandKind.imm32:
                SetImmediate(ref instruction, i, OpKind.Immediate32, _state.Values.Integer() & 0xFFFF_FFFF);
                break;
            case OpCodeOperandKind.imm32sex64:
                SetImmediate(ref instruction, i, OpKind.Immediate32to64, (ulong)(int)_state.Values.Integer());
                break;
            case OpCodeOperandKind.imm64:
                SetImmediate(ref instruction, i, OpKind.Immediate64, _state.Values.Integer());
                break;
            case OpCodeOperandKind.seg_rSI:
                instruction.SetOpKind(i, address32 ? OpKind.MemorySegESI : OpKind.MemorySegRSI);
                SetSegment(ref instruction);
                break;
            case OpCodeOperandKind.es_rDI:
                instruction.SetOpKind(i, address32 ? OpKind.MemoryESEDI : OpKind.MemoryESRDI);
                break;
            case OpCodeOperandKind.seg_rDI:
                instruction.SetOpKind(i, address32 ? OpKind.MemorySegEDI : OpKind.MemorySegRDI);
                SetSegment(ref instruction);
                break;
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = address32 ? Register.EBX : Register.RBX;
                instruction.MemoryIndex = Register.AL;
                instruction.MemoryIndexScale = 1;
                SetSegment(ref instruction);
                break;
            default:
                throw new NotSupportedException($"operand kind {kind} of {info.Code}");
        }
    }

    private static bool HasImmediateBefore(in Instruction instruction, int i)
    {
        for (int k = 0; k < i; k++)
        {
            if (instruction.GetOpKind(k).ToString().StartsWith("Immediate", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static void SetRegister(ref Instruction instruction, int i, Register register)
    {
        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, register);
    }

    private static void SetImmediate(ref Instruction instruction, int i, OpKind kind, ulong value)
    {
        instruction.SetOpKind(i, kind);
        instruction.SetImmediate(i, value);
    }

    private void SetSegment(ref Instruction instruction)
    {
        if (_random.Percent(8))
        {
            instruction.SegmentPrefix = _random.Percent(50) ? Register.FS : Register.GS;
        }
    }

    private void SetMemory(ref Instruction instruction, int i, bool address32, Register vectorIndex)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        SetSegment(ref instruction);
        Register first = address32 ? Register.EAX : Register.RAX;
        int shape = vectorIndex != Register.None ? _random.Next(20) == 0 ? 9 : 4 : _random.Next(10);
        if (shape == 0)
        {
            instruction.MemoryBase = address32 ? Register.EIP : Register.RIP;
            instruction.MemoryDisplSize = address32 ? 4 : 8;
            return;
        }

        if (shape < 8)
        {
            instruction.MemoryBase = first + _random.Next(16);
        }

        if (vectorIndex != Register.None || shape is >= 4 and < 9)
        {
            instruction.MemoryIndex = vectorIndex != Register.None ? vectorIndex : PickIndex(first);
            instruction.MemoryIndexScale = 1 << _random.Next(4);
        }

        // Without a base the displacement is all there is to reach the data with.
        instruction.MemoryDisplSize = instruction.MemoryBase == Register.None ? (address32 ? 4 : 8) : _random.Next(3) switch { 0 => 0, 1 => 1, _ => address32 ? 4 : 8 };
    }

    private Register PickIndex(Register first)
    {
        int index = _random.Next(15);
        return first + (index >= 4 ? index + 1 : index);    // RSP can't be an index
    }

    private void MakeGatherRegistersDistinct(ref Instruction instruction)
    {
        if (_random.Percent(3))
        {
            return;
        }

        int destination = instruction.Op0Register.GetNumber();
        int index = (destination + 1 + _random.Next(7)) & 15;
        int mask = (destination + 8 + _random.Next(8)) & 15;
        instruction.MemoryIndex = (instruction.MemoryIndex.IsYMM() ? Register.YMM0 : Register.XMM0) + index;
        instruction.Op2Register = (instruction.Op2Register.IsYMM() ? Register.YMM0 : Register.XMM0) + mask;
    }

    private sealed class ByteWriter : CodeWriter
    {
        private readonly byte[] _buffer = new byte[64];

        public int Length { get; private set; }

        public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

        public void Clear() => Length = 0;

        public override void WriteByte(byte value) => _buffer[Length++] = value;
    }
}
