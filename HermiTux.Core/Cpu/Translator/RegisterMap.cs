using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// Where guest registers live while a piece of translated code runs. Two live in their <see cref="VcpuFrame.Slots"/>, because the host's RSP points
/// to the frame and its R11 is scratch; RSP and R11 take their places, and all others are in the host register of the same name.
/// </summary>
internal sealed class RegisterMap
{
    private readonly sbyte[] _host = new sbyte[16];

    private RegisterMap(int first, int second)
    {
        for (int i = 0; i < 16; i++)
        {
            _host[i] = (sbyte)(i == first || i == second ? -1 : i);
        }

        // RSP and R11 take the places of registers that gave theirs up.
        foreach (int guest in (ReadOnlySpan<int>)[HostRegister.Rsp, HostRegister.Scratch])
        {
            if (guest != first && guest != second)
            {
                bool isFree = first is not (HostRegister.Rsp or HostRegister.Scratch) && Array.IndexOf(_host, (sbyte)first) < 0;
                _host[guest] = (sbyte)(isFree ? first : second);
            }
        }
    }

    /// <summary>The map at every block's entry: R10 and R11, which compilers use least and no call preserves, live in slots.</summary>
    public static RegisterMap Canonical { get; } = new(HostRegister.Stack, HostRegister.Scratch);

    /// <summary>Where the guest's RSP is; -1 when it lives in its slot.</summary>
    public int StackPointer => _host[HostRegister.Rsp];

    /// <summary>The host register of a guest register, or -1 when it lives in its slot.</summary>
    public int HostOf(int guest) => _host[guest];

    /// <summary>Uses of registers in slots that another map must save an iteration: registers have to be moved on the way in and out.</summary>
    private const int WorthMoving = 2;

    /// <summary>
    /// The map for a loop: the two registers that it uses least live in slots, RSP only if it isn't used at all. The canonical map where little is gained.
    /// </summary>
    /// <param name="uses">How often an iteration uses each guest register.</param>
    public static RegisterMap ForLoop(ReadOnlySpan<int> uses)
    {
        // In case of a tie those of the canonical map: moving there is free.
        ReadOnlySpan<int> candidates = [11, 10, 15, 14, 13, 12, 9, 8, HostRegister.Rbp, HostRegister.Rsp];
        int first = -1;
        int second = -1;
        foreach (int guest in candidates)
        {
            if (guest == HostRegister.Rsp && uses[guest] > 0)
            {
                continue;
            }

            if (first < 0 || uses[guest] < uses[first])
            {
                (first, second) = (guest, first);
            }
            else if (second < 0 || uses[guest] < uses[second])
            {
                second = guest;
            }
        }

        int gain = uses[HostRegister.R10] + uses[HostRegister.R11] - uses[first] - uses[second];
        return gain < WorthMoving ? Canonical : new RegisterMap(first, second);
    }

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
