using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Writes a guest instruction with other registers and another memory operand by changing its bytes: several times as fast as encoding it
/// anew (Intel SDM vol. 2, chapter 2).
/// </summary>
internal static class InstructionPatcher
{
    private const byte Unknown = 0;
    private const byte NotPatchable = 1;
    private const byte Patchable = 2;

    private static readonly byte[] s_known = new byte[5120];

    /// <summary>
    /// Writes <paramref name="host"/>, which differs from <paramref name="guest"/> in general registers and the memory operand only. False
    /// when it has a form that isn't handled here, nothing having been written.
    /// </summary>
    /// <param name="emitter">Where to write.</param>
    /// <param name="bytes">The guest instruction.</param>
    /// <param name="guest">The same, decoded.</param>
    /// <param name="host">What to write. Its memory operand has a GS prefix unless it is LEA.</param>
    public static bool TryEmit(CodeEmitter emitter, ReadOnlySpan<byte> bytes, in Instruction guest, in Instruction host)
    {
        if (!IsPatchable(guest.Code))
        {
            return false;
        }

        Span<byte> output = stackalloc byte[32];
        int length = 0;
        int position = 0;
        bool memory = false;
        int reg = -1;
        int rm = -1;
        int vvvv = -1;
        for (int i = 0; i < guest.OpCount; i++)
        {
            OpKind kind = guest.GetOpKind(i);
            if (kind == OpKind.Memory)
            {
                memory = true;
            }
            else if (kind == OpKind.Register)
            {
                Register register = host.GetOpRegister(i);
                int number = RegisterMap.NumberOf(register);
                if (number < 0)
                {
                    continue;
                }

                if (register is >= Register.AH and <= Register.BH)
                {
                    return false;
                }

                switch (FieldOf(guest.Code, i))
                {
                    case Field.Reg:
                        reg = number;
                        break;
                    case Field.Rm:
                        rm = number;
                        break;
                    case Field.Vvvv:
                        vvvv = number;
                        break;
                }
            }
        }

        if (memory && host.SegmentPrefix == Register.GS)
        {
            output[length++] = 0x65;
        }

        // A REX prefix counts only right before the opcode.
        int rex = 0;
        for (; ; position++)
        {
            byte prefix = bytes[position];
            if (prefix is >= 0x40 and <= 0x4F)
            {
                rex = prefix;
                continue;
            }

            if (prefix is 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3)
            {
                output[length++] = prefix;
            }
            else if (prefix is not (0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65))
            {
                break;
            }

            rex = 0;
        }

        int rexAt = -1;
        byte first = bytes[position];
        int vexAt = -1;
        if (first is 0xC4 or 0xC5)
        {
            // Both forms become the long one; R, X, B and vvvv are inverted.
            vexAt = length;
            byte second = bytes[position + 1];
            byte third = first == 0xC4 ? bytes[position + 2] : second;
            output[length++] = 0xC4;
            output[length++] = first == 0xC4 ? second : (byte)((second & 0x80) | 0x61);
            output[length++] = first == 0xC4 ? third : (byte)(third & 0x7F);
            position += first == 0xC4 ? 3 : 2;
            output[length++] = bytes[position++];
        }
        else
        {
            rexAt = length++;
            output[length++] = first;
            position++;
            if (first == 0x0F)
            {
                byte second = bytes[position++];
                output[length++] = second;
                if (second is 0x38 or 0x3A)
                {
                    output[length++] = bytes[position++];
                }
            }
        }

        byte modrm = bytes[position++];
        int oldReg = (modrm >> 3) & 7;
        int mod = modrm >> 6;
        int highReg = vexAt >= 0 ? (~output[vexAt + 1] >> 7) & 1 : (rex >> 2) & 1;
        int newReg = reg >= 0 ? reg : oldReg | (highReg << 3);
        int b;
        int x = 0;
        if (mod == 3)
        {
            int highRm = vexAt >= 0 ? (~output[vexAt + 1] >> 5) & 1 : rex & 1;
            int newRm = rm >= 0 ? rm : (modrm & 7) | (highRm << 3);
            output[length++] = (byte)(0xC0 | ((newReg & 7) << 3) | (newRm & 7));
            b = newRm >> 3;
        }
        else
        {
            int size = 0;
            if ((modrm & 7) == 4)
            {
                byte sib = bytes[position];
                size = mod == 0 && (sib & 7) == 5 ? 5 : 1;
            }
            else if (mod == 0 && (modrm & 7) == 5)
            {
                size = 4;
            }

            position += size + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
            length += WriteMemory(output[length..], newReg, host, out x, out b);
        }

        if (vexAt >= 0)
        {
            output[vexAt + 1] = (byte)((output[vexAt + 1] & 0x1F) | (newReg < 8 ? 0x80 : 0) | (x == 0 ? 0x40 : 0) | (b == 0 ? 0x20 : 0));
            if (vvvv >= 0)
            {
                output[vexAt + 2] = (byte)((output[vexAt + 2] & 0x87) | ((~vvvv & 15) << 3));
            }
        }
        else
        {
            output[rexAt] = (byte)(0x40 | (rex & 8) | (newReg >> 3 << 2) | (x << 1) | b);
        }

        bytes[position..guest.Length].CopyTo(output[length..]);
        length += guest.Length - position;
        if (vexAt < 0 && output[rexAt] == 0x40 && rex == 0)
        {
            // No REX after all.
            emitter.Bytes(output[..rexAt]);
            emitter.Bytes(output[(rexAt + 1)..length]);
        }
        else
        {
            emitter.Bytes(output[..length]);
        }

        return true;
    }

