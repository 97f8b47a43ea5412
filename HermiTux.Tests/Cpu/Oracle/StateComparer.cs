using System.Buffers.Binary;
using System.Text;
using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Compares the state that the real CPU reached with an engine's, and says what differs.</summary>
internal static unsafe class StateComparer
{
    private static readonly string[] s_gprNames =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    private static readonly string[] s_selectorNames = ["ds", "es", "fs", "gs", "cs", "ss"];

    /// <summary>Clears what no case compares: FIP, FDP, FOP, the MXCSR mask, reserved bytes, system flags.</summary>
    public static void Normalize(CpuImage* image)
    {
        image->Rflags &= UndefinedResults.Arithmetic | UndefinedResults.Df | UndefinedResults.Nt | UndefinedResults.Ac | UndefinedResults.Id;
        image->Signal = 0;
        byte* x = image->Xsave;
        // SAFETY: all offsets lie in the 832 bytes of the image.
        new Span<byte>(x + 5, 19).Clear();
        new Span<byte>(x + 28, 4).Clear();
        for (int i = 0; i < 8; i++)
        {
            new Span<byte>(x + CpuImage.StOffset(i) + 10, 6).Clear();
        }

        new Span<byte>(x + 428, 148).Clear();
    }

    /// <summary>What differs, readable in one line; null when nothing does that is defined.</summary>
    public static string? Compare(in CaseInfo info, CpuImage* input, CpuImage* native, CpuImage* engine)
    {
        ReadOnlySpan<byte> a = new(native, CpuImage.SizeInBytes);
        if (a.SequenceEqual(new ReadOnlySpan<byte>(engine, CpuImage.SizeInBytes)))
        {
            return null;
        }

        StringBuilder text = new();
        if ((native->Vector != engine->Vector || native->ErrorCode != engine->ErrorCode || native->Cr2 != engine->Cr2) &&
            !UndefinedResults.IsSameFault(info.Instruction, input, native, engine))
        {
            text.Append($" outcome: {Outcome(native)} != {Outcome(engine)};");
        }

        else if (native->Vector != engine->Vector)
        {
            return null;
        }

        if (native->Rip != engine->Rip)
        {
            text.Append($" rip: {native->Rip:x} != {engine->Rip:x};");
        }

        Instruction instruction = info.Instruction;
        bool faulted = native->Vector != 3;
        ulong undefined = info.IgnoredFlags | (instruction.Code == Code.INVALID ? 0 : UndefinedResults.Flags(instruction, *input));
        ulong flags = (native->Rflags ^ engine->Rflags) & ~undefined;
        if (flags != 0)
        {
            text.Append($" flags: {FlagNames(native->Rflags)} != {FlagNames(engine->Rflags)} (in {FlagNames(input->Rflags)});");
        }

        bool destinationUndefined = instruction.Code != Code.INVALID && UndefinedResults.Destination(instruction, *input);
        for (int i = 0; i < 16; i++)
        {
            if (native->Gpr[i] != engine->Gpr[i] &&
                !(destinationUndefined && instruction.Op0Kind == OpKind.Register && instruction.Op0Register.GetFullRegister() == Register.RAX + i))
            {
                text.Append($" {s_gprNames[i]}: {native->Gpr[i]:x} != {engine->Gpr[i]:x};");
            }
        }

        if (native->FsBase != engine->FsBase)
        {
            text.Append($" fsbase: {native->FsBase:x} != {engine->FsBase:x};");
        }

        if (native->GsBase != engine->GsBase)
        {
            text.Append($" gsbase: {native->GsBase:x} != {engine->GsBase:x};");
        }

        for (int i = 0; i < s_selectorNames.Length; i++)
        {
            if (native->Selectors[i] != engine->Selectors[i])
            {
                text.Append($" {s_selectorNames[i]}: {native->Selectors[i]:x} != {engine->Selectors[i]:x};");
            }
        }

        CompareVectors(instruction, native, engine, text);
        if (!(faulted && UndefinedResults.ChangesMmxStateBeforeFault(instruction)))
        {
            CompareX87(instruction, native, engine, text);
        }

        CompareMemory(instruction, input, native, engine, destinationUndefined, text);
        return text.Length == 0 ? null : text.ToString(1, text.Length - 1);
    }

