using System.Buffers.Binary;
using System.Diagnostics;
using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Writes machine code through a writable view, knowing the address at which it will execute. Has just the few encodings that
/// translated code is made of besides the guest's own instructions (Intel SDM vol. 2).
/// </summary>
internal sealed unsafe class CodeEmitter : CodeWriter
{
    private readonly Encoder _encoder;
    private byte* _start;
    private byte* _cursor;
    private byte* _end;
    private long _writeDelta;

    public CodeEmitter()
    {
        _encoder = Encoder.Create(64, this);
    }

    /// <summary>Address at which the next byte will execute.</summary>
    public byte* Position => _cursor - _writeDelta;

    /// <summary>Bytes left.</summary>
    public long Room => _end - _cursor;

    /// <summary>Bytes written since <see cref="Begin"/>.</summary>
    public int Length => (int)(_cursor - _start);

    /// <summary>Starts to write.</summary>
    /// <param name="execute">Where the code will execute.</param>
    /// <param name="capacity">Bytes that may be written. The caller leaves before it runs out; running out is a bug and throws.</param>
    /// <param name="writeDelta">What to add to an address to get the writable view of it.</param>
    public void Begin(byte* execute, long capacity, long writeDelta)
    {
        _writeDelta = writeDelta;
        _start = execute + writeDelta;
        _cursor = _start;
        _end = _start + capacity;
    }

    /// <summary>Takes back everything from an address on.</summary>
    public void Rewind(byte* execute) => _cursor = execute + _writeDelta;

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Byte(value);

    public void Byte(byte value)
    {
        if (_cursor >= _end)
        {
            ThrowFull();
        }

        // SAFETY: inside the area given to Begin.
        *_cursor++ = value;
    }

