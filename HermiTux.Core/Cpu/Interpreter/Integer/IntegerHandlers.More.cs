using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <content>Multiplication, strings, exchanges, bit manipulation and system instructions.</content>
internal static unsafe partial class IntegerHandlers
{
    private static nint SelectArithmetic(Mnemonic mnemonic, in Instruction instruction, Op* op)
    {
        switch (mnemonic)
        {
            case Mnemonic.Mul when IsRegister(instruction, 0):
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W8>.MulRegister,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W16>.MulRegister,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W32>.MulRegister,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W64>.MulRegister,
                };

            case Mnemonic.Mul:
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W8>.MulMemory,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W16>.MulMemory,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W32>.MulMemory,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W64>.MulMemory,
                };

            case Mnemonic.Div when IsRegister(instruction, 0):
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W8>.DivRegister,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W16>.DivRegister,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W32>.DivRegister,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W64>.DivRegister,
                };

            case Mnemonic.Div:
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W8>.DivMemory,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W16>.DivMemory,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W32>.DivMemory,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W64>.DivMemory,
                };

            case Mnemonic.Idiv when IsRegister(instruction, 0):
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W8>.SignedDivRegister,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W16>.SignedDivRegister,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W32>.SignedDivRegister,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W64>.SignedDivRegister,
                };

            case Mnemonic.Idiv:
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W8>.SignedDivMemory,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W16>.SignedDivMemory,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W32>.SignedDivMemory,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W64>.SignedDivMemory,
                };

            case Mnemonic.Imul:
                return SelectSignedMultiply(instruction, op);

            case Mnemonic.Xchg when !IsMemory(instruction, 0) && !IsMemory(instruction, 1):
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W8>.ExchangeRegisters,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W16>.ExchangeRegisters,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W32>.ExchangeRegisters,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W64>.ExchangeRegisters,
                };

            case Mnemonic.Xchg:
                if (IsRegister(instruction, 0))
                {
                    op->R1 = op->R0;
                }

                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W8>.ExchangeMemory,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W16>.ExchangeMemory,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W32>.ExchangeMemory,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W64>.ExchangeMemory,
                };

            case Mnemonic.Xadd when IsRegister(instruction, 0):
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W8>.AddRegister,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W16>.AddRegister,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W32>.AddRegister,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W64>.AddRegister,
                };

            case Mnemonic.Xadd:
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W8>.AddMemory,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W16>.AddMemory,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W32>.AddMemory,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W64>.AddMemory,
                };

            case Mnemonic.Cmpxchg when IsRegister(instruction, 0):
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W8>.CompareRegister,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W16>.CompareRegister,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W32>.CompareRegister,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W64>.CompareRegister,
                };

            case Mnemonic.Cmpxchg:
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W8>.CompareMemory,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W16>.CompareMemory,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W32>.CompareMemory,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Exchange<W64>.CompareMemory,
                };

            case Mnemonic.Cmpxchg8b:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ExchangeWide.Compare8;

            case Mnemonic.Cmpxchg16b:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ExchangeWide.Compare16;

            case Mnemonic.Shld:
                return SelectDoubleShift(instruction, true);

            case Mnemonic.Shrd:
                return SelectDoubleShift(instruction, false);

            case Mnemonic.Bswap:
                return OperandSize(instruction, 0) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W8>.ByteSwap,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W16>.ClearForByteSwap,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W32>.ByteSwap,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W64>.ByteSwap,
                };

            case Mnemonic.Movbe when IsMemory(instruction, 1):
                return OperandSize(instruction, 0) switch
                {
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W16>.LoadSwapped,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W32>.LoadSwapped,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W64>.LoadSwapped,
                };

            case Mnemonic.Movbe:
                return OperandSize(instruction, 0) switch
                {
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W16>.StoreSwapped,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W32>.StoreSwapped,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W64>.StoreSwapped,
                };

            case Mnemonic.Cbw:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W16>.ExtendAccumulator;

            case Mnemonic.Cwde:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W32>.ExtendAccumulator;

            case Mnemonic.Cdqe:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W64>.ExtendAccumulator;

            case Mnemonic.Cwd:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W16>.ExtendIntoRdx;

            case Mnemonic.Cdq:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W32>.ExtendIntoRdx;

            case Mnemonic.Cqo:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveMisc<W64>.ExtendIntoRdx;

            default:
                return SelectString(mnemonic, instruction);
        }
    }

    private static nint SelectString(Mnemonic mnemonic, in Instruction instruction)
    {
        switch (instruction.Code)
        {
            case Code.Movsb_m8_m8:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W8>.Move;

            case Code.Movsw_m16_m16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W16>.Move;

            case Code.Movsd_m32_m32:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W32>.Move;

            case Code.Movsq_m64_m64:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W64>.Move;

            case Code.Stosb_m8_AL:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W8>.Store;

            case Code.Stosw_m16_AX:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W16>.Store;

            case Code.Stosd_m32_EAX:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W32>.Store;

            case Code.Stosq_m64_RAX:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W64>.Store;

            case Code.Lodsb_AL_m8:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W8>.Load;

            case Code.Lodsw_AX_m16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W16>.Load;

            case Code.Lodsd_EAX_m32:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W32>.Load;

            case Code.Lodsq_RAX_m64:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W64>.Load;

            case Code.Cmpsb_m8_m8:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W8>.Compare;

            case Code.Cmpsw_m16_m16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W16>.Compare;

            case Code.Cmpsd_m32_m32:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W32>.Compare;

            case Code.Cmpsq_m64_m64:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W64>.Compare;

            case Code.Scasb_AL_m8:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W8>.Scan;

            case Code.Scasw_AX_m16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W16>.Scan;

            case Code.Scasd_EAX_m32:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W32>.Scan;

            case Code.Scasq_RAX_m64:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Strings<W64>.Scan;

            default:
                return 0;
        }
    }

    private static nint SelectSignedMultiply(in Instruction instruction, Op* op)
    {
        int size = OperandSize(instruction, 0);
        bool memory = IsMemory(instruction, instruction.OpCount == 1 ? 0 : 1);
        if (instruction.OpCount == 3)
        {
            op->Immediate = SignExtend(op->Immediate, size);
        }

        return size switch
        {
            1 => SelectSignedMultiply<W8>(instruction.OpCount, memory),
            2 => SelectSignedMultiply<W16>(instruction.OpCount, memory),
            4 => SelectSignedMultiply<W32>(instruction.OpCount, memory),
            _ => SelectSignedMultiply<W64>(instruction.OpCount, memory),
        };
    }

    private static nint SelectSignedMultiply<W>(int operands, bool memory) where W : struct, IWidth => (operands, memory) switch
    {
        (1, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W>.SignedMulRegister,
        (1, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W>.SignedMulMemory,
        (2, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W>.ProductRegister,
        (2, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W>.ProductMemory,
        (3, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W>.ProductRegisterImmediate,
        _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MultiplyDivide<W>.ProductMemoryImmediate,
    };

    private static nint SelectDoubleShift(in Instruction instruction, bool left) => OperandSize(instruction, 0) switch
    {
        2 => SelectDoubleShift<W16>(instruction, left),
        4 => SelectDoubleShift<W32>(instruction, left),
        _ => SelectDoubleShift<W64>(instruction, left),
    };

    private static nint SelectDoubleShift<W>(in Instruction instruction, bool left) where W : struct, IWidth =>
        (left, IsMemory(instruction, 0), IsRegister(instruction, 2)) switch
        {
            (true, false, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&DoubleShift<W>.LeftRegisterImmediate,
            (true, false, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&DoubleShift<W>.LeftRegisterCount,
            (true, true, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&DoubleShift<W>.LeftMemoryImmediate,
            (true, true, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&DoubleShift<W>.LeftMemoryCount,
            (false, false, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&DoubleShift<W>.RightRegisterImmediate,
            (false, false, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&DoubleShift<W>.RightRegisterCount,
            (false, true, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&DoubleShift<W>.RightMemoryImmediate,
            _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&DoubleShift<W>.RightMemoryCount,
        };
}
