using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>
/// Entry point of the SSE, AVX and FMA families: adds the handlers of an instruction to the <see cref="HandlerTable"/> when the
/// decoder meets it for the first time.
/// </summary>
/// <remarks>
/// There are some 1,000 codes with two handlers each, almost all of them instances of generic methods; taking the address of all of
/// them costs tens of milliseconds, which a short program must not pay. So registration has two lazy steps: a group
/// lists its instructions with one function pointer each (its registrar), and the registrar of an instruction, called
/// once, takes the addresses of that instruction's handlers.
/// Groups are listed in the order in which programs are likely to need them, and only until the code is found.
/// </remarks>
internal static unsafe class SimdHandlers
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<Code, Registration> s_pending = [];
    private static int s_nextGroup;

    /// <summary>Adds the handlers of a code to the table if this family has it. Thread-safe, cheap to repeat.</summary>
    /// <returns>True when the code belongs to this family.</returns>
    public static bool TryRegister(Code code)
    {
        lock (s_lock)
        {
            Registration registration;
            while (!s_pending.TryGetValue(code, out registration))
            {
                if (!ListNextGroup())
                {
                    return false;
                }
            }

            registration.Registrar(registration.Legacy, registration.Vex128, registration.Vex256);
            return true;
        }
    }

    /// <summary>Every code that this family handles, for tests and for the documentation.</summary>
    public static IReadOnlyCollection<Code> AllCodes
    {
        get
        {
            lock (s_lock)
            {
                while (ListNextGroup())
                {
                }

                return s_pending.Keys;
            }
        }
    }

    /// <summary>
    /// Lists an instruction by its codes (<see cref="Code.INVALID"/> where a form doesn't exist) and the function that
    /// adds their handlers. Called by the groups only, with the lock held.
    /// </summary>
    internal static void List(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128 = Code.INVALID, Code vex256 = Code.INVALID)
    {
        Registration registration = new(registrar, legacy, vex128, vex256);
        ListOne(legacy, registration);
        ListOne(vex128, registration);
        ListOne(vex256, registration);
    }

    /// <summary>Adds the handlers of one code, if there is such a code.</summary>
    internal static void Add(Code code, delegate*<InterpreterVcpu, CpuState*, Op*, void> register, delegate*<InterpreterVcpu, CpuState*, Op*, void> memory)
    {
        if (code != Code.INVALID)
        {
            HandlerTable.Add(code, register, memory);
        }
    }

    private static void ListOne(Code code, Registration registration)
    {
        if (code != Code.INVALID)
        {
            s_pending.Add(code, registration);
        }
    }

    private static bool ListNextGroup()
    {
        switch (s_nextGroup)
        {
            case 0:
                MoveHandlers.List();
                break;
            case 1:
                IntegerHandlers.List();
                break;
            case 2:
                ShuffleHandlers.List();
                break;
            case 3:
                FloatHandlers.List();
                break;
            case 4:
                ConvertHandlers.List();
                break;
            case 5:
                ControlHandlers.List();
                break;
            case 6:
                FusedHandlers.List();
                break;
            case 7:
                StringCompare.List();
                break;
            case 8:
                CryptoHandlers.List();
                break;
            case 9:
                MaskedMemoryHandlers.List();
                break;
            default:
                return false;
        }

        s_nextGroup++;
        return true;
    }

    private readonly struct Registration(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128, Code vex256)
    {
        public readonly delegate*<Code, Code, Code, void> Registrar = registrar;
        public readonly Code Legacy = legacy;
        public readonly Code Vex128 = vex128;
        public readonly Code Vex256 = vex256;
    }
}
