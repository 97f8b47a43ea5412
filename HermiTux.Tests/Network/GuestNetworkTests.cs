using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Network;

/// <summary>The embedder's ends of connections: connecting, listening, back-pressure, cancellation and every way to end.</summary>
public sealed class GuestNetworkTests
{
    // Usage: echo PORT serves one connection after the other and ends when one sends "quit"; call PORT TEXT connects and prints the answer;
    // sleep PORT listens and never accepts; drop PORT closes what it accepts with bytes unread.
    private const string Program = """
        #include <arpa/inet.h>
        #include <netinet/in.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <unistd.h>

        int main(int argc, char **argv)
        {
            struct sockaddr_in a = { AF_INET, htons(atoi(argv[2])), { htonl(INADDR_LOOPBACK) } };
            static char b[65536];
            int s = socket(AF_INET, SOCK_STREAM, 0), n;
            if (!strcmp(argv[1], "call")) {
                if (connect(s, (void *)&a, sizeof a))
                    return perror("connect"), 1;
                write(s, argv[3], strlen(argv[3]));
                shutdown(s, SHUT_WR);
                while ((n = read(s, b, sizeof b)) > 0)
                    write(1, b, n);
                return n < 0;
            }
            if (bind(s, (void *)&a, sizeof a) || listen(s, 4))
                return perror("bind"), 1;
            if (!strcmp(argv[1], "sleep"))
                return pause();
            for (;;) {
                int c = accept(s, 0, 0);
                if (!strcmp(argv[1], "drop")) {
                    while (recv(c, b, 1, MSG_PEEK) < 1)
                        ;
                    close(c);
                    continue;
                }
                while ((n = read(c, b, sizeof b)) > 0) {
                    if (n == 4 && !memcmp(b, "quit", 4))
                        return 7;
                    for (int i = 0, w; i < n; i += w)
                        if ((w = write(c, b + i, n - i)) < 0)
                            break;
                }
                close(c);
            }
        }
        """;

