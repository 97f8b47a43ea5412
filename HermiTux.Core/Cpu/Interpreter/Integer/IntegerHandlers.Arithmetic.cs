using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <content>Arithmetic, moves and the stack.</content>
internal static unsafe partial class IntegerHandlers
{
    private static nint SelectAlu<TOp>(in Instruction instruction, Op* op) where TOp : struct, IAluOp => OperandSize(instruction, 0) switch
    {
        1 => SelectAlu<TOp, W8>(instruction, op),
        2 => SelectAlu<TOp, W16>(instruction, op),
        4 => SelectAlu<TOp, W32>(instruction, op),
        _ => SelectAlu<TOp, W64>(instruction, op),
    };

    private static nint SelectAlu<TOp, W>(in Instruction instruction, Op* op)
        where TOp : struct, IAluOp
        where W : struct, IWidth
    {
        bool locked = instruction.HasLockPrefix;
        if (IsMemory(instruction, 0))
        {
            if (IsRegister(instruction, 1))
            {
                return locked
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Alu<TOp, W>.LockedMemoryRegister
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Alu<TOp, W>.MemoryRegister;
            }

            op->Immediate = SignExtend(op->Immediate, W.Bytes);
            return locked
                ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Alu<TOp, W>.LockedMemoryImmediate
                : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Alu<TOp, W>.MemoryImmediate;
        }

        if (IsMemory(instruction, 1))
        {
            return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Alu<TOp, W>.RegisterMemory;
        }

        if (IsRegister(instruction, 1))
        {
            return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Alu<TOp, W>.RegisterRegister;
        }

        op->Immediate = SignExtend(op->Immediate, W.Bytes);
        return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Alu<TOp, W>.RegisterImmediate;
    }

    private static nint SelectUnary<TOp>(in Instruction instruction) where TOp : struct, IUnaryOp => OperandSize(instruction, 0) switch
    {
        1 => SelectUnary<TOp, W8>(instruction),
        2 => SelectUnary<TOp, W16>(instruction),
        4 => SelectUnary<TOp, W32>(instruction),
        _ => SelectUnary<TOp, W64>(instruction),
    };

    private static nint SelectUnary<TOp, W>(in Instruction instruction)
        where TOp : struct, IUnaryOp
        where W : struct, IWidth
    {
        if (IsRegister(instruction, 0))
        {
            return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Unary<TOp, W>.Register;
        }

        return instruction.HasLockPrefix
            ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Unary<TOp, W>.Locked
            : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Unary<TOp, W>.Memory;
    }

    private static nint SelectShift<TOp>(in Instruction instruction, Op* op) where TOp : struct, IShiftOp => OperandSize(instruction, 0) switch
    {
        1 => SelectShift<TOp, W8>(instruction, op),
        2 => SelectShift<TOp, W16>(instruction, op),
        4 => SelectShift<TOp, W32>(instruction, op),
        _ => SelectShift<TOp, W64>(instruction, op),
    };

    private static nint SelectShift<TOp, W>(in Instruction instruction, Op* op)
        where TOp : struct, IShiftOp
        where W : struct, IWidth
    {
        bool byCount = IsRegister(instruction, 1);
        if (IsMemory(instruction, 0))
        {
            return byCount
                ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Shift<TOp, W>.MemoryCount
                : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Shift<TOp, W>.MemoryImmediate;
        }

        if (byCount)
        {
            return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Shift<TOp, W>.RegisterCount;
        }

        op->Immediate &= W.Bytes == 8 ? 63 : 31;
        if (op->Immediate == 0)
        {
            // Nothing but the zero extension of a 32-bit register is left of it.
            op->R1 = op->R0;
            return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W>.RegisterRegister;
        }

        return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Shift<TOp, W>.RegisterImmediate;
    }

    private static nint SelectMove(in Instruction instruction, Op* op)
    {
        if (IsRegister(instruction, 0) && instruction.Op0Register.IsSegmentRegister())
        {
            return IsMemory(instruction, 1)
                ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.LoadSegmentFromMemory
                : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.WriteSegment;
        }

        if (IsRegister(instruction, 1) && instruction.Op1Register.IsSegmentRegister())
        {
            if (IsMemory(instruction, 0))
            {
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.StoreSegment;
            }

            return instruction.Op0Register.GetSize() switch
            {
                2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.ReadSegment<W16>,
                4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.ReadSegment<W32>,
                _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.ReadSegment<W64>,
            };
        }

        // To and from control and debug registers.
        if ((IsRegister(instruction, 0) && !instruction.Op0Register.IsGPR()) || (IsRegister(instruction, 1) && !instruction.Op1Register.IsGPR()))
        {
            return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Privileged;
        }

        return OperandSize(instruction, 0) switch
        {
            1 => SelectMove<W8>(instruction, op),
            2 => SelectMove<W16>(instruction, op),
            4 => SelectMove<W32>(instruction, op),
            _ => SelectMove<W64>(instruction, op),
        };
    }

