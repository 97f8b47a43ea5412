using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Samples.Examples;

/// <summary>Embeds a program and talks to it: lines go in through one pipe and come back through another, as they are produced.</summary>
internal static class PipelinesExample
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        var input = new Pipe();
        var answers = new Pipe();
        await using Unikernel machine = new UnikernelBuilder()
            .UseProgramImage(UpperCaseFilter())
            .UseStandardInput(ConsoleInput.FromPipe(input.Reader))
            .UseStandardOutput(ConsoleOutput.ToPipe(answers.Writer))
            .Build();
        Task<UnikernelExit> run = machine.RunAsync(cancellationToken);

        foreach (string line in new[] { "hello", "pipelines" })
        {
            await input.Writer.WriteAsync(Encoding.ASCII.GetBytes(line + "\n"), cancellationToken);
            output.WriteLine($"{line} -> {await ReadLineAsync(answers.Reader, cancellationToken)}");
        }

        await input.Writer.CompleteAsync();
        UnikernelExit exit = await run;
        output.WriteLine($"The guest {exit}.");
    }

    private static async Task<string> ReadLineAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken);
            if (result.Buffer.PositionOf((byte)'\n') is { } end)
            {
                string line = Encoding.ASCII.GetString(result.Buffer.Slice(0, end));
                reader.AdvanceTo(result.Buffer.GetPosition(1, end));
                return line;
            }

            if (result.IsCompleted)
            {
                throw new EndOfStreamException("The guest closed its output.");
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>while ((n = read(0, buf, 4096)) > 0) { upper-case it; write(1, buf, n); } exit(0);</summary>
    private static byte[] UpperCaseFilter() => ElfBuilder.Build(a =>
    {
        Label loop = a.CreateLabel(), next = a.CreateLabel(), skip = a.CreateLabel(), done = a.CreateLabel(), buffer = a.CreateLabel();
        a.Label(ref loop);
        a.xor(eax, eax);
        a.xor(edi, edi);
        a.lea(rsi, __[buffer]);
        a.mov(edx, 4096);
        a.syscall();
        a.test(rax, rax);
        a.jle(done);
        a.mov(rdx, rax);
        a.xor(ecx, ecx);
        a.Label(ref next);
        a.mov(al, __byte_ptr[rsi + rcx]);
        a.cmp(al, (sbyte)'a');
        a.jb(skip);
        a.cmp(al, (sbyte)'z');
        a.ja(skip);
        a.sub(al, 32);
        a.mov(__byte_ptr[rsi + rcx], al);
        a.Label(ref skip);
        a.inc(rcx);
        a.cmp(rcx, rdx);
        a.jb(next);
        a.mov(eax, 1);
        a.mov(edi, 1);
        a.syscall();
        a.jmp(loop);
        a.Label(ref done);
        a.mov(eax, 231);
        a.xor(edi, edi);
        a.syscall();
        a.Label(ref buffer);
        a.nop();
    });
}
