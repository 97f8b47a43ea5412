using Iced.Intel;

namespace HermiTux.Tests.Cpu.Translator.Sabotage;

/// <summary>What is done to a finished block.</summary>
internal enum Damage
{
    /// <summary>The load behind the probe is left out.</summary>
    DropProbe,

    /// <summary>The shift and the load are left out.</summary>
    DropCheck,

    /// <summary>The check looks at another register.</summary>
    CheckOther,

    /// <summary>The shift takes its count from another register than RSP.</summary>
    ShiftCount,

    /// <summary>The probe's displacement is 8 less.</summary>
    MoveProbe,

    /// <summary>GS becomes DS.</summary>
    DropSegment,

    /// <summary>GS becomes FS.</summary>
    OtherSegment,

    /// <summary>A memory operand's displacement grows or shrinks.</summary>
    Displacement,

    /// <summary>An access to the frame goes to another place.</summary>
    FrameOffset,

    /// <summary>A branch leads some bytes further or back.</summary>
    BranchTarget,

    /// <summary>An instruction is left out.</summary>
    DropInstruction,

    /// <summary>A result goes to RSP.</summary>
    ToStackPointer,

    /// <summary>A result goes to another register.</summary>
    OtherRegister,

    /// <summary>A base or an index is another register.</summary>
    OtherAddress,

    /// <summary>An immediate (a mask, what is added to a pointer) is another number.</summary>
    Immediate,

    /// <summary>A 32-bit operation, which clears the upper half, becomes a 64-bit one.</summary>
    Widen,

    /// <summary>Any bit is flipped.</summary>
    Bit,
}

/// <summary>Damages code in every way of <see cref="Damage"/>, wherever in a block that is possible.</summary>
internal sealed class CodeMutator(Random random)
{
    private readonly MemoryStream _stream = new();

    /// <summary>All damages to a block; of the numerous ones a random choice.</summary>
    /// <param name="code">A proven block.</param>
    /// <param name="bits">How many bits are flipped, one at a time.</param>
    public IEnumerable<(Damage Damage, string Where, GeneratedCode Code)> Mutate(GeneratedCode code, int bits)
    {
        List<(int Offset, Instruction Instruction)> all = Decode(code);
        for (int i = 0; i < all.Count; i++)
        {
            (int offset, Instruction instruction) = all[i];
            foreach ((Damage damage, byte[]? bytes) in MutateOne(code, all, i))
            {
                if (bytes != null && !bytes.AsSpan().SequenceEqual(code.Bytes))
                {
                    yield return (damage, $"+{offset:x} {instruction}", code with { Bytes = bytes });
                }
            }
        }

        for (int i = 0; i < bits; i++)
        {
            int bit = random.Next(code.Bytes.Length * 8);
            byte[] bytes = [.. code.Bytes];
            bytes[bit >> 3] ^= (byte)(1 << (bit & 7));
            yield return (Damage.Bit, $"bit {bit & 7} of +{bit >> 3:x}", code with { Bytes = bytes });
        }
    }

    /// <summary>The instructions in order; blocks contain nothing else.</summary>
    public static List<(int Offset, Instruction Instruction)> Decode(GeneratedCode code)
    {
        var all = new List<(int, Instruction)>();
        for (int offset = 0; offset < code.Bytes.Length;)
        {
            var decoder = Decoder.Create(64, code.Bytes.AsSpan(offset).ToArray(), code.Address + (ulong)offset);
            decoder.Decode(out Instruction instruction);
            all.Add((offset, instruction));
            offset += instruction.Length;
        }

        return all;
    }

