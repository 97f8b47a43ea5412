using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <summary>How an instruction is translated.</summary>
internal enum InstructionClass : byte
{
    /// <summary>Left to the interpreter.</summary>
    Interpret,

    /// <summary>Copied, its memory operand checked and moved into the window.</summary>
    Copy,

    /// <summary>Nothing to do: NOPs, hints, ENDBR64, RDSSP (which C++ exceptions use) without a shadow stack.</summary>
    Skip,

    /// <summary>LEA: an address that isn't accessed.</summary>
    Lea,

    /// <summary>PREFETCHx: an address that can't fault.</summary>
    Prefetch,

    /// <summary>CLFLUSH, CLFLUSHOPT: an address that faults as for a load.</summary>
    Flush,

    /// <summary>PUSH of a 64-bit register, immediate or memory operand.</summary>
    Push,

    /// <summary>POP of a 64-bit register.</summary>
    Pop,

    /// <summary>LEAVE.</summary>
    Leave,

    /// <summary>MOVS, STOS, LODS, SCAS, CMPS with or without REP.</summary>
    String,

    /// <summary>Instructions with an implicit operand at [RDI] or [RBX]: MASKMOVQ, MASKMOVDQU, XLAT.</summary>
    ImplicitMemory,

    /// <summary>Jcc.</summary>
    ConditionalJump,

    /// <summary>JRCXZ, LOOP.</summary>
    CountedJump,

    /// <summary>JMP rel.</summary>
    Jump,

    /// <summary>JMP r/m64.</summary>
    IndirectJump,

    /// <summary>CALL rel.</summary>
    Call,

    /// <summary>CALL r/m64.</summary>
    IndirectCall,

    /// <summary>RET, RET imm16.</summary>
    Return,

    /// <summary>SYSCALL.</summary>
    Syscall,
}

/// <summary>Decides how an instruction is translated: by name from the <see cref="AllowList"/>, then by its operands.</summary>
internal static class InstructionClassifier
{
    /// <summary>The class of an instruction whose features the CPU model has.</summary>
    public static InstructionClass Classify(in Instruction instruction)
    {
        switch (instruction.FlowControl)
        {
            case FlowControl.Next:
                break;
            case FlowControl.ConditionalBranch:
                return instruction.Op0Kind != OpKind.NearBranch64 ? InstructionClass.Interpret
                    : instruction.IsJccShortOrNear ? InstructionClass.ConditionalJump
                    : instruction.Code is Code.Jrcxz_rel8_64 or Code.Loop_rel8_64_RCX ? InstructionClass.CountedJump
                    : InstructionClass.Interpret;
            case FlowControl.UnconditionalBranch:
                return instruction.Op0Kind == OpKind.NearBranch64 ? InstructionClass.Jump : InstructionClass.Interpret;
            case FlowControl.IndirectBranch:
                return instruction.Code == Code.Jmp_rm64 ? InstructionClass.IndirectJump : InstructionClass.Interpret;
            case FlowControl.Call:
                return instruction.Code == Code.Call_rel32_64 ? InstructionClass.Call
                    : instruction.Code == Code.Syscall ? InstructionClass.Syscall : InstructionClass.Interpret;
            case FlowControl.IndirectCall:
                return instruction.Code == Code.Call_rm64 ? InstructionClass.IndirectCall : InstructionClass.Interpret;
            case FlowControl.Return:
                return instruction.Code is Code.Retnq or Code.Retnq_imm16 ? InstructionClass.Return : InstructionClass.Interpret;
            default:
                return InstructionClass.Interpret;
        }

        switch (instruction.Code)
        {
            case Code.Syscall:
                return InstructionClass.Syscall;
            case Code.Endbr64 or Code.Nopd or Code.Nopw or Code.Nopq or Code.Nop_rm16 or Code.Nop_rm32 or Code.Nop_rm64:
            case Code.Rdsspd_r32 or Code.Rdsspq_r64:
                return InstructionClass.Skip;
            case Code.Lea_r64_m or Code.Lea_r32_m or Code.Lea_r16_m:
                return InstructionClass.Lea;
            case Code.Prefetchnta_m8 or Code.Prefetcht0_m8 or Code.Prefetcht1_m8 or Code.Prefetcht2_m8 or Code.Prefetchw_m8 or Code.Prefetch_m8:
                return InstructionClass.Prefetch;
            case Code.Clflush_m8 or Code.Clflushopt_m8:
                return InstructionClass.Flush;
            case Code.Push_r64 or Code.Push_rm64 or Code.Pushq_imm8 or Code.Pushq_imm32:
                return InstructionClass.Push;
            case Code.Pop_r64:
                return InstructionClass.Pop;
            case Code.Pop_rm64 when instruction.Op0Kind == OpKind.Register:
                return InstructionClass.Pop;
            case Code.Leaveq:
                return InstructionClass.Leave;
            case Code.Xlat_m8 or Code.Maskmovq_rDI_mm_mm or Code.Maskmovdqu_rDI_xmm_xmm or Code.VEX_Vmaskmovdqu_rDI_xmm_xmm:
                return IsPlainImplicit(instruction) ? InstructionClass.ImplicitMemory : InstructionClass.Interpret;
        }

        if (instruction.IsStringInstruction)
        {
            return IsPlainString(instruction) ? InstructionClass.String : InstructionClass.Interpret;
        }

        return AllowList.Contains(instruction.Mnemonic) && HasPlainOperands(instruction) ? InstructionClass.Copy : InstructionClass.Interpret;
    }