    public static TheoryData<string> Engines => [.. GuestRunner.Engines];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_connection_carries_bytes_both_ways(string engine)
    {
        await using ServerMachine server = Start(engine, "echo", "80");
        await using (GuestStream stream = await server.Machine.ConnectAsync(80, Token))
        {
            Assert.Equal(80, stream.RemotePort);
            byte[] sent = new byte[3_000_000];
            new Random(1).NextBytes(sent);
            Task writing = Task.Run(async () =>
            {
                await stream.WriteAsync(sent, Token);
                stream.CloseWrite();
            }, Token);
            using var received = new MemoryStream();
            await stream.CopyToAsync(received, Token);
            await writing;
            Assert.Equal(sent, received.ToArray());
        }

        await using GuestStream last = await server.Machine.ConnectAsync(80, Token);
        await last.WriteAsync("quit"u8.ToArray(), Token);
        Assert.Equal(7, (await server.Run).ExitCode);
        Assert.Equal(0, await last.ReadAsync(new byte[1], Token));
        SocketException gone = await Assert.ThrowsAsync<SocketException>(async () => await server.Machine.ConnectAsync(80, Token));
        Assert.Equal(SocketError.HostDown, gone.SocketErrorCode);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_connection_is_a_pair_of_pipes(string engine)
    {
        await using ServerMachine server = Start(engine, "echo", "81");
        await using GuestStream stream = await server.Machine.ConnectAsync(81, Token);
        IDuplexPipe pipe = stream.AsPipe();
        await pipe.Output.WriteAsync("through pipes"u8.ToArray(), Token);
        await pipe.Output.CompleteAsync();
        ReadResult result = await pipe.Input.ReadAtLeastAsync(100, Token);
        Assert.True(result.IsCompleted);
        Assert.Equal("through pipes", Encoding.ASCII.GetString(result.Buffer));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Connecting_waits_for_a_listener_or_refuses(string engine)
    {
        await using ServerMachine server = Start(engine, "echo", "82");
        await using (await server.Machine.ConnectAsync(82, Token))
        {
        }

        var now = new GuestConnectOptions { WaitForListener = false };
        SocketException refused = await Assert.ThrowsAsync<SocketException>(async () => await server.Machine.ConnectAsync(9, now, Token));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        using var soon = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await server.Machine.ConnectAsync(9, soon.Token));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_writer_waits_while_the_guest_does_not_read(string engine)
    {
        await using ServerMachine server = Start(engine, "sleep", "83");
        await using GuestStream stream = await server.Machine.ConnectAsync(83, Token);
        using var soon = new CancellationTokenSource(500);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.WriteAsync(new byte[64 << 20], soon.Token));

        // The queue holds five that aren't accepted; the next waits for room, and the end of the machine ends it.
        var waiting = new List<GuestStream>();
        for (int i = 0; i < 4; i++)
        {
            waiting.Add(await server.Machine.ConnectAsync(83, Token));
        }

        Task<GuestStream> more = server.Machine.ConnectAsync(83, Token).AsTask();
        ValueTask<int> read = stream.ReadAsync(new byte[1], Token);
        Assert.False(more.IsCompleted);
        await server.Machine.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => more.WaitAsync(TimeSpan.FromSeconds(30), Token));
        await Assert.ThrowsAsync<IOException>(async () => await read);
        waiting.ForEach(w => w.Dispose());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Closing_with_bytes_unread_is_a_reset(string engine)
    {
        await using ServerMachine server = Start(engine, "drop", "84");
        await using GuestStream stream = await server.Machine.ConnectAsync(84, Token);
        await stream.WriteAsync(new byte[10], Token);
        IOException reset = await Assert.ThrowsAsync<IOException>(async () => _ = await stream.ReadAsync(new byte[1], Token));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(reset.InnerException).SocketErrorCode);
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => _ = await stream.ReadAsync(new byte[1], Token));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_disposed_stream_ends_its_own_waits(string engine)
    {
        await using ServerMachine server = Start(engine, "sleep", "85");
        GuestStream stream = await server.Machine.ConnectAsync(85, Token);
        Task<int> read = stream.ReadAsync(new byte[1], Token).AsTask();
        stream.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => read.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_guest_calls_the_embedder(string engine)
    {
        var request = new ProgramRequest(GuestCompiler.Compile(Program, Toolchain.GccStatic), "call", "5000", "ping") { MountHostRoot = false };
        var output = new OutputCapture();
        UnikernelBuilder builder = new UnikernelBuilder().UseHostProgram(request.Program).WithArguments(request.Arguments).UseStandardOutput(ConsoleOutput.ToCapture(output));
        GuestRunner.UseEngine(builder, engine);
        await using Unikernel machine = builder.Build();
        using GuestListener listener = machine.Listen(5000);
        Assert.Equal(5000, listener.Port);
        Assert.Throws<SocketException>(() => machine.Listen(5000));
        Task<UnikernelExit> run = machine.RunAsync(Token);
        await using (GuestStream stream = await listener.AcceptAsync(Token))
        {
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            Assert.Equal("ping", await reader.ReadToEndAsync(Token));
            await stream.WriteAsync("pong"u8.ToArray(), Token);
        }

        Assert.Equal(0, (await run).ExitCode);
        Assert.Equal("pong", output.Text);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await listener.AcceptAsync(Token));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_service_of_the_embedders_answers_each_connection(string engine)
    {
        string program = GuestCompiler.Compile(Program, Toolchain.GccStatic);
        var output = new OutputCapture();
        UnikernelBuilder builder = new UnikernelBuilder().UseHostProgram(program).WithArguments("call", "5001", "name").UseStandardOutput(ConsoleOutput.ToCapture(output))
            .AddHostService(5001, async (stream, token) =>
            {
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                await stream.WriteAsync(Encoding.ASCII.GetBytes("hello " + await reader.ReadToEndAsync(token)), token);
            });
        GuestRunner.UseEngine(builder, engine);
        await using Unikernel machine = builder.Build();
        Assert.Equal(0, (await machine.RunAsync(Token)).ExitCode);
        Assert.Equal("hello name", output.Text);
    }

    [Theory]
    [InlineData("AF_INET")]
    [InlineData("AF_UNIX")]
    public async Task Connections_that_nobody_accepts_are_limited(string family)
    {
        // Each client closes at once, so that only the listeners' queues hold on to anything.
        string source = $$"""
            #include <arpa/inet.h>
            #include <netinet/in.h>
            #include <poll.h>
            #include <stdio.h>
            #include <sys/socket.h>
            #include <sys/un.h>
            #include <unistd.h>

            int main(void)
            {
                int total = 0;
                for (int i = 0; i < 3; i++) {
                    struct sockaddr_in in = { AF_INET, htons(4000 + i), { htonl(INADDR_LOOPBACK) } };
                    struct sockaddr_un un = { AF_UNIX, { 0, 'x', '0' + i } };
                    struct sockaddr *a = {{family}} == AF_INET ? (void *)&in : (void *)&un;
                    socklen_t l = {{family}} == AF_INET ? sizeof in : 5;
                    int s = socket({{family}}, SOCK_STREAM, 0);
                    bind(s, a, l);
                    listen(s, 4000);
                    for (int k = 0; k < 4001; k++) {
                        int c = socket({{family}}, SOCK_STREAM | SOCK_NONBLOCK, 0);
                        int r = connect(c, a, l);
                        struct pollfd p = { c, POLLOUT };
                        total += {{family}} == AF_INET ? poll(&p, 1, 0) : r == 0;
                        close(c);
                    }
                }
                printf("%d\n", total);
                return 0;
            }
            """;
        var request = new ProgramRequest(GuestCompiler.Compile(source, Toolchain.GccStatic)) { MountHostRoot = false };
        ProgramRun run = await GuestRunner.RunAsync("interpreter", request, builder => builder.WithMemoryLimit(64 << 20));
        Assert.InRange(int.Parse(Encoding.ASCII.GetString(run.Output), System.Globalization.CultureInfo.InvariantCulture), 3000, 4096);
    }

    private static ServerMachine Start(string engine, params string[] arguments) =>
        ServerMachine.Start(engine, new ProgramRequest(GuestCompiler.Compile(Program, Toolchain.GccStatic), arguments) { MountHostRoot = false });
}
