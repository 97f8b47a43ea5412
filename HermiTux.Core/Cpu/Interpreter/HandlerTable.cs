using Iced.Intel;

namespace HermiTux.Cpu.Interpreter;

/// <summary>
/// Maps instruction codes to the handlers of their register form and their memory form, for the families outside the integer core
/// (SSE, AVX, x87, ...). A code without a handler raises #UD. Registration is lazy, because
/// loading thousands of handlers up front would cost tens of milliseconds: vector instructions one by one, the others by family.
/// </summary>
/// <remarks>Used with <see cref="Lock"/> held by the decoder; registration methods just call <see cref="Add"/>.</remarks>
internal static unsafe class HandlerTable
{
    /// <summary>Number of values of <see cref="Code"/>, Iced's <c>IcedConstants.CodeEnumCount</c> rounded up.</summary>
    private const int CodeCount = 5120;

    private static readonly nint[] s_register = new nint[CodeCount];
    private static readonly nint[] s_memory = new nint[CodeCount];

    /// <summary>Guards lookup and registration.</summary>
    public static Lock Lock { get; } = new();

    /// <summary>Adds the handlers of one code: one for operands in registers only, one for a memory operand (either may be null).</summary>
    public static void Add(Code code, delegate*<InterpreterVcpu, CpuState*, Op*, void> register, delegate*<InterpreterVcpu, CpuState*, Op*, void> memory)
    {
        s_register[(int)code] = (nint)register;
        s_memory[(int)code] = (nint)memory;
    }

    /// <summary>The handler for a decoded instruction, null when the instruction isn't supported.</summary>
    public static delegate*<InterpreterVcpu, CpuState*, Op*, void> Find(Code code, bool hasMemoryOperand)
    {
        lock (Lock)
        {
            nint handler = Lookup(code, hasMemoryOperand);
            if (handler == 0)
            {
                if (!Simd.SimdHandlers.TryRegister(code))
                {
                    X87.X87Instructions.Register(code);
                }

                handler = Lookup(code, hasMemoryOperand);
            }

            return (delegate*<InterpreterVcpu, CpuState*, Op*, void>)handler;
        }
    }

    private static nint Lookup(Code code, bool hasMemoryOperand) => (hasMemoryOperand ? s_memory : s_register)[(int)code];
}