    private IEnumerable<(Damage, byte[]?)> MutateOne(GeneratedCode code, List<(int Offset, Instruction Instruction)> all, int index)
    {
        (int offset, Instruction instruction) = all[index];
        int length = instruction.Length;
        if (instruction.Mnemonic != Mnemonic.Nop)
        {
            yield return (Damage.DropInstruction, Replace(code, offset, length, []));
        }

        bool isProbe = instruction.Code == Code.Mov_r32_rm32 && instruction.Op1Kind == OpKind.Memory && instruction.MemoryBase == Register.None
            && (long)instruction.MemoryDisplacement64 == code.Probe && instruction.MemoryIndex != Register.None;
        if (isProbe)
        {
            yield return (Damage.DropProbe, Replace(code, offset, length, []));
            (int shift, Instruction shiftInstruction) = all[index - 1];
            yield return (Damage.DropCheck, Replace(code, shift, shiftInstruction.Length + length, []));
            yield return (Damage.MoveProbe, Encode(code, offset, instruction, (ref Instruction i) => i.MemoryDisplacement64 -= 8));
        }

        if (instruction.Code == Code.VEX_Shrx_r64_rm64_r64)
        {
            yield return (Damage.ShiftCount, Encode(code, offset, instruction, (ref Instruction i) => i.Op2Register = Other(Register.RSP)));
            if (instruction.Op1Kind == OpKind.Register)
            {
                yield return (Damage.CheckOther, Encode(code, offset, instruction, (ref Instruction i) => i.Op1Register = Other(i.Op1Register)));
            }
        }

        int gs = PrefixOf(code, offset, 0x65);
        if (gs >= 0)
        {
            yield return (Damage.DropSegment, Replace(code, gs, 1, [0x3E]));
            yield return (Damage.OtherSegment, Replace(code, gs, 1, [0x64]));
        }

        if (instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch)
        {
            foreach (int distance in (int[])[1, 2, -1, -3, random.Next(4, 40), -random.Next(4, 40), 0x1000, -0x10_0000])
            {
                yield return (Damage.BranchTarget, MoveBranch(code, offset, instruction, distance));
            }

            yield break;
        }

        bool hasMemory = Enumerable.Range(0, instruction.OpCount).Any(o => instruction.GetOpKind(o) == OpKind.Memory);
        if (hasMemory && instruction.MemoryBase == Register.RSP)
        {
            foreach (int distance in (int[])[8, -8, 1, -1, 16, 128, 184, -256, 1024])
            {
                yield return (Damage.FrameOffset, Encode(code, offset, instruction, (ref Instruction i) => Move(ref i, distance)));
            }
        }
        else if (hasMemory && !isProbe)
        {
            foreach (long distance in (long[])[1, 0x1000, -0x1000, 1 << 20, -(1 << 20), 1 << 30, -(1 << 30)])
            {
                yield return (Damage.Displacement, Encode(code, offset, instruction, (ref Instruction i) => Move(ref i, distance)));
            }
        }

        if (hasMemory && instruction.MemoryBase is >= Register.RAX and <= Register.R15)
        {
            yield return (Damage.OtherAddress, Encode(code, offset, instruction, (ref Instruction i) => i.MemoryBase = Other(i.MemoryBase)));
        }

        if (hasMemory && instruction.MemoryIndex is >= Register.RAX and <= Register.R15)
        {
            yield return (Damage.OtherAddress, Encode(code, offset, instruction, (ref Instruction i) => i.MemoryIndex = Other(i.MemoryIndex)));
        }

        if (instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Register && instruction.Op0Register is >= Register.EAX and <= Register.R15)
        {
            Register stack = instruction.Op0Register.GetSize() == 8 ? Register.RSP : Register.ESP;
            if (Writes(instruction))
            {
                yield return (Damage.ToStackPointer, Encode(code, offset, instruction, (ref Instruction i) => i.Op0Register = stack));
            }

            yield return (Damage.OtherRegister, Encode(code, offset, instruction, (ref Instruction i) => i.Op0Register = Other(i.Op0Register)));
            if (instruction.Op0Register.GetSize() == 4)
            {
                yield return (Damage.Widen, Widen(code, offset));
            }
        }

        for (int o = 0; o < instruction.OpCount; o++)
        {
            if (instruction.GetOpKind(o) is >= OpKind.Immediate8 and <= OpKind.Immediate32to64 && !(hasMemory && instruction.MemoryBase == Register.RSP))
            {
                int operand = o;
                ulong value = instruction.GetImmediate(o);
                foreach (ulong changed in (ulong[])[value ^ 1, ~value, value << 4, unchecked((ulong)-1), 0x7FFF_FFFF])
                {
                    yield return (Damage.Immediate, Encode(code, offset, instruction, (ref Instruction i) => i.SetImmediate(operand, Fit(i.GetOpKind(operand), changed))));
                }
            }
        }
    }

