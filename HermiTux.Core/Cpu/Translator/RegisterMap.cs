using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Where guest registers live while a piece of translated code runs: each in the host register of the same name, except that the guest's RSP
/// has another one, and that two live in their <see cref="VcpuFrame.Slots"/> because one host register points to the frame and
/// one is scratch.
/// </summary>
internal sealed class RegisterMap
{
    private readonly sbyte[] _host = new sbyte[16];

    /// <summary>Creates a map. The guest's RSP takes the place of <paramref name="stackHome"/>; R15's place is the scratch register.</summary>
    /// <param name="stackHome">The guest register whose host register holds the guest's RSP; it lives in a slot itself.</param>
    /// <param name="evicted">The guest register that gives its place to the guest's R15, or R15 itself, which then lives in its slot.</param>
    private RegisterMap(int stackHome, int evicted)
    {
        for (int i = 0; i < 16; i++)
        {
            _host[i] = (sbyte)i;
        }

        _host[HostRegister.Rsp] = (sbyte)stackHome;
        _host[stackHome] = -1;
        _host[HostRegister.R15] = -1;
        if (evicted != HostRegister.R15)
        {
            _host[HostRegister.R15] = (sbyte)evicted;
            _host[evicted] = -1;
        }
    }

    /// <summary>The map at every block's entry: R14 and R15 live in slots.</summary>
    public static RegisterMap Canonical { get; } = new(HostRegister.R14, HostRegister.R15);

    /// <summary>Where the guest's RSP is.</summary>
    public int StackPointer => _host[HostRegister.Rsp];

    /// <summary>The host register of a guest register, or -1 when it lives in its slot.</summary>
    public int HostOf(int guest) => _host[guest];

    /// <summary>Whether a guest register is in the host register of the same number.</summary>
    public bool IsIdentity(int guest) => _host[guest] == guest;

    /// <summary>The number of a general register of any width (AH to BH count as RAX to RBX), or -1.</summary>
    public static int NumberOf(Register register)
    {
        if (register is >= Register.RAX and <= Register.R15)
        {
            return register - Register.RAX;
        }

        if (register is >= Register.EAX and <= Register.R15D)
        {
            return register - Register.EAX;
        }

        if (register is >= Register.AX and <= Register.R15W)
        {
            return register - Register.AX;
        }

        return register switch
        {
            >= Register.AL and <= Register.BL => register - Register.AL,
            >= Register.AH and <= Register.BH => register - Register.AH,
            >= Register.SPL and <= Register.R15L => register - Register.SPL + 4,
            _ => -1,
        };
    }

    /// <summary>The register of the same width with another number.</summary>
    public static Register WithNumber(Register register, int number) => register switch
    {
        >= Register.RAX and <= Register.R15 => Register.RAX + number,
        >= Register.EAX and <= Register.R15D => Register.EAX + number,
        >= Register.AX and <= Register.R15W => Register.AX + number,
        _ => number < 4 ? Register.AL + number : Register.SPL + (number - 4),
    };
}
