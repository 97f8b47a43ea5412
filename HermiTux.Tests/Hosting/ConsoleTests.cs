using System.IO.Pipelines;
using System.Text;
using HermiTux.Abi;
using Xunit;

namespace HermiTux.Tests.Hosting;

public sealed class ConsoleTests
{
    private static readonly TimeSpan s_generous = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Input_is_at_its_end_by_default()
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.ReadOne()).Build();
        Assert.Equal(0, (await machine.RunAsync(Token)).ExitCode);
    }

    [Fact]
    public async Task Input_comes_from_text_stream_and_pipe()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("z"u8.ToArray(), Token);
        foreach (ConsoleInput input in new[] { ConsoleInput.FromText("x"), ConsoleInput.FromStream(new MemoryStream([1])), ConsoleInput.FromPipe(pipe.Reader) })
        {
            await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.ReadOne()).UseStandardInput(input).Build();
            Assert.Equal(1, (await machine.RunAsync(Token)).ExitCode);
        }
    }

    [Fact]
    public async Task A_read_waits_until_input_arrives()
    {
        var pipe = new Pipe();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.ReadOne()).UseStandardInput(ConsoleInput.FromPipe(pipe.Reader)).Build();
        Task<UnikernelExit> run = machine.RunAsync(Token);
        await Task.Delay(50, Token);
        Assert.False(run.IsCompleted);
        await pipe.Writer.WriteAsync("x"u8.ToArray(), Token);
        Assert.Equal(1, (await run.WaitAsync(s_generous, Token)).ExitCode);
    }

    [Fact]
    public async Task Input_is_read_no_further_than_the_guest_reads()
    {
        var stream = new CountingStream();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(0)).UseStandardInput(ConsoleInput.FromStream(stream)).Build();
        await machine.RunAsync(Token);
        Assert.Equal(0, stream.Reads);
    }

    [Fact]
    public async Task Output_and_error_are_two_pipes_unless_they_are_one_object()
    {
        var output = new OutputCapture();
        var error = new OutputCapture();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Write(2, "oops", 1))
            .UseStandardOutput(ConsoleOutput.ToCapture(output)).UseStandardError(ConsoleOutput.ToCapture(error)).Build();
        await machine.RunAsync(Token);
        Assert.Equal(("", "oops"), (output.Text, error.Text));

        ConsoleOutput both = ConsoleOutput.ToCapture(output);
        await using Unikernel second = new UnikernelBuilder().UseProgramImage(Guests.Write(2, "oops", 1)).UseStandardOutput(both).UseStandardError(both).Build();
        await second.RunAsync(Token);
        Assert.Equal("oops", output.Text);
    }

    [Fact]
    public async Task A_full_pipe_makes_the_guest_wait()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1000, resumeWriterThreshold: 500));
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Write(1, new string('x', 100), 100))
            .UseStandardOutput(ConsoleOutput.ToPipe(pipe.Writer)).Build();
        Task<UnikernelExit> run = machine.RunAsync(Token);

        // The write that finds the pipe full waits; nobody reads, so it stays the last one.
        while (machine.DescribeThreads().Threads is not [{ State: GuestThreadState.Waiting }])
        {
            Assert.False(run.IsCompleted);
            await Task.Delay(1, Token);
        }

        Assert.False(run.IsCompleted);
        Assert.InRange(machine.Statistics.Syscalls["write"], 10, 12);

        long total = 0;
        while (true)
        {
            ReadResult result = await pipe.Reader.ReadAsync(Token).AsTask().WaitAsync(s_generous, Token);
            total += result.Buffer.Length;
            pipe.Reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        Assert.Equal(10_000, total);
        Assert.True((await run).IsSuccess);
    }

    [Fact]
    public async Task Output_reaches_the_reader_while_the_guest_runs()
    {
        var input = new Pipe();
        var output = new Pipe();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Write(1, "tick", 0))
            .UseStandardInput(ConsoleInput.FromPipe(input.Reader)).UseStandardOutput(ConsoleOutput.ToPipe(output.Writer)).Build();
        Task<UnikernelExit> run = machine.RunAsync(Token);
        ReadResult result = await output.Reader.ReadAsync(Token).AsTask().WaitAsync(s_generous, Token);
        Assert.StartsWith("tick", Encoding.ASCII.GetString(result.Buffer.FirstSpan), StringComparison.Ordinal);
        Assert.False(run.IsCompleted);
    }

    [Fact]
    public async Task A_reader_that_is_gone_gives_SIGPIPE()
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Write(1, "x", 0)).UseStandardOutput(ConsoleOutput.ToPipe(pipe.Writer)).Build();
        UnikernelExit exit = await machine.RunAsync(Token).WaitAsync(s_generous, Token);
        Assert.Equal(Signal.SIGPIPE, exit.Signal);
    }

    [Fact]
    public async Task A_capture_keeps_to_its_limit()
    {
        var capture = new OutputCapture(limit: 10);
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Write(1, "abc", 100)).UseStandardOutput(ConsoleOutput.ToCapture(capture)).Build();
        Assert.True((await machine.RunAsync(Token)).IsSuccess);
        Assert.Equal(("abcabcabca", true), (capture.Text, capture.IsTruncated));
    }

    private sealed class CountingStream : Stream
    {
        public int Reads { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Reads++;
            return 0;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
