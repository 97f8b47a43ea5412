using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>Replaces the handlers of common pairs (CMP or TEST with Jcc) by one that does both.</summary>
internal static unsafe class Fusion
{
    /// <summary>Looks for pairs in a freshly decoded block.</summary>
    public static void Apply(Op* ops, int count)
    {
        for (int i = 0; i + 1 < count; i++)
        {
            Op* branch = ops + i + 1;
            if ((branch->Flags & (OpFlags.Counted | OpFlags.Synthetic)) == OpFlags.Counted && branch->IcedCode.IsJccShortOrNear())
            {
                nint handler = Select(ops + i, branch->IcedCode.ConditionCode());
                if (handler != 0)
                {
                    ops[i].Handler = (delegate*<InterpreterVcpu, CpuState*, Op*, void>)handler;
                }
            }
        }
    }

    private static nint Select(Op* first, ConditionCode condition)
    {
        bool memory = (first->Flags & OpFlags.Memory) != 0;
        FusionForm registers = memory ? FusionForm.MemoryRegister : FusionForm.RegisterRegister;
        FusionForm reversed = memory ? FusionForm.RegisterMemory : FusionForm.RegisterRegister;
        FusionForm immediate = memory ? FusionForm.MemoryImmediate : FusionForm.RegisterImmediate;
        switch (first->IcedCode)
        {
            case Code.Cmp_rm8_r8:
                return Select<FusedCmp, W8>(condition, registers);

            case Code.Cmp_r8_rm8:
                return Select<FusedCmp, W8>(condition, reversed);

            case Code.Cmp_rm8_imm8 or Code.Cmp_AL_imm8:
                return Select<FusedCmp, W8>(condition, immediate);

            case Code.Cmp_rm32_r32:
                return Select<FusedCmp, W32>(condition, registers);

            case Code.Cmp_r32_rm32:
                return Select<FusedCmp, W32>(condition, reversed);

            case Code.Cmp_rm32_imm8 or Code.Cmp_rm32_imm32 or Code.Cmp_EAX_imm32:
                return Select<FusedCmp, W32>(condition, immediate);

            case Code.Cmp_rm64_r64:
                return Select<FusedCmp, W64>(condition, registers);

            case Code.Cmp_r64_rm64:
                return Select<FusedCmp, W64>(condition, reversed);

            case Code.Cmp_rm64_imm8 or Code.Cmp_rm64_imm32 or Code.Cmp_RAX_imm32:
                return Select<FusedCmp, W64>(condition, immediate);

            case Code.Test_rm8_r8:
                return Select<FusedTest, W8>(condition, registers);

            case Code.Test_rm8_imm8 or Code.Test_AL_imm8:
                return Select<FusedTest, W8>(condition, immediate);

            case Code.Test_rm32_r32:
                return Select<FusedTest, W32>(condition, registers);

            case Code.Test_rm32_imm32 or Code.Test_EAX_imm32:
                return Select<FusedTest, W32>(condition, immediate);

            case Code.Test_rm64_r64:
                return Select<FusedTest, W64>(condition, registers);

            case Code.Test_rm64_imm32 or Code.Test_RAX_imm32:
                return Select<FusedTest, W64>(condition, immediate);

            default:
                return 0;
        }
    }

    private static nint Select<TOp, W>(ConditionCode condition, FusionForm form)
        where TOp : struct, ICompareOp
        where W : struct, IWidth => condition switch
        {
            ConditionCode.b => Fused<TOp, W, Below>.Select(form),
            ConditionCode.ae => Fused<TOp, W, Not<Below>>.Select(form),
            ConditionCode.e => Fused<TOp, W, Equal>.Select(form),
            ConditionCode.ne => Fused<TOp, W, Not<Equal>>.Select(form),
            ConditionCode.be => Fused<TOp, W, BelowOrEqual>.Select(form),
            ConditionCode.a => Fused<TOp, W, Not<BelowOrEqual>>.Select(form),
            ConditionCode.s => Fused<TOp, W, Sign>.Select(form),
            ConditionCode.ns => Fused<TOp, W, Not<Sign>>.Select(form),
            ConditionCode.l => Fused<TOp, W, Less>.Select(form),
            ConditionCode.ge => Fused<TOp, W, Not<Less>>.Select(form),
            ConditionCode.le => Fused<TOp, W, LessOrEqual>.Select(form),
            ConditionCode.g => Fused<TOp, W, Not<LessOrEqual>>.Select(form),
            _ => 0,
        };
}
