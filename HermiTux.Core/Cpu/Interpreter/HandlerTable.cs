using Iced.Intel;

namespace HermiTux.Cpu.Interpreter;

/// <summary>
/// Maps every supported instruction code to the handlers of its register form and its memory form. Families
/// (<c>Integer</c>, <c>Sse</c>, <c>Avx</c>, <c>X87</c>, ...) add their own; a code without a handler raises #UD.
/// </summary>
internal static unsafe class HandlerTable
{
    private static readonly nint[] s_register = new nint[IcedConstants.CodeEnumCount];
    private static readonly nint[] s_memory = new nint[IcedConstants.CodeEnumCount];

    /// <summary>Adds the handlers of one code: one for operands in registers only, one for a memory operand (either may be null).</summary>
    public static void Add(Code code, delegate*<InterpreterVcpu, CpuState*, Op*, void> register, delegate*<InterpreterVcpu, CpuState*, Op*, void> memory)
    {
        s_register[(int)code] = (nint)register;
        s_memory[(int)code] = (nint)memory;
    }

    /// <summary>The handler for a decoded instruction, null when the instruction isn't supported.</summary>
    public static delegate*<InterpreterVcpu, CpuState*, Op*, void> Find(Code code, bool hasMemoryOperand) =>
        (delegate*<InterpreterVcpu, CpuState*, Op*, void>)(hasMemoryOperand ? s_memory : s_register)[(int)code];

    private static class IcedConstants
    {
        /// <summary>Number of values of <see cref="Code"/>.</summary>
        public static readonly int CodeEnumCount = (int)Enum.GetValues<Code>().Max() + 1;
    }
}
