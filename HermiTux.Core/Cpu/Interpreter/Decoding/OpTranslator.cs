using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Decoding;

/// <summary>Fills an <see cref="Op"/> from a decoded instruction: operands in general, then the handler.</summary>
internal static unsafe class OpTranslator
{
    /// <summary>Writes everything but <see cref="OpFlags.Counted"/> and the count.</summary>
    public static void Translate(in Instruction instruction, CodeSupport support, Op* op)
    {
        *op = default;
        op->NextRip = instruction.NextIP;
        op->Length = (byte)instruction.Length;
        op->Code = (ushort)instruction.Code;
        op->Base = EngineState.ZeroOffset;
        op->Index = EngineState.ZeroOffset;
        op->Segment = EngineState.ZeroOffset;

        bool hasImmediate = false;
        bool hasMemory = false;
        int count = instruction.OpCount;
        for (int i = 0; i < count; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            switch (kind)
            {
                case OpKind.Register:
                    SetRegister(op, i, InstructionProperties.OffsetOf(instruction.GetOpRegister(i)));
                    break;

                case OpKind.Memory:
                    hasMemory = true;
                    SetMemory(instruction, op);
                    break;

                case OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64:
                    op->Immediate = (long)instruction.NearBranchTarget;
                    break;

                case OpKind.FarBranch16 or OpKind.FarBranch32:
                    break;

                case OpKind.MemorySegSI or OpKind.MemorySegESI or OpKind.MemorySegRSI or OpKind.MemorySegDI or OpKind.MemorySegEDI or
                    OpKind.MemorySegRDI or OpKind.MemoryESDI or OpKind.MemoryESEDI or OpKind.MemoryESRDI:
                    hasMemory = true;
                    SetStringOperand(instruction, kind, op);
                    break;

                default:
                    if (hasImmediate)
                    {
                        op->Aux = (uint)instruction.GetImmediate(i);
                    }
                    else
                    {
                        op->Immediate = (long)instruction.GetImmediate(i);
                        hasImmediate = true;
                    }

                    break;
            }
        }

        if (hasMemory)
        {
            op->Flags |= OpFlags.Memory;
        }

        if (instruction.HasLockPrefix)
        {
            op->Flags |= OpFlags.Lock;
        }

        if (instruction.HasRepPrefix)
        {
            op->Flags |= OpFlags.Rep;
        }

        if (instruction.HasRepnePrefix)
        {
            op->Flags |= OpFlags.Repne;
        }

        delegate*<InterpreterVcpu, CpuState*, Op*, void> handler = null;
        if (support.IsSupported(instruction.Code))
        {
            handler = (delegate*<InterpreterVcpu, CpuState*, Op*, void>)Integer.IntegerHandlers.Select(instruction, op);
            if (handler == null)
            {
                handler = HandlerTable.Find(instruction.Code, hasMemory);
            }
        }

        else if (instruction.Mnemonic is Mnemonic.Tzcnt or Mnemonic.Lzcnt)
        {
            handler = (delegate*<InterpreterVcpu, CpuState*, Op*, void>)Integer.IntegerHandlers.SelectOldScan(instruction);
        }

        op->Handler = handler != null ? handler : (delegate*<InterpreterVcpu, CpuState*, Op*, void>)ControlFlow.UndefinedPointer;
    }

    private static void SetRegister(Op* op, int operand, ushort offset)
    {
        switch (operand)
        {
            case 0:
                op->R0 = offset;
                break;

            case 1:
                op->R1 = offset;
                break;

            case 2:
                op->R2 = offset;
                break;

            case 3:
                op->R3 = offset;
                break;
        }
    }

    private static void SetMemory(in Instruction instruction, Op* op)
    {
        Register baseRegister = instruction.MemoryBase;
        Register index = instruction.MemoryIndex;
        op->Displacement = (long)instruction.MemoryDisplacement64;
        if (baseRegister is Register.RIP or Register.EIP)
        {
            op->Displacement = (long)instruction.IPRelativeMemoryAddress;
        }
        else if (baseRegister != Register.None)
        {
            op->Base = InstructionProperties.OffsetOf(baseRegister);
        }

        if (index != Register.None)
        {
            op->Index = InstructionProperties.OffsetOf(index);
            op->Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
        }

        if (baseRegister is (>= Register.EAX and <= Register.R15D) or Register.EIP || index is >= Register.EAX and <= Register.R15D ||
            (baseRegister == Register.None && instruction.MemoryDisplSize == 4 && (index == Register.None || IsVector(index))))
        {
            op->Flags |= OpFlags.Address32;
        }

        SetSegment(instruction, op);
    }

    private static void SetStringOperand(in Instruction instruction, OpKind kind, Op* op)
    {
        if (kind is OpKind.MemorySegESI or OpKind.MemorySegEDI or OpKind.MemoryESEDI)
        {
            op->Flags |= OpFlags.Address32;
        }

        if (kind is OpKind.MemorySegRSI or OpKind.MemorySegESI)
        {
            op->Base = 6 * 8;
            SetSegment(instruction, op);
        }
        else
        {
            op->Base = op->Base == EngineState.ZeroOffset ? (ushort)(7 * 8) : op->Base;
            if (kind is OpKind.MemorySegRDI or OpKind.MemorySegEDI)
            {
                SetSegment(instruction, op);
            }
        }
    }

    private static void SetSegment(in Instruction instruction, Op* op)
    {
        op->Segment = instruction.MemorySegment switch
        {
            Register.FS => 144,
            Register.GS => 152,
            _ => EngineState.ZeroOffset,
        };
    }

    private static bool IsVector(Register register) => register is >= Register.XMM0 and <= Register.ZMM31;
}
