using HermiTux.Abi;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Hosting;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Terminals;

/// <summary>The console as a terminal: programs see and show there what they do in a terminal of the host's.</summary>
public sealed class TerminalTests
{
    public static TheoryData<string> Engines => [.. GuestRunner.Engines];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_session_equals_the_native_one(string engine)
    {
        string program = GuestCompiler.CompileSource("terminal.c", Toolchain.GccStatic);
        await using var native = new NativeTerminal(program);
        await using var guest = new GuestTerminal(engine, program);
        int expected = await PlayAsync(native);
        int actual = await PlayAsync(guest);
        Assert.Equal(native.Screen, guest.Screen);
        Assert.Equal((7, 7), (expected, actual));
    }

    [Fact]
    public async Task The_command_lends_its_terminal_and_gives_it_back()
    {
        string program = GuestCompiler.CompileSource("terminal.c", Toolchain.GccStatic);
        await using var native = new NativeTerminal(program);
        await using var command = new NativeTerminal("dotnet", Path.Combine(AppContext.BaseDirectory, "hermitux.dll"), "run", "--", program);
        byte[] before = command.Settings;
        await command.ExpectAsync("line> ");
        Assert.NotEqual(before, command.Settings);
        await command.TypeAsync("a line\r");
        await PlayRestAsync(command);
        await PlayAsync(native);
        Assert.Equal(7, await command.WaitAsync());
        Assert.Equal(native.Screen, command.Screen);
        Assert.Equal(before, command.Settings);
    }

    [Fact]
    public async Task The_command_gives_its_terminal_back_when_it_is_terminated()
    {
        await using var command = new NativeTerminal("dotnet", Path.Combine(AppContext.BaseDirectory, "hermitux.dll"), "run", "--timeout", "1", "--tty", "auto", "--",
            GuestCompiler.Compile("#include <unistd.h>\nint main(void) { write(1, \"here\", 4); for (;;) pause(); }", Toolchain.GccStatic));
        byte[] before = command.Settings;
        await command.ExpectAsync("here");
        Assert.Equal(124, await command.WaitAsync());
        Assert.Equal(before, command.Settings);
    }

    [Fact]
    public async Task Reads_are_at_the_end_of_the_file_when_no_more_is_typed()
    {
        var output = new OutputCapture();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.ReadOne())
            .UseTerminal(new TerminalOptions(ConsoleInput.FromText("x"), ConsoleOutput.ToCapture(output))).Build();
        Assert.Equal(1, (await machine.RunAsync(Token)).ExitCode);
        Assert.Equal("x", output.Text);

        await using Unikernel empty = new UnikernelBuilder().UseProgramImage(Guests.ReadOne())
            .UseTerminal(new TerminalOptions(ConsoleInput.Empty, ConsoleOutput.Discard)).Build();
        Assert.Equal(0, (await empty.RunAsync(Token)).ExitCode);
    }

    [Fact]
    public async Task All_lines_arrive_however_many_are_typed_ahead()
    {
        string program = GuestCompiler.Compile("""
            #include <stdio.h>
            #include <string.h>
            int main(void)
            {
                char b[100];
                int lines = 0;
                while (fgets(b, sizeof b, stdin) && strcmp(b, "the same line again\n") == 0)
                    lines++;
                return lines == 20000 ? 0 : 1;
            }
            """, Toolchain.GccStatic);
        await using Unikernel machine = new UnikernelBuilder().UseHostProgram(program)
            .UseTerminal(new TerminalOptions(ConsoleInput.FromText(string.Concat(Enumerable.Repeat("the same line again\n", 20000))), ConsoleOutput.Discard)).Build();
        Assert.True((await machine.RunAsync(Token)).IsSuccess);
    }

    [Fact]
    public async Task A_screen_that_is_gone_hangs_up()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        await pipe.Reader.CompleteAsync();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Write(1, "x", 0))
            .UseTerminal(new TerminalOptions(ConsoleInput.FromPipe(new System.IO.Pipelines.Pipe().Reader), ConsoleOutput.ToPipe(pipe.Writer))).Build();
        Assert.Equal(Signal.SIGHUP, (await machine.RunAsync(Token)).Signal);
    }

    [Fact]
    public async Task Standard_files_may_be_something_else_beside_the_terminal()
    {
        string program = GuestCompiler.Compile("""
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <unistd.h>
            int main(void)
            {
                dprintf(open("/dev/tty", O_WRONLY), "%s\n", getenv("TERM"));
                dprintf(2, "%d%d%d", isatty(0), isatty(1), isatty(2));
            }
            """, Toolchain.GccStatic);
        var screen = new OutputCapture();
        var error = new OutputCapture();
        await using Unikernel machine = new UnikernelBuilder().UseHostProgram(program)
            .UseTerminal(new TerminalOptions(ConsoleInput.Empty, ConsoleOutput.ToCapture(screen)) { Type = "vt100" })
            .UseStandardInput(ConsoleInput.Empty).UseStandardError(ConsoleOutput.ToCapture(error)).Build();
        Assert.True((await machine.RunAsync(Token)).IsSuccess);
        Assert.Equal(("vt100\r\n", "010"), (screen.Text, error.Text));
    }

    [Fact]
    public async Task Without_the_default_tree_the_terminal_has_no_name_but_works()
    {
        var screen = new OutputCapture();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Write(1, "a\n", 1)).WithoutDefaultTree()
            .UseTerminal(new TerminalOptions(ConsoleInput.Empty, ConsoleOutput.ToCapture(screen))).Build();
        Assert.True((await machine.RunAsync(Token)).IsSuccess);
        Assert.Equal("a\r\n", screen.Text);
    }

    [Fact]
    public async Task Misuse_is_an_error_of_the_embedder()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(0)).Build();
        Assert.Throws<InvalidOperationException>(() => machine.ResizeTerminal(1, 1));
        var terminal = new TerminalOptions(ConsoleInput.Terminal, ConsoleOutput.Discard) { Columns = -1 };
        Assert.Equal(2, Assert.Throws<UnikernelConfigurationException>(() => new UnikernelBuilder().UseProgramImage(Guests.Exit(0)).UseTerminal(terminal).Build()).Problems.Count);
        Assert.Throws<UnikernelConfigurationException>(() => new UnikernelBuilder().UseProgramImage(Guests.Exit(0)).UseStandardError(ConsoleOutput.Terminal).Build());
    }

    private static async Task<int> PlayAsync(TerminalSession session)
    {
        await session.PlayAsync(("line> ", "a line\r"));
        await PlayRestAsync(session);
        return await session.WaitAsync();
    }

    private static async Task PlayRestAsync(TerminalSession session)
    {
        await session.PlayAsync(
            ("part> ", "helo\x7flo there\n"), ("end> ", "\x04"), ("poll> ", "p\n"),
            ("interrupt> ", "typed\x03"), ("quit> ", "\x1c"));
        await session.ExpectAsync("resize> ");
        session.Resize(132, 50);
        await session.PlayAsync(("raw> ", "\x03\x04\r\n\x7f"), ("three> ", "abc"), ("two> ", "de"));
        await session.PlayAsync(("soon> ", "f"), ("some> ", "gh"), ("five> ", "ijklm"), ("ahead> ", "n"), ("bye> ", "\n"));
    }
}
