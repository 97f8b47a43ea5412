namespace HermiTux;

/// <summary>
/// A terminal for the guest (<see cref="UnikernelBuilder.UseTerminal"/>): what is typed comes from <see cref="Input"/>, what it shows goes to <see cref="Output"/>.
/// </summary>
/// <remarks>
/// The guest's side is a pseudo-terminal, its controlling one (pty(7), tty(4)): lines are edited and echoed, Ctrl-C and its like are signals, programs may
/// switch it to raw mode. The embedder's side is what a terminal emulator is: raw bytes, with the control sequences that the program sends.
/// </remarks>
public sealed class TerminalOptions
{
    /// <summary>Creates a terminal's options.</summary>
    public TerminalOptions(ConsoleInput input, ConsoleOutput output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        Input = input;
        Output = output;
    }

    /// <summary>The keyboard. Read as it comes, whether the guest reads or not. At its end, reads of the guest are at the end of the file.</summary>
    public ConsoleInput Input { get; }

    /// <summary>The screen. The guest's writes wait while it is busy; when it is gone, the terminal hangs up (SIGHUP).</summary>
    public ConsoleOutput Output { get; }

    /// <summary>Width of the window in characters, 0 to 65535; <see cref="Unikernel.ResizeTerminal"/> changes it later.</summary>
    public int Columns { get; set; } = 80;

    /// <summary>Height of the window in lines, 0 to 65535.</summary>
    public int Rows { get; set; } = 24;

    /// <summary>What kind of terminal it is: the guest's TERM, unless its environment has one.</summary>
    public string Type { get; set; } = "xterm";
}
