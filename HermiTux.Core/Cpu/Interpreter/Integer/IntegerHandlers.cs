using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>
/// Chooses the handler of an integer instruction from its mnemonic, operand size and operand kinds. Generic handlers are only
/// instantiated when first met, which is what keeps start-up short.
/// </summary>
internal static unsafe partial class IntegerHandlers
{
    /// <summary>The handler, 0 when the instruction isn't an integer one. May normalise the op's immediate.</summary>
    public static nint Select(in Instruction instruction, Op* op)
    {
        Mnemonic mnemonic = instruction.Mnemonic;
        switch (mnemonic)
        {
            case Mnemonic.Mov:
                return SelectMove(instruction, op);

            case Mnemonic.Add:
                return SelectAlu<AddOp>(instruction, op);

            case Mnemonic.Sub:
                return SelectAlu<SubOp>(instruction, op);

            case Mnemonic.Cmp:
                return SelectAlu<CmpOp>(instruction, op);

            case Mnemonic.Test:
                return SelectAlu<TestOp>(instruction, op);

            case Mnemonic.And:
                return SelectAlu<AndOp>(instruction, op);

            case Mnemonic.Or:
                return SelectAlu<OrOp>(instruction, op);

            case Mnemonic.Xor:
                return SelectAlu<XorOp>(instruction, op);

            case Mnemonic.Adc:
                return SelectAlu<AdcOp>(instruction, op);

            case Mnemonic.Sbb:
                return SelectAlu<SbbOp>(instruction, op);

            case Mnemonic.Inc:
                return SelectUnary<IncOp>(instruction);

            case Mnemonic.Dec:
                return SelectUnary<DecOp>(instruction);

            case Mnemonic.Neg:
                return SelectUnary<NegOp>(instruction);

            case Mnemonic.Not:
                return SelectUnary<NotOp>(instruction);

            case Mnemonic.Lea:
                return SelectLea(instruction, op);

            case Mnemonic.Push or Mnemonic.Pop or Mnemonic.Call or Mnemonic.Ret or Mnemonic.Leave or Mnemonic.Enter or
                Mnemonic.Pushfq or Mnemonic.Pushf or Mnemonic.Popfq or Mnemonic.Popf or Mnemonic.Lahf or Mnemonic.Sahf:
                return SelectStack(instruction, op);

            case Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd:
                return SelectExtend(instruction, op);

            case Mnemonic.Shl or Mnemonic.Sal:
                return SelectShift<ShlOp>(instruction, op);

            case Mnemonic.Shr:
                return SelectShift<ShrOp>(instruction, op);

            case Mnemonic.Sar:
                return SelectShift<SarOp>(instruction, op);

            case Mnemonic.Rol:
                return SelectShift<RolOp>(instruction, op);

            case Mnemonic.Ror:
                return SelectShift<RorOp>(instruction, op);

            case Mnemonic.Rcl:
                return SelectShift<RclOp>(instruction, op);

            case Mnemonic.Rcr:
                return SelectShift<RcrOp>(instruction, op);
        }

        if (instruction.ConditionCode != ConditionCode.None)
        {
            nint handler = SelectConditional(instruction);
            if (handler != 0)
            {
                return handler;
            }
        }

        nint other = SelectArithmetic(mnemonic, instruction, op);
        if (other == 0)
        {
            other = SelectBits(mnemonic, instruction);
        }

        return other != 0 ? other : SelectSystem(mnemonic, instruction, op);
    }

    /// <summary>Size of an operand in bytes.</summary>
    private static int OperandSize(in Instruction instruction, int operand) =>
        instruction.GetOpKind(operand) switch
        {
            OpKind.Register => instruction.GetOpRegister(operand).GetSize(),
            _ => instruction.MemorySize.GetSize(),
        };

    private static bool IsRegister(in Instruction instruction, int operand) => instruction.GetOpKind(operand) == OpKind.Register;

    private static bool IsMemory(in Instruction instruction, int operand) => instruction.GetOpKind(operand) == OpKind.Memory;

    /// <summary>Whether the address is a base register and a displacement, or a displacement alone.</summary>
    private static bool IsSimpleAddress(Op* op) =>
        op->Index == EngineState.ZeroOffset && op->Segment == EngineState.ZeroOffset && (op->Flags & OpFlags.Address32) == 0;

    private static long SignExtend(long value, int size) => value << (64 - (size * 8)) >> (64 - (size * 8));

    private static nint SelectConditional(in Instruction instruction)
    {
        FlowControl flow = instruction.FlowControl;
        if (flow == FlowControl.ConditionalBranch)
        {
            return instruction.IsJccShortOrNear ? Conditionals.Select(instruction.ConditionCode, ConditionalKind.Jump, false, 0) : 0;
        }

        if (instruction.OpCount == 1)
        {
            return Conditionals.Select(instruction.ConditionCode, ConditionalKind.Set, IsMemory(instruction, 0), 1);
        }

        return IsRegister(instruction, 0) && instruction.Op0Register.IsGPR()
            ? Conditionals.Select(instruction.ConditionCode, ConditionalKind.Move, IsMemory(instruction, 1), instruction.Op0Register.GetSize())
            : 0;
    }
}