    /// <summary>Whether all operands are general, vector, MMX or x87 registers, immediates and at most one memory operand.</summary>
    private static bool HasPlainOperands(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            switch (instruction.GetOpKind(i))
            {
                case OpKind.Register:
                    Register register = instruction.GetOpRegister(i);
                    if (!(register.IsGPR() || register.IsXMM() || register.IsYMM() || register.IsMM() || register.IsST()))
                    {
                        return false;
                    }

                    break;
                case OpKind.Memory:
                    if (IsBitString(instruction))
                    {
                        return false;
                    }

                    break;
                case OpKind.Immediate8 or OpKind.Immediate8_2nd or OpKind.Immediate16 or OpKind.Immediate32 or OpKind.Immediate64
                    or OpKind.Immediate8to16 or OpKind.Immediate8to32 or OpKind.Immediate8to64 or OpKind.Immediate32to64:
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>BT and relatives with a register offset reach 2^60 bytes to both sides of their memory operand.</summary>
    private static bool IsBitString(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && instruction.Op1Kind == OpKind.Register;

    /// <summary>MOV with a 64-bit address in the instruction: the MOV with ordinary operands that does the same; others as they are.</summary>
    public static Code WithoutMemoryOffset(Code code) => code switch
    {
        Code.Mov_AL_moffs8 => Code.Mov_r8_rm8,
        Code.Mov_AX_moffs16 => Code.Mov_r16_rm16,
        Code.Mov_EAX_moffs32 => Code.Mov_r32_rm32,
        Code.Mov_RAX_moffs64 => Code.Mov_r64_rm64,
        Code.Mov_moffs8_AL => Code.Mov_rm8_r8,
        Code.Mov_moffs16_AX => Code.Mov_rm16_r16,
        Code.Mov_moffs32_EAX => Code.Mov_rm32_r32,
        Code.Mov_moffs64_RAX => Code.Mov_rm64_r64,
        _ => code,
    };

    private static bool IsPlainString(in Instruction instruction)
    {
        // A prefix of ours goes in front; which of several counts isn't ours to say.
        if (instruction.SegmentPrefix != Register.None)
        {
            return false;
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) is not (OpKind.MemorySegRSI or OpKind.MemoryESRDI or OpKind.Register))
            {
                return false;
            }
        }

        return instruction.Mnemonic is Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq
            or Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq
            or Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd or Mnemonic.Lodsq
            or Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq
            or Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq;
    }

    private static bool IsPlainImplicit(in Instruction instruction)
    {
        // A prefix of ours goes in front; which of several counts isn't ours to say.
        if (instruction.SegmentPrefix != Register.None)
        {
            return false;
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            if (kind is OpKind.MemorySegEDI or OpKind.MemorySegDI || (kind == OpKind.Memory && instruction.MemoryBase != Register.RBX))
            {
                return false;
            }
        }

        return true;
    }
}
