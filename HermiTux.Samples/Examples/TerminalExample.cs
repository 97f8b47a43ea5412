using System.IO.Pipelines;
using System.Text;
using HermiTux.Abi;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Samples.Examples;

/// <summary>
/// Plays the terminal of an interactive program: types, corrects a slip of the finger, reads the screen, resizes the window, and ends the program with Ctrl-C.
/// </summary>
internal static class TerminalExample
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        var keyboard = new Pipe();
        var screen = new Pipe();
        await using Unikernel machine = new UnikernelBuilder()
            .UseProgramImage(Echo())
            .UseTerminal(new TerminalOptions(ConsoleInput.FromPipe(keyboard.Reader), ConsoleOutput.ToPipe(screen.Writer)) { Columns = 40, Rows = 10 })
            .Build();
        Task<UnikernelExit> run = machine.RunAsync(cancellationToken);

        // The program reads whole lines, so the terminal edits and echoes them: DEL takes the last character back.
        await TypeAsync("hallo\x7F\x7F\x7F\x7F" + "ello\r");
        await output.WriteLineAsync($"The program says: {await ReadLineAsync(skip: 1)}");

        machine.ResizeTerminal(100, 30);
        await TypeAsync("\x03");
        UnikernelExit exit = await run;
        await output.WriteLineAsync($"The guest was {exit}.");

        async Task TypeAsync(string keys) => await keyboard.Writer.WriteAsync(Encoding.ASCII.GetBytes(keys), cancellationToken);

        // What is typed is shown as a line of its own before the program's.
        async Task<string> ReadLineAsync(int skip)
        {
            while (true)
            {
                ReadResult read = await screen.Reader.ReadAsync(cancellationToken);
                string[] lines = Encoding.ASCII.GetString(read.Buffer).Split("\r\n");
                if (lines.Length > skip + 1)
                {
                    screen.Reader.AdvanceTo(read.Buffer.End);
                    return lines[skip];
                }

                screen.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
    }

    /// <summary>Reads lines and writes them, for ever.</summary>
    private static byte[] Echo() => ElfBuilder.Build(a =>
    {
        Label loop = a.CreateLabel();
        a.Label(ref loop);
        a.lea(rsi, __[rsp - 4096]);
        a.mov(edx, 1000);
        a.xor(edi, edi);
        a.mov(eax, (int)SyscallNumber.read);
        a.syscall();
        a.mov(edx, eax);
        a.mov(edi, 1);
        a.mov(eax, (int)SyscallNumber.write);
        a.syscall();
        a.jmp(loop);
    });
}