    public void Dword(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);
    }

    public void Qword(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
    }

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Encodes any instruction. False if it has no encoding with these operands.</summary>
    public bool TryEncode(in Instruction instruction)
    {
        byte* before = _cursor;
        if (_encoder.TryEncode(instruction, (ulong)Position, out _, out _))
        {
            return true;
        }

        _cursor = before;
        return false;
    }

    /// <summary>MOV r64, r64.</summary>
    public void Move(int destination, int source) => RegisterForm(0x8B, destination, source, wide: true);

    /// <summary>MOV r64, imm, in the shortest form.</summary>
    public void MoveImmediate(int register, ulong value)
    {
        if (value <= uint.MaxValue)
        {
            Rex(false, 0, 0, register, force: false);
            Byte((byte)(0xB8 + (register & 7)));
            Dword((int)(uint)value);
        }
        else
        {
            Rex(true, 0, 0, register, force: true);
            if ((long)value is >= int.MinValue and < 0)
            {
                Byte(0xC7);
                Byte((byte)(0xC0 | (register & 7)));
                Dword((int)value);
            }
            else
            {
                Byte((byte)(0xB8 + (register & 7)));
                Qword(value);
            }
        }
    }

    /// <summary>MOV r64, imm64, however small.</summary>
    public void MoveImmediate64(int register, ulong value)
    {
        Rex(true, 0, 0, register, force: true);
        Byte((byte)(0xB8 + (register & 7)));
        Qword(value);
    }

    /// <summary>MOV r64, [base + displacement].</summary>
    public void Load(int register, int @base, int displacement) => MemoryForm(0x8B, register, @base, displacement, segment: false, wide: true);

    /// <summary>MOV [base + displacement], r64.</summary>
    public void Store(int @base, int displacement, int register) => MemoryForm(0x89, register, @base, displacement, segment: false, wide: true);

    /// <summary>MOV r64, gs:[base + displacement].</summary>
    public void LoadGuest(int register, int @base, int displacement) => MemoryForm(0x8B, register, @base, displacement, segment: true, wide: true);

    /// <summary>MOV gs:[base + displacement], r64.</summary>
    public void StoreGuest(int @base, int displacement, int register) => MemoryForm(0x89, register, @base, displacement, segment: true, wide: true);

    /// <summary>MOV QWORD gs:[base + displacement], imm32 (sign-extended).</summary>
    public void StoreGuestImmediate(int @base, int displacement, int value)
    {
        MemoryForm(0xC7, 0, @base, displacement, segment: true, wide: true);
        Dword(value);
    }

    /// <summary>MOV DWORD [base + displacement], imm32.</summary>
    public void StoreImmediate32(int @base, int displacement, int value)
    {
        MemoryForm(0xC7, 0, @base, displacement, segment: false, wide: false);
        Dword(value);
    }

    /// <summary>LEA r64, [base + displacement]; a displacement of 0 is a plain move.</summary>
    public void LoadAddress(int destination, int @base, int displacement)
    {
        if (displacement != 0)
        {
            MemoryForm(0x8D, destination, @base, displacement, segment: false, wide: true);
        }
        else if (destination != @base)
        {
            Move(destination, @base);
        }
    }

    /// <summary>LEA r64, [base + displacement] with four bytes of displacement, however small.</summary>
    public void LoadAddressFar(int destination, int @base, int displacement)
    {
        Rex(true, destination, 0, @base, force: true);
        Byte(0x8D);
        Byte((byte)(0x80 | ((destination & 7) << 3) | (@base & 7)));
        Debug.Assert((@base & 7) != HostRegister.Rsp, "RSP as a base takes another byte.");
        Dword(displacement);
    }

    /// <summary>LEA r64, [base + index * scale + displacement]; a base of -1 is none.</summary>
    public void LoadAddress(int destination, int @base, int index, int scale, int displacement) =>
        IndexForm(0x8D, destination, @base, index, scale, displacement, wide: true);

    /// <summary>MOV r64, [base + index * scale + displacement].</summary>
    public void LoadIndexed(int destination, int @base, int index, int scale, int displacement) =>
        IndexForm(0x8B, destination, @base, index, scale, displacement, wide: true);

    /// <summary>MOVZX r32, r16.</summary>
    public void ZeroExtend16(int destination, int source)
    {
        Rex(false, destination, 0, source, force: false);
        Byte(0x0F);
        Byte(0xB7);
        Byte((byte)(0xC0 | ((destination & 7) << 3) | (source & 7)));
    }

    /// <summary>SHRX r64, r64, r64: a shift that leaves the flags alone.</summary>
    public void ShiftRight(int destination, int source, int count)
    {
        Byte(0xC4);
        Byte((byte)((destination < 8 ? 0x80 : 0) | 0x40 | (source < 8 ? 0x20 : 0) | 2));
        Byte((byte)(0x80 | ((~count & 15) << 3) | 3));
        Byte(0xF7);
        Byte((byte)(0xC0 | ((destination & 7) << 3) | (source & 7)));
    }

    /// <summary>SHRX r64, [rsp + displacement], r64.</summary>
    public void ShiftRightSlot(int destination, int displacement, int count)
    {
        Byte(0xC4);
        Byte((byte)((destination < 8 ? 0x80 : 0) | 0x40 | 0x20 | 2));
        Byte((byte)(0x80 | ((~count & 15) << 3) | 3));
        Byte(0xF7);
        ModRm(destination, HostRegister.Rsp, displacement);
    }

    /// <summary>JMP r64.</summary>
    public void JumpRegister(int register)
    {
        Rex(false, 0, 0, register, force: false);
        Byte(0xFF);
        Byte((byte)(0xE0 | (register & 7)));
    }

    /// <summary>JMP QWORD [base + index * 8 + displacement].</summary>
    public void JumpIndexed(int @base, int index, int displacement) => IndexForm(0xFF, 4, @base, index, 8, displacement, wide: false);

    /// <summary>JMP rel32. Returns where the displacement is (executable view).</summary>
    public byte* Jump(byte* target)
    {
        KeepInLine(1);
        Byte(0xE9);
        return Relative(target);
    }

    /// <summary>Jcc rel32. Returns where the displacement is (executable view).</summary>
    public byte* JumpIf(ConditionCode condition, byte* target)
    {
        KeepInLine(2);
        Byte(0x0F);
        Byte((byte)(0x80 | ConditionBits(condition)));
        return Relative(target);
    }

    /// <summary>LOOP (RCX - 1, taken unless that is zero) to an address shortly before.</summary>
    public void LoopBack(byte* target)
    {
        Byte(0xE2);
        Byte((byte)(target - (Position + 1)));
    }

    /// <summary>JRCXZ over the next <paramref name="distance"/> bytes.</summary>
    public void JumpIfRcxZero(int distance)
    {
        Byte(0xE3);
        Byte((byte)distance);
    }

    /// <summary>Leaves out bytes that nothing leads to.</summary>
    public void Skip(int count) => Take(count).Fill(0xCC);

    /// <summary>NOPs up to a multiple of <paramref name="alignment"/>.</summary>
    public void Align(int alignment)
    {
        int gap = (int)((ulong)-(long)Position & (ulong)(alignment - 1));
        while (gap > 0)
        {
            int take = Math.Min(gap, 9);
            Bytes(Nop(take));
            gap -= take;
        }
    }

    /// <summary>The low four bits of the opcode of a condition.</summary>
    public static int ConditionBits(ConditionCode condition) => condition switch
    {
        ConditionCode.o => 0,
        ConditionCode.no => 1,
        ConditionCode.b => 2,
        ConditionCode.ae => 3,
        ConditionCode.e => 4,
        ConditionCode.ne => 5,
        ConditionCode.be => 6,
        ConditionCode.a => 7,
        ConditionCode.s => 8,
        ConditionCode.ns => 9,
        ConditionCode.p => 10,
        ConditionCode.np => 11,
        ConditionCode.l => 12,
        ConditionCode.ge => 13,
        ConditionCode.le => 14,
        _ => 15,
    };

    private static ReadOnlySpan<byte> Nop(int length) => length switch
    {
        1 => [0x90],
        2 => [0x66, 0x90],
        3 => [0x0F, 0x1F, 0x00],
        4 => [0x0F, 0x1F, 0x40, 0x00],
        5 => [0x0F, 0x1F, 0x44, 0x00, 0x00],
        6 => [0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00],
        7 => [0x0F, 0x1F, 0x80, 0x00, 0x00, 0x00, 0x00],
        8 => [0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
        _ => [0x66, 0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    };

    /// <summary>Displacements are changed while other threads execute them, so none may cross a cache line.</summary>
    private void KeepInLine(int opcodeLength)
    {
        ulong first = (ulong)Position + (ulong)opcodeLength;
        int left = 64 - (int)(first & 63);
        if (left < 4)
        {
            Bytes(Nop(left));
        }
    }

    private byte* Relative(byte* target)
    {
        byte* place = Position;
        long distance = target - (place + 4);
        Debug.Assert(distance == (int)distance, "The region is smaller than the reach of a branch.");
        Dword((int)distance);
        return place;
    }

    private void RegisterForm(byte opcode, int reg, int rm, bool wide)
    {
        Rex(wide, reg, 0, rm, force: false);
        Byte(opcode);
        Byte((byte)(0xC0 | ((reg & 7) << 3) | (rm & 7)));
    }

    private void MemoryForm(byte opcode, int reg, int @base, int displacement, bool segment, bool wide)
    {
        if (segment)
        {
            Byte(0x65);
        }

        Rex(wide, reg, 0, @base, force: false);
        Byte(opcode);
        ModRm(reg, @base, displacement);
    }

    private void IndexForm(byte opcode, int reg, int @base, int index, int scale, int displacement, bool wide)
    {
        Rex(wide, reg, index, @base < 0 ? 0 : @base, force: false);
        Byte(opcode);
        int scaleBits = scale switch { 1 => 0, 2 => 1, 4 => 2, _ => 3 };
        byte sib = (byte)((scaleBits << 6) | ((index & 7) << 3) | (@base < 0 ? 5 : @base & 7));
        if (@base < 0)
        {
            Byte((byte)(((reg & 7) << 3) | 4));
            Byte(sib);
            Dword(displacement);
        }
        else if (displacement == 0 && (@base & 7) != 5)
        {
            Byte((byte)(((reg & 7) << 3) | 4));
            Byte(sib);
        }
        else if (displacement == (sbyte)displacement)
        {
            Byte((byte)(0x44 | ((reg & 7) << 3)));
            Byte(sib);
            Byte((byte)displacement);
        }
        else
        {
            Byte((byte)(0x84 | ((reg & 7) << 3)));
            Byte(sib);
            Dword(displacement);
        }
    }

    private void ModRm(int reg, int @base, int displacement)
    {
        int field = (reg & 7) << 3;
        bool needsSib = (@base & 7) == 4;
        if (displacement == 0 && (@base & 7) != 5)
        {
            Byte((byte)(field | (@base & 7)));
            if (needsSib)
            {
                Byte(0x24);
            }
        }
        else if (displacement == (sbyte)displacement)
        {
            Byte((byte)(0x40 | field | (@base & 7)));
            if (needsSib)
            {
                Byte(0x24);
            }

            Byte((byte)displacement);
        }
        else
        {
            Byte((byte)(0x80 | field | (@base & 7)));
            if (needsSib)
            {
                Byte(0x24);
            }

            Dword(displacement);
        }
    }

    private void Rex(bool wide, int reg, int index, int rm, bool force)
    {
        if ((uint)(reg | index | rm) > 15)
        {
            // What isn't in a register would silently become another one, unchecked.
            ThrowNoRegister();
        }

        int rex = 0x40 | (wide ? 8 : 0) | (reg >= 8 ? 4 : 0) | (index >= 8 ? 2 : 0) | (rm >= 8 ? 1 : 0);
        if (rex != 0x40 || force)
        {
            Byte((byte)rex);
        }
    }

    private Span<byte> Take(int count)
    {
        if (_end - _cursor < count)
        {
            ThrowFull();
        }

        // SAFETY: inside the area given to Begin.
        var span = new Span<byte>(_cursor, count);
        _cursor += count;
        return span;
    }

    private static void ThrowNoRegister() => throw new InvalidOperationException("An operand has no host register.");

    private static void ThrowFull() => throw new InvalidOperationException("A translated block outgrew the room that was kept for it.");
}