    private static int WriteMemory(Span<byte> output, int reg, in Instruction host, out int x, out int b)
    {
        int @base = RegisterMap.NumberOf(host.MemoryBase);
        int index = RegisterMap.NumberOf(host.MemoryIndex);
        int displacement = (int)(long)host.MemoryDisplacement64;
        int field = (reg & 7) << 3;
        x = index < 0 ? 0 : index >> 3;
        b = @base < 0 ? 0 : @base >> 3;
        int length = 0;
        bool withSib = index >= 0 || @base < 0 || (@base & 7) == 4;
        int size = @base < 0 ? 4 : displacement == 0 && (@base & 7) != 5 ? 0 : displacement == (sbyte)displacement ? 1 : 4;
        int mod = @base < 0 || size == 0 ? 0 : size == 1 ? 0x40 : 0x80;
        output[length++] = (byte)(mod | field | (withSib ? 4 : @base & 7));
        if (withSib)
        {
            int scale = host.MemoryIndexScale switch { 2 => 0x40, 4 => 0x80, 8 => 0xC0, _ => 0 };
            output[length++] = (byte)((index < 0 ? 0 : scale) | ((index < 0 ? 4 : index & 7) << 3) | (@base < 0 ? 5 : @base & 7));
        }

        if (size == 1)
        {
            output[length++] = (byte)displacement;
        }
        else if (size == 4)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(output[length..], displacement);
            length += 4;
        }

        return length;
    }

    private static bool IsPatchable(Code code)
    {
        ref byte known = ref s_known[(int)code];
        if (known == Unknown)
        {
            known = Find(code) ? Patchable : NotPatchable;
        }

        return known == Patchable;
    }

    /// <summary>Legacy and VEX instructions with a ModRM byte whose general registers are all in fields of it or in vvvv.</summary>
    private static bool Find(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        if (info.Encoding is not (EncodingKind.Legacy or EncodingKind.VEX))
        {
            return false;
        }

        bool hasModRm = false;
        for (int i = 0; i < info.OpCount; i++)
        {
            switch (FieldOf(info.GetOpKind(i)))
            {
                case Field.Reg or Field.Rm:
                    hasModRm = true;
                    break;
                case Field.Other:
                    return false;
            }
        }

        return hasModRm;
    }

    private static Field FieldOf(Code code, int operand) => FieldOf(code.ToOpCode().GetOpKind(operand));

    private static Field FieldOf(OpCodeOperandKind kind) => kind switch
    {
        OpCodeOperandKind.r8_reg or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r64_reg or OpCodeOperandKind.mm_reg
            or OpCodeOperandKind.xmm_reg or OpCodeOperandKind.ymm_reg => Field.Reg,
        OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem
            or OpCodeOperandKind.r16_rm or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r64_rm or OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.mm_rm
            or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.ymm_or_mem or OpCodeOperandKind.ymm_rm
            or OpCodeOperandKind.mem => Field.Rm,
        OpCodeOperandKind.r32_vvvv or OpCodeOperandKind.r64_vvvv or OpCodeOperandKind.xmm_vvvv or OpCodeOperandKind.ymm_vvvv => Field.Vvvv,
        OpCodeOperandKind.imm8 or OpCodeOperandKind.imm8_const_1 or OpCodeOperandKind.imm8sex16 or OpCodeOperandKind.imm8sex32
            or OpCodeOperandKind.imm8sex64 or OpCodeOperandKind.imm16 or OpCodeOperandKind.imm32 or OpCodeOperandKind.imm32sex64
            or OpCodeOperandKind.cl or OpCodeOperandKind.xmm_is4 or OpCodeOperandKind.ymm_is4 => Field.None,
        _ => Field.Other,
    };

    private enum Field
    {
        None,
        Reg,
        Rm,
        Vvvv,
        Other,
    }
}