    private static readonly InstructionInfoFactory s_infos = new();

    private static bool Writes(in Instruction instruction)
    {
        lock (s_infos)
        {
            return s_infos.GetInfo(instruction).Op0Access is OpAccess.Write or OpAccess.ReadWrite or OpAccess.CondWrite or OpAccess.ReadCondWrite;
        }
    }

    private static ulong Fit(OpKind kind, ulong value) => kind switch
    {
        OpKind.Immediate8 or OpKind.Immediate8_2nd => (byte)value,
        OpKind.Immediate8to16 or OpKind.Immediate8to32 or OpKind.Immediate8to64 => (ulong)(sbyte)value,
        OpKind.Immediate16 => (ushort)value,
        OpKind.Immediate32 => (uint)value,
        OpKind.Immediate32to64 => (ulong)(int)value,
        _ => value,
    };

    private Register Other(Register register)
    {
        Register first = register.GetSize() == 8 ? Register.RAX : Register.EAX;
        Register other;
        do
        {
            other = first + random.Next(16);
        }
        while (other == register || other - first == 4);

        return other;
    }

    private static void Move(ref Instruction instruction, long distance)
    {
        instruction.MemoryDisplacement64 = unchecked((ulong)(int)((long)instruction.MemoryDisplacement64 + distance));
        instruction.MemoryDisplSize = (long)instruction.MemoryDisplacement64 == (sbyte)instruction.MemoryDisplacement64 && instruction.MemoryDisplSize == 1 ? 1
            : instruction.MemoryBase == Register.None ? 8 : instruction.MemoryDisplSize == 8 ? 8 : 4;
    }

    private static int PrefixOf(GeneratedCode code, int offset, byte prefix)
    {
        for (int i = offset; i < code.Bytes.Length && code.Bytes[i] is 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3; i++)
        {
            if (code.Bytes[i] == prefix)
            {
                return i;
            }
        }

        return -1;
    }

    private static byte[]? Widen(GeneratedCode code, int offset)
    {
        int at = offset;
        while (code.Bytes[at] is 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3)
        {
            at++;
        }

        return code.Bytes[at] is >= 0x40 and <= 0x4F ? Replace(code, at, 1, [(byte)(code.Bytes[at] | 8)]) : null;
    }

    private static byte[]? MoveBranch(GeneratedCode code, int offset, in Instruction instruction, int distance)
    {
        byte[] bytes = [.. code.Bytes];
        int end = offset + instruction.Length;
        if (instruction.IsJccNear || instruction.IsJmpNear)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(end - 4), BitConverter.ToInt32(bytes, end - 4) + distance);
            return bytes;
        }

        bytes[end - 1] = (byte)(bytes[end - 1] + distance);
        return distance == (sbyte)distance ? bytes : null;
    }

    /// <summary>The code with an instruction changed, if it then has an encoding that fits.</summary>
    private byte[]? Encode(GeneratedCode code, int offset, in Instruction instruction, Change change)
    {
        Instruction changed = instruction;
        change(ref changed);
        _stream.SetLength(0);
        var encoder = Encoder.Create(64, new StreamCodeWriter(_stream));
        if (!encoder.TryEncode(changed, code.Address + (ulong)offset, out uint length, out _) || length > (uint)instruction.Length)
        {
            return null;
        }

        return Replace(code, offset, instruction.Length, _stream.ToArray());
    }

    /// <summary>The code with other bytes in a place, filled up with NOPs.</summary>
    private static byte[] Replace(GeneratedCode code, int offset, int length, ReadOnlySpan<byte> with)
    {
        byte[] bytes = [.. code.Bytes];
        Span<byte> place = bytes.AsSpan(offset, length);
        place.Fill(0x90);
        with.CopyTo(place);
        return bytes;
    }

    private delegate void Change(ref Instruction instruction);
}