    private static nint SelectMove<W>(in Instruction instruction, Op* op) where W : struct, IWidth
    {
        bool simple = IsSimpleAddress(op);
        if (IsMemory(instruction, 0))
        {
            if (!IsRegister(instruction, 1))
            {
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W>.StoreImmediate;
            }

            return simple
                ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W>.Store<BaseDisplacement>
                : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W>.Store<AnyAddress>;
        }

        if (IsMemory(instruction, 1))
        {
            return simple
                ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W>.Load<BaseDisplacement>
                : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W>.Load<AnyAddress>;
        }

        return IsRegister(instruction, 1)
            ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W>.RegisterRegister
            : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W>.RegisterImmediate;
    }

    private static nint SelectLea(in Instruction instruction, Op* op)
    {
        int size = instruction.Op0Register.GetSize();
        if (size == 8 && op->Index == EngineState.ZeroOffset && (op->Flags & OpFlags.Address32) == 0)
        {
            return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&LoadAddress.Simple64;
        }

        return size switch
        {
            2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&LoadAddress.Any<W16>,
            4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&LoadAddress.Any<W32>,
            _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&LoadAddress.Any<W64>,
        };
    }

    private static nint SelectExtend(in Instruction instruction, Op* op)
    {
        bool signed = instruction.Mnemonic != Mnemonic.Movzx;
        bool memory = IsMemory(instruction, 1);
        int from = OperandSize(instruction, 1);
        return (OperandSize(instruction, 0), from) switch
        {
            (2, 1) => SelectExtend<W16, W8>(signed, memory),
            (4, 1) => SelectExtend<W32, W8>(signed, memory),
            (8, 1) => SelectExtend<W64, W8>(signed, memory),
            (2, 2) => SelectExtend<W16, W16>(signed, memory),
            (4, 2) => SelectExtend<W32, W16>(signed, memory),
            (8, 2) => SelectExtend<W64, W16>(signed, memory),
            (2, 4) => SelectExtend<W16, W32>(signed, memory),
            (4, 4) => SelectExtend<W32, W32>(signed, memory),
            _ => SelectExtend<W64, W32>(signed, memory),
        };
    }

    private static nint SelectExtend<WTo, WFrom>(bool signed, bool memory)
        where WTo : struct, IWidth
        where WFrom : struct, IWidth
    {
        if (signed)
        {
            return memory
                ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveExtend<WTo, WFrom>.SignMemory
                : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveExtend<WTo, WFrom>.SignRegister;
        }

        return memory
            ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveExtend<WTo, WFrom>.ZeroMemory
            : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&MoveExtend<WTo, WFrom>.ZeroRegister;
    }

    private static nint SelectStack(in Instruction instruction, Op* op)
    {
        switch (instruction.Code)
        {
            case Code.Push_r64:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushRegister;

            case Code.Pop_r64:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PopRegister;

            case Code.Push_r16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushRegister16;

            case Code.Pop_r16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PopRegister16;

            case Code.Pushq_imm8 or Code.Pushq_imm32:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushImmediate;

            case Code.Pushw_imm8 or Code.Push_imm16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushImmediate16;

            case Code.Push_rm64:
                return IsMemory(instruction, 0)
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushMemory
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushRegister;

            case Code.Push_rm16:
                return IsMemory(instruction, 0)
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushMemory16
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushRegister16;

            case Code.Pop_rm64:
                return IsMemory(instruction, 0)
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PopMemory
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PopRegister;

            case Code.Pop_rm16:
                return IsMemory(instruction, 0)
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PopMemory16
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PopRegister16;

            case Code.Pushq_FS or Code.Pushq_GS:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushSegment;

            case Code.Pushw_FS or Code.Pushw_GS:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushRegister16;

            case Code.Popq_FS or Code.Popq_GS:
                op->Immediate = 8;
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.PopSegment;

            case Code.Popw_FS or Code.Popw_GS:
                op->Immediate = 2;
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.PopSegment;

            case Code.Pushfq:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushFlags;

            case Code.Pushfw:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PushFlags16;

            case Code.Popfq:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PopFlags;

            case Code.Popfw:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.PopFlags16;

            case Code.Leaveq:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.Leave;

            case Code.Leavew:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.Leave16;

            case Code.Enterq_imm16_imm8:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.Enter;

            case Code.Enterw_imm16_imm8:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.Enter16;

            case Code.Lahf:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.LoadAh;

            case Code.Sahf:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Stack.StoreAh;

            case Code.Call_rel32_64:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Call;

            case Code.Call_rm64:
                return IsMemory(instruction, 0)
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.CallMemory
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.CallRegister;

            case Code.Retnq:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Return;

            case Code.Retnq_imm16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.ReturnImmediate;

            default:
                return SelectFar(instruction);
        }
    }
}
