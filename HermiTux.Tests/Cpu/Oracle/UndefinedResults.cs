using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>
/// What the manual (Intel SDM vol. 2, AMD APM vol. 3) leaves undefined after an instruction, so that a difference there means nothing.
/// </summary>
internal static unsafe class UndefinedResults
{
    public const ulong Cf = 1 << 0;
    public const ulong Pf = 1 << 2;
    public const ulong Af = 1 << 4;
    public const ulong Zf = 1 << 6;
    public const ulong Sf = 1 << 7;
    public const ulong Df = 1 << 10;
    public const ulong Of = 1 << 11;
    public const ulong Nt = 1 << 14;
    public const ulong Ac = 1 << 18;
    public const ulong Id = 1 << 21;

    /// <summary>CF PF AF ZF SF OF.</summary>
    public const ulong Arithmetic = Cf | Pf | Af | Zf | Sf | Of;

    /// <summary>The flags that an instruction leaves undefined when it starts from a state.</summary>
    public static ulong Flags(in Instruction instruction, in CpuImage input)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Test:
                return Af;
            case Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar:
                {
                    int count = ShiftCount(instruction, input, 1);
                    int width = OperandBits(instruction);
                    bool carry = instruction.Mnemonic != Mnemonic.Sar && count >= width;
                    return count == 0 ? 0 : Af | (count == 1 ? 0 : Of) | (carry ? Cf : 0);
                }

            case Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr:
                return ShiftCount(instruction, input, 1) <= 1 ? 0 : Of;
            case Mnemonic.Shld or Mnemonic.Shrd:
                {
                    int count = ShiftCount(instruction, input, 2);
                    return count == 0 ? 0 : count > OperandBits(instruction) ? Arithmetic : Af | (count == 1 ? 0 : Of);
                }

            case Mnemonic.Mul or Mnemonic.Imul:
                return Sf | Zf | Af | Pf;
            case Mnemonic.Div or Mnemonic.Idiv:
                return Arithmetic;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc:
                return Of | Sf | Af | Pf;
            case Mnemonic.Bsf or Mnemonic.Bsr:
                return Cf | Of | Sf | Af | Pf;
            case Mnemonic.Lzcnt or Mnemonic.Tzcnt:
                return Of | Sf | Af | Pf;
            case Mnemonic.Andn or Mnemonic.Blsi or Mnemonic.Blsmsk or Mnemonic.Blsr or Mnemonic.Bzhi:
                return Af | Pf;
            case Mnemonic.Bextr:
                return Af | Sf | Pf;
            default:
                return 0;
        }
    }

    /// <summary>Whether the destination itself is undefined: SHLD and SHRD of 16 bits by more than 16, BSWAP of 16 bits.</summary>
    public static bool Destination(in Instruction instruction, in CpuImage input) =>
        instruction.Code == Code.Bswap_r16 || instruction.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd && ShiftCount(instruction, input, 2) > OperandBits(instruction);

    /// <summary>
    /// Whether two outcomes that differ are the same fault as far as anything is promised. An instruction that saves or restores a
    /// large area may touch it in any order, so the faulting address may be any that can't be accessed; a masked store may fault or not for the bytes that its mask
    /// excludes (it does on AMD).
    /// </summary>
    public static bool IsSameFault(in Instruction instruction, CpuImage* input, CpuImage* native, CpuImage* engine)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Maskmovq or Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu:
                return native->Vector is 13 or 14 && engine->Vector is 3 or 13 or 14;
            case Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq when instruction.IsStringInstruction:
                // Both operands may fault, and makers read them in different order.
                return native->Vector is 12 or 13 or 14 && engine->Vector is 12 or 13 or 14;
            case Mnemonic.Movsxd when instruction.Code == Code.Movsxd_r16_rm16:
                // AMD reads four bytes, Intel two.
                return native->Vector == 14 && engine->Vector == 3;
            case Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq when instruction.IsStringInstruction:
                // Which operand is read first isn't said: AMD's processors differ from one another.
                return native->Vector == 14 && engine->Vector == 14 && native->ErrorCode == engine->ErrorCode &&
                    IsStringOperand(native->Cr2, native) && IsStringOperand(engine->Cr2, engine);
            case Mnemonic.Fnstenv or Mnemonic.Fstenv or Mnemonic.Fldenv or Mnemonic.Fnsave or Mnemonic.Fsave or Mnemonic.Frstor:
                break;
            default:
                if (!instruction.IsSaveRestoreInstruction)
                {
                    return false;
                }

                break;
        }

        if (instruction.Mnemonic is Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 &&
            native->Vector is 12 or 13 && engine->Vector is 12 or 13)
        {
            // Neither aligned nor canonical: which is found first isn't said.
            return true;
        }

        const uint Write = 2;
        return native->Vector == 14 && engine->Vector == 14 && ((native->ErrorCode ^ engine->ErrorCode) & Write) == 0 &&
            StateComparer.TryOperandAddress(instruction, input, out ulong operand) && native->Cr2 - operand < 832 && engine->Cr2 - operand < 832;
    }

    /// <summary>Whether an address is that of an element at RSI or RDI, whatever the address size.</summary>
    private static bool IsStringOperand(ulong address, CpuImage* image) => (uint)(address - image->Rsi) < 8 || (uint)(address - image->Rdi) < 8 ||
        address - image->Rsi - image->FsBase < 8 || address - image->Rsi - image->GsBase < 8;

    /// <summary>
    /// Conversions between MMX and SSE, and MASKMOVQ, may have switched the x87 unit to MMX (TOP 0, all valid) when they fault.
    /// </summary>
    public static bool ChangesMmxStateBeforeFault(in Instruction instruction) => instruction.Mnemonic is Mnemonic.Maskmovq or
        Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd or Mnemonic.Cvtps2pi or Mnemonic.Cvttps2pi or Mnemonic.Cvtpd2pi or Mnemonic.Cvttpd2pi;

    /// <summary>
    /// The parts of a memory image that hold x87 instruction and data pointers (AMD zeroes them unless an exception is pending), the MXCSR
    /// mask, or what depends on the CPU's own tracking of used state.
    /// </summary>
    public static (int Start, int Length)[] MemoryImage(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Fnstenv or Mnemonic.Fstenv => instruction.MemorySize == MemorySize.FpuEnv14 ? [(6, 8)] : [(2, 2), (6, 2), (10, 2), (12, 16)],
        Mnemonic.Fnsave or Mnemonic.Fsave => instruction.MemorySize == MemorySize.FpuState94 ? [(6, 8)] : [(2, 2), (6, 2), (10, 2), (12, 16)],
        Mnemonic.Fxsave or Mnemonic.Fxsave64 => [(6, 18), (28, 4)],
        Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 => [(6, 18), (28, 4)],
        _ => [],
    };

    /// <summary>The masked count of a shift or rotate whose count is the given operand.</summary>
    private static int ShiftCount(in Instruction instruction, in CpuImage input, int operand)
    {
        int mask = OperandBits(instruction) == 64 ? 63 : 31;
        int count = instruction.GetOpKind(operand) == OpKind.Register ? (int)input.Gpr[1] : instruction.Immediate8;
        return count & mask;
    }

    private static int OperandBits(in Instruction instruction) => 8 * (instruction.Op0Kind == OpKind.Register
        ? instruction.Op0Register.GetSize()
        : instruction.MemorySize.GetSize());
}