    /// <summary>The parts of an initial state that an instruction may look at, for a reproduction by hand.</summary>
    public static string DescribeInput(in Instruction instruction, CpuImage* input)
    {
        StringBuilder text = new();
        InstructionInfoFactory factory = new();
        HashSet<Register> seen = [];
        if (instruction.Code != Code.INVALID)
        {
            foreach (UsedRegister used in factory.GetInfo(instruction).GetUsedRegisters())
            {
                Register full = used.Register.IsVectorRegister() ? Register.YMM0 + used.Register.GetNumber() : used.Register.GetFullRegister();
                if (used.Access is OpAccess.None or OpAccess.NoMemAccess || !seen.Add(full))
                {
                    continue;
                }

                if (full.IsGPR64())
                {
                    text.Append($" {s_gprNames[full.GetNumber()]}={input->Gpr[full.GetNumber()]:x}");
                }
                else if (full.IsVectorRegister())
                {
                    text.Append($" ymm{full.GetNumber()}={Vector(input, full.GetNumber())}");
                }
            }
        }

        text.Append($" flags={FlagNames(input->Rflags)} mxcsr={input->Mxcsr:x}");
        if (instruction.Code != Code.INVALID && (IsX87(instruction.Code) || instruction.Code.ToOpCode().OpCount > 0 && UsesMmx(instruction)))
        {
            text.Append($" fcw={input->Fcw:x} fsw={input->Fsw:x} ftw={input->Ftw:x}");
            for (int i = 0; i < 8; i++)
            {
                text.Append($" st{i}={St(input, i)}");
            }
        }

        if (instruction.IsSaveRestoreInstruction && TryOperandAddress(instruction, input, out ulong area) && area - input->Window <= CpuImage.WindowSize - 536)
        {
            byte* image = input->Memory + (area - input->Window);
            text.Append($" [{area:x}]: fcw={*(ushort*)image:x} mxcsr={*(uint*)(image + 24):x} bv={*(ulong*)(image + 512):x} comp={*(ulong*)(image + 520):x}");
        }
        else if (instruction.Code != Code.INVALID && instruction.MemorySize != MemorySize.Unknown && TryOperandAddress(instruction, input, out ulong address))
        {
            text.Append($" [{address:x}]=");
            int size = Math.Clamp(instruction.MemorySize.GetSize(), 1, 64);
            long offset = (long)(address - input->Window);
            for (int i = size - 1; i >= 0; i--)
            {
                long at = offset + i;
                text.Append(at is >= 0 and < CpuImage.WindowSize ? $"{input->Memory[at]:x2}" : "..");
            }
        }

        return text.ToString(1, text.Length - 1);
    }

    /// <summary>The linear address of the memory operand in an initial state.</summary>
    public static bool TryOperandAddress(in Instruction instruction, CpuImage* input, out ulong address)
    {
        address = 0;
        nint state = (nint)input;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            if (kind is OpKind.Memory && !instruction.IsVsib)
            {
                return instruction.TryGetVirtualAddress(i, 0, out address, (Register register, int _, int _, out ulong value) =>
                {
                    value = ReadRegister((CpuImage*)state, register);
                    return true;
                });
            }

            if (kind is OpKind.MemorySegRDI or OpKind.MemoryESRDI)
            {
                address = input->Gpr[7];
                return true;
            }
        }

