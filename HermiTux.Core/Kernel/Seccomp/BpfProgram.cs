using System.Runtime.InteropServices;
using HermiTux.Abi;

namespace HermiTux.Kernel.Seccomp;

/// <summary>A classic BPF program over <c>struct seccomp_data</c>, checked when it is made, so that running it can't fail (net/core/filter.c, kernel/seccomp.c).</summary>
internal sealed class BpfProgram
{
    /// <summary>BPF_MAXINSNS.</summary>
    public const int MaximumLength = 4096;

    private const int ScratchWords = 16;
    private const int DataSize = 64;

    // Instructions as their code says: class, size or operation, mode or source.
    private const ushort LoadAbsolute = 0x20, LoadLength = 0x80, LoadIndexLength = 0x81, LoadImmediate = 0x00, LoadIndexImmediate = 0x01, LoadScratch = 0x60,
        LoadIndexScratch = 0x61, Store = 0x02, StoreIndex = 0x03, ReturnConstant = 0x06, ReturnAccumulator = 0x16, ToIndex = 0x07, FromIndex = 0x87, Jump = 0x05,
        Negate = 0x84, DivideConstant = 0x34, ShiftLeftConstant = 0x64, ShiftRightConstant = 0x74;

    private const ushort SourceIndex = 0x08;
    private const ushort ClassMask = 0x07;
    private const ushort ClassArithmetic = 0x04;
    private const ushort ClassJump = 0x05;

    private readonly SockFilter[] _code;

    private BpfProgram(SockFilter[] code)
    {
        _code = code;
    }

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SockFilter
    {
        public ushort Code;
        public byte JumpTrue;
        public byte JumpFalse;
        public uint K;
    }

    /// <summary>bpf_check_classic() and seccomp_check_filter(): EINVAL for anything that could go wrong when it runs.</summary>
    public static Result<BpfProgram> Create(SockFilter[] code)
    {
        for (int pc = 0; pc < code.Length; pc++)
        {
            if (!IsValid(code[pc], pc, code.Length))
            {
                return Errno.EINVAL;
            }
        }

        return code[^1].Code is ReturnConstant or ReturnAccumulator && ReadsOnlyWhatIsStored(code) ? new BpfProgram(code) : Errno.EINVAL;
    }

    /// <summary>Runs the program; a division by zero ends it with 0, which kills.</summary>
    public uint Run(ReadOnlySpan<byte> data)
    {
        Span<uint> scratch = stackalloc uint[ScratchWords];
        scratch.Clear();
        uint a = 0;
        uint x = 0;
        for (int pc = 0; ; pc++)
        {
            ref readonly SockFilter i = ref _code[pc];
            switch (i.Code)
            {
                case LoadAbsolute:
                    a = BitConverter.ToUInt32(data[(int)i.K..]);
                    continue;
                case LoadLength:
                    a = DataSize;
                    continue;
                case LoadIndexLength:
                    x = DataSize;
                    continue;
                case LoadImmediate:
                    a = i.K;
                    continue;
                case LoadIndexImmediate:
                    x = i.K;
                    continue;
                case LoadScratch:
                    a = scratch[(int)i.K];
                    continue;
                case LoadIndexScratch:
                    x = scratch[(int)i.K];
                    continue;
                case Store:
                    scratch[(int)i.K] = a;
                    continue;
                case StoreIndex:
                    scratch[(int)i.K] = x;
                    continue;
                case ReturnConstant:
                    return i.K;
                case ReturnAccumulator:
                    return a;
                case ToIndex:
                    x = a;
                    continue;
                case FromIndex:
                    a = x;
                    continue;
                case Jump:
                    pc += (int)i.K;
                    continue;
                case Negate:
                    a = 0 - a;
                    continue;
            }

            uint operand = (i.Code & SourceIndex) != 0 ? x : i.K;
            if ((i.Code & ClassMask) == ClassJump)
            {
                pc += Compare(i.Code & 0xF0, a, operand) ? i.JumpTrue : i.JumpFalse;
                continue;
            }

            if ((i.Code & 0xF0) == 0x30 && operand == 0)
            {
                return 0;
            }

            a = Calculate(i.Code & 0xF0, a, operand);
        }
    }

    private static bool Compare(int operation, uint a, uint operand) => operation switch
    {
        0x10 => a == operand,
        0x20 => a > operand,
        0x30 => a >= operand,
        _ => (a & operand) != 0,
    };

    private static uint Calculate(int operation, uint a, uint operand) => operation switch
    {
        0x00 => a + operand,
        0x10 => a - operand,
        0x20 => a * operand,
        0x30 => a / operand,
        0x40 => a | operand,
        0x50 => a & operand,
        0x60 => a << (int)operand,
        0x70 => a >> (int)operand,
        _ => a ^ operand,
    };

    private static bool IsValid(in SockFilter i, int pc, int length)
    {
        long left = length - pc - 1;
        switch (i.Code)
        {
            case LoadAbsolute:
                return i.K < DataSize && (i.K & 3) == 0;
            case LoadScratch or LoadIndexScratch or Store or StoreIndex:
                return i.K < ScratchWords;
            case Jump:
                return i.K < left;
            case DivideConstant:
                return i.K != 0;
            case ShiftLeftConstant or ShiftRightConstant:
                return i.K < 32;
            case LoadLength or LoadIndexLength or LoadImmediate or LoadIndexImmediate or ReturnConstant or ReturnAccumulator or ToIndex or FromIndex or Negate:
                return true;
        }

        int operation = i.Code & 0xF0;
        return (i.Code & ~(0xF0 | SourceIndex | ClassMask)) == 0 && (i.Code & ClassMask) switch
        {
            ClassArithmetic => operation is <= 0x70 or 0xA0,
            ClassJump => operation is >= 0x10 and <= 0x40 && i.JumpTrue < left && i.JumpFalse < left,
            _ => false,
        };
    }

    // check_load_and_stores(): a scratch word is read only where every way there has stored it.
    private static bool ReadsOnlyWhatIsStored(SockFilter[] code)
    {
        var masks = new ushort[code.Length];
        Array.Fill(masks, ushort.MaxValue);
        ushort valid = 0;
        for (int pc = 0; pc < code.Length; pc++)
        {
            valid &= masks[pc];
            SockFilter i = code[pc];
            switch (i.Code)
            {
                case Store or StoreIndex:
                    valid |= (ushort)(1 << (int)i.K);
                    break;
                case LoadScratch or LoadIndexScratch when (valid & (1 << (int)i.K)) == 0:
                    return false;
                case Jump:
                    masks[pc + 1 + (int)i.K] &= valid;
                    valid = ushort.MaxValue;
                    break;
                default:
                    if ((i.Code & ClassMask) == ClassJump)
                    {
                        masks[pc + 1 + i.JumpTrue] &= valid;
                        masks[pc + 1 + i.JumpFalse] &= valid;
                        valid = ushort.MaxValue;
                    }

                    break;
            }
        }

        return true;
    }
}
