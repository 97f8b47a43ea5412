using HermiTux.Abi;
using static HermiTux.Abi.TermiosConstants;

namespace HermiTux.Kernel.Terminals;

/// <summary>A terminal's settings (termios(3)) as the line discipline asks for them.</summary>
internal struct TerminalSettings
{
    private Termios _termios;

    /// <summary>What a new pseudo-terminal has (tty_std_termios, unix98_pty_init).</summary>
    public static unsafe TerminalSettings Standard
    {
        get
        {
            var termios = new Termios
            {
                c_iflag = ICRNL | IXON,
                c_oflag = OPOST | ONLCR,
                c_cflag = B38400 | CS8 | CREAD,
                c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
            };

            // INIT_C_CC.
            ReadOnlySpan<byte> characters = [3, 0x1C, 0x7F, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1A, 0, 0x12, 0x0F, 0x17, 0x16, 0];
            for (int i = 0; i < characters.Length; i++)
            {
                // SAFETY: 17 of the 19 characters of a structure on this stack.
                termios.c_cc[i] = characters[i];
            }

            return new TerminalSettings { _termios = termios };
        }
    }

    public Termios Termios
    {
        readonly get => _termios;
        set => _termios = value;
    }

    public readonly bool Input(uint flag) => (_termios.c_iflag & flag) != 0;

    public readonly bool Output(uint flag) => (_termios.c_oflag & flag) != 0;

    public readonly bool Local(uint flag) => (_termios.c_lflag & flag) != 0;

    /// <summary>A control character: c_cc.</summary>
    public readonly unsafe byte Character(uint index) => _termios.c_cc[index];

    /// <summary>Whether a byte is this control character; 0 disables it.</summary>
    public readonly bool Is(byte value, uint index) => value != 0 && Character(index) == value;
}