        return false;
    }

    private static ulong ReadRegister(CpuImage* state, Register register) => register switch
    {
        Register.FS => state->FsBase,
        Register.GS => state->GsBase,
        Register.CS or Register.DS or Register.ES or Register.SS => 0,
        _ when register.IsGPR32() => (uint)state->Gpr[register.GetNumber()],
        _ when register.IsGPR64() => state->Gpr[register.GetNumber()],
        Register.AL => (byte)state->Gpr[0],
        _ => 0,
    };

    public static bool IsX87(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387)
            {
                return true;
            }
        }

        return false;
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

        return false;
    }

    private static void CompareVectors(in Instruction instruction, CpuImage* native, CpuImage* engine, StringBuilder text)
    {
        if (native->Mxcsr != engine->Mxcsr)
        {
            text.Append($" mxcsr: {native->Mxcsr:x} != {engine->Mxcsr:x};");
        }

        bool approximate = instruction.Mnemonic is Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss or
            Mnemonic.Vrcpps or Mnemonic.Vrcpss or Mnemonic.Vrsqrtps or Mnemonic.Vrsqrtss;
        for (int i = 0; i < 16; i++)
        {
            bool same = true;
            for (int lane = 0; lane < 8; lane++)
            {
                int offset = lane < 4 ? CpuImage.XmmOffset(i) + 4 * lane : CpuImage.YmmHighOffset(i) + 4 * (lane - 4);
                uint a = *(uint*)(native->Xsave + offset);
                uint b = *(uint*)(engine->Xsave + offset);
                same &= a == b || approximate && IsNear(BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
            }

            if (!same)
            {
                text.Append($" ymm{i}: {Vector(native, i)} != {Vector(engine, i)};");
            }
        }
    }

    /// <summary>Both results of RCPPS or RSQRTPS may be off by 1.5 * 2^-12.</summary>
    private static bool IsNear(float a, float b) => Math.Abs(a - b) <= 3.0 / 4096 * Math.Abs(a);

    private static void CompareX87(in Instruction instruction, CpuImage* native, CpuImage* engine, StringBuilder text)
    {
        bool transcendental = instruction.Mnemonic is Mnemonic.Fsin or Mnemonic.Fcos or Mnemonic.Fsincos or Mnemonic.Fptan or Mnemonic.Fpatan or
            Mnemonic.F2xm1 or Mnemonic.Fyl2x or Mnemonic.Fyl2xp1;
        if (native->Fcw != engine->Fcw)
        {
            text.Append($" fcw: {native->Fcw:x} != {engine->Fcw:x};");
        }

        // C1 tells in which direction an inexact result was rounded, and OE whether that led beyond the largest number, neither of which
        // an approximation can promise.
        int ignored = transcendental ? 0x0208 : 0;
        if (((native->Fsw ^ engine->Fsw) & ~ignored) != 0)
        {
            text.Append($" fsw: {native->Fsw:x} != {engine->Fsw:x};");
        }

        if (native->Ftw != engine->Ftw)
        {
            text.Append($" ftw: {native->Ftw:x} != {engine->Ftw:x};");
        }

        for (int i = 0; i < 8; i++)
        {
            byte* a = native->Xsave + CpuImage.StOffset(i);
            byte* b = engine->Xsave + CpuImage.StOffset(i);
            if (!new ReadOnlySpan<byte>(a, 10).SequenceEqual(new ReadOnlySpan<byte>(b, 10)) && !(transcendental && UlpDistance(a, b) <= 1))
            {
                text.Append($" st{i}: {St(native, i)} != {St(engine, i)};");
            }
        }
    }

    private static ulong UlpDistance(byte* a, byte* b)
    {
        UInt128 x = new(*(ushort*)(a + 8), *(ulong*)a);
        UInt128 y = new(*(ushort*)(b + 8), *(ulong*)b);
        if ((x ^ y) >> 79 != 0)
        {
            return ulong.MaxValue;
        }

        // Across a binade the integer bit stays set, so take the exponent's step out of the difference.
        (UInt128 high, UInt128 low) = x > y ? (x, y) : (y, x);
        UInt128 exponents = (high >> 64) - (low >> 64);
        UInt128 distance = exponents == 0 ? high - low : exponents == 1 ? (high - low) - (UInt128)1 * (1UL << 63) : ulong.MaxValue;
        return distance > ulong.MaxValue ? ulong.MaxValue : (ulong)distance;
    }

    private static void CompareMemory(in Instruction instruction, CpuImage* input, CpuImage* native, CpuImage* engine, bool destinationUndefined, StringBuilder text)
    {
        if (native->Dirty != engine->Dirty)
        {
            text.Append($" memory outside the window: {(native->Dirty != 0 ? "changed" : "unchanged")} != {(engine->Dirty != 0 ? "changed" : "unchanged")};");
        }

        ReadOnlySpan<byte> a = new(native->Memory, CpuImage.WindowSize);
        ReadOnlySpan<byte> b = new(engine->Memory, CpuImage.WindowSize);
        if (a.SequenceEqual(b))
        {
            return;
        }

        int first = -1;
        int last = -1;
        TryOperandAddress(instruction, input, out ulong operand);
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i] && !IsIgnored(instruction, (long)(input->Window + (ulong)i - operand), destinationUndefined))
            {
                first = first < 0 ? i : first;
                last = i;
            }
        }

        if (first >= 0)
        {
            int length = Math.Min(last - first + 1, 48);
            text.Append($" [{input->Window + (ulong)first:x}, {last - first + 1} bytes]: {Convert.ToHexString(a.Slice(first, length))} != {Convert.ToHexString(b.Slice(first, length))};");
        }
    }

    private static bool IsIgnored(in Instruction instruction, long offset, bool destinationUndefined)
    {
        if (destinationUndefined && offset is >= 0 and < 2)
        {
            return true;
        }

        foreach ((int start, int length) in UndefinedResults.MemoryImage(instruction))
        {
            if (offset >= start && offset < start + length)
            {
                return true;
            }
        }

        return false;
    }

    private static string Outcome(CpuImage* image) => image->Vector switch
    {
        3 => "#BP",
        14 => $"#PF({image->ErrorCode:x}) at {image->Cr2:x}",
        EngineCpu.SyscallOutcome => "syscall",
        EngineCpu.InterruptedOutcome => "does not end",
        EngineCpu.CrashOutcome => "engine threw",
        _ => $"{((HermiTux.Cpu.X86Exception)image->Vector)}({image->ErrorCode:x})",
    };

    private static string FlagNames(ulong flags)
    {
        StringBuilder text = new();
        foreach ((ulong bit, char name) in new[]
                 {
                     (UndefinedResults.Of, 'O'), (UndefinedResults.Df, 'D'), (UndefinedResults.Sf, 'S'), (UndefinedResults.Zf, 'Z'), (UndefinedResults.Af, 'A'),
                     (UndefinedResults.Pf, 'P'), (UndefinedResults.Cf, 'C'), (UndefinedResults.Nt, 'N'), (UndefinedResults.Ac, 'L'), (UndefinedResults.Id, 'I'),
                 })
        {
            if ((flags & bit) != 0)
            {
                text.Append(name);
            }
        }

        return text.Length == 0 ? "-" : text.ToString();
    }

    private static string Vector(CpuImage* image, int n)
    {
        byte* low = image->Xsave + CpuImage.XmmOffset(n);
        byte* high = image->Xsave + CpuImage.YmmHighOffset(n);
        return $"{*(ulong*)(high + 8):x16}_{*(ulong*)high:x16}_{*(ulong*)(low + 8):x16}_{*(ulong*)low:x16}";
    }

    private static string St(CpuImage* image, int n)
    {
        ReadOnlySpan<byte> value = new(image->Xsave + CpuImage.StOffset(n), 10);
        return $"{BinaryPrimitives.ReadUInt16LittleEndian(value[8..]):x4}.{BinaryPrimitives.ReadUInt64LittleEndian(value):x16}";
    }
}
