using Iced.Intel;

namespace HermiTux.Cpu.Interpreter;

/// <summary>
/// Maps instruction codes to the handlers of their register form and their memory form, for the families outside the integer core
/// (SSE, AVX, x87, ...). A code without a handler raises #UD. Registration is lazy: the first instruction of a CPUID feature
/// registers that feature's handlers, because loading thousands of handlers up front would cost tens of milliseconds.
/// </summary>
/// <remarks>Used with <see cref="Lock"/> held by the decoder; registration methods just call <see cref="Add"/>.</remarks>
internal static unsafe partial class HandlerTable
{
    /// <summary>Number of values of <see cref="Code"/>, Iced's <c>IcedConstants.CodeEnumCount</c> rounded up.</summary>
    private const int CodeCount = 5120;

    private static readonly nint[] s_register = new nint[CodeCount];
    private static readonly nint[] s_memory = new nint[CodeCount];
    private static readonly bool[] s_registered = new bool[256];

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
                foreach (CpuidFeature feature in code.CpuidFeatures())
                {
                    if (!s_registered[(int)feature])
                    {
                        s_registered[(int)feature] = true;
                        RegisterSimd(feature);
                        RegisterX87(feature);
                    }
                }

                handler = Lookup(code, hasMemoryOperand);
            }

            return (delegate*<InterpreterVcpu, CpuState*, Op*, void>)handler;
        }
    }

    private static nint Lookup(Code code, bool hasMemoryOperand) => (hasMemoryOperand ? s_memory : s_register)[(int)code];

    /// <summary>
    /// Adds the vector handlers of one CPUID feature (SSE, SSE2, AVX, ...), or of any set that contains it: called once per
    /// feature, when its first instruction is met. Implemented with the vector handlers.
    /// </summary>
    static partial void RegisterSimd(CpuidFeature feature);

    /// <summary>As <see cref="RegisterSimd"/>, for x87, MMX, FXSAVE and XSAVE. Implemented with the x87 handlers.</summary>
    static partial void RegisterX87(CpuidFeature feature);
}
