using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HermiTux.Syscalls.Trace;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Network;

/// <summary>Programs that talk to themselves over sockets, natively and as guests; clients of the embedder's services; what a policy lets out.</summary>
public sealed class SocketProgramTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hermitux-sockets-");

    public static TheoryData<string> Engines => [.. GuestRunner.Engines];

    public static TheoryData<string, int> EnginesAndCpus
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (int cpus in new[] { 1, 2, 8 })
                {
                    data.Add(engine, cpus);
                }
            }

            return data;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Network", "programs");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public async Task Python_talks_to_itself_as_natively(string engine, int cpus)
    {
        Need("/usr/bin/python3", "python3");
        File.Copy(Path.Combine(Folder, "sockets.py"), Path.Combine(_directory.FullName, "sockets.py"));
        await CompareAsync(engine, cpus, new ProgramRequest("/usr/bin/python3", "sockets.py") { Directory = _directory.FullName, GuestDirectory = "/g" });
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Go_talks_to_itself_as_natively(string engine)
    {
        Need("/usr/bin/go", "golang-go");
        string program = Path.Combine(_directory.FullName, "server");
        var start = new ProcessStartInfo("/usr/bin/go", ["build", "-o", program, Path.Combine(Folder, "server.go")]) { RedirectStandardError = true };
        start.Environment["GOCACHE"] = Path.Combine(Path.GetTempPath(), "hermitux-go-cache");
        start.Environment["CGO_ENABLED"] = "0";
        using (Process build = Process.Start(start)!)
        {
            string errors = await build.StandardError.ReadToEndAsync(Token);
            await build.WaitForExitAsync(Token);
            Assert.True(build.ExitCode == 0, errors);
        }

        await CompareAsync(engine, 2, new ProgramRequest(program) { MountHostRoot = false });
    }

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public async Task No_byte_and_no_wake_up_is_lost(string engine, int cpus)
    {
        string program = GuestCompiler.Compile(await File.ReadAllTextAsync(Path.Combine(Folder, "stress.c"), Token), Toolchain.GccStatic);
        string seconds = Environment.GetEnvironmentVariable("HERMITUX_STRESS_SECONDS") ?? "1";
        string seed = Environment.GetEnvironmentVariable("HERMITUX_STRESS_SEED") ?? "1";
        var request = new ProgramRequest(program, seed, seconds)
        {
            MountHostRoot = false,
            Limit = TimeSpan.FromSeconds(120 + int.Parse(seconds, CultureInfo.InvariantCulture)),
        };
        ProgramRun run = await GuestRunner.RunAsync(engine, request, builder => builder.WithCpuCount(cpus));
        Assert.Equal("status 0\nok\n", run.Summary);
    }

    [Theory]
    [InlineData("/usr/bin/curl", "curl", "-sS")]
    [InlineData("/usr/bin/wget", "wget", "-qO-")]
    public async Task A_client_in_the_guest_gets_a_page_of_the_embedders(string program, string package, string option)
    {
        Need(program, package);
        foreach (string engine in GuestRunner.Engines)
        {
            byte[] page = new byte[700_000];
            Array.Fill(page, (byte)'p');
            var request = new ProgramRequest(program, option, "http://127.0.0.1:8081/page");
            ProgramRun run = await GuestRunner.RunAsync(engine, request, builder => builder.AddHostService(8081, async (stream, token) =>
            {
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                string? first = await reader.ReadLineAsync(token);
                while (await reader.ReadLineAsync(token) is { Length: > 0 })
                {
                }

                string head = first == "GET /page HTTP/1.1" ? "200 OK" : "400 Bad Request";
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nContent-Length: {page.Length}\r\nConnection: close\r\n\r\n"), token);
                await stream.WriteAsync(page, token);
            }));
            Assert.True(run.Status == 0, run.ErrorText);
            Assert.Equal(page, run.Output);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Only_what_is_allowed_is_reached_beyond_the_machine(string engine)
    {
        Need("/usr/bin/python3", "python3");
        const string Script = """
            import socket
            def call(host, port):
                try:
                    with socket.create_connection((host, port), timeout=20) as s:
                        s.sendall(b"hello\n")
                        s.shutdown(socket.SHUT_WR)
                        print(host, port, b"".join(iter(lambda: s.recv(100), b"")), s.getsockname()[0])
                except OSError as e:
                    print(host, port, type(e).__name__, e.errno)
            call("service.example", 80)
            call("a.b.example", 443)
            call("service.example", 81)
            call("other.test", 80)
            call("192.0.2.9", 80)
            call("198.51.100.7", 7000)
            call("198.51.100.7", 7001)
            call("203.0.113.1", 9)
            """;
        var reached = new List<string>();
        var request = new ProgramRequest("/usr/bin/python3", "-c", Script);
        ProgramRun run = await GuestRunner.RunAsync(engine, request, builder => builder.UseOutbound(outbound => outbound
            .Allow("service.example", 80)
            .Allow("*.b.example", 443)
            .Allow(IPNetwork.Parse("198.51.100.0/24"), 7000)
            .Allow(IPNetwork.Parse("203.0.113.1/32"), 9)
            .UseResolver((name, _) => new([IPAddress.Parse(name == "service.example" ? "192.0.2.1" : "192.0.2.2")]))
            .UseConnector((endpoint, host, _) =>
            {
                reached.Add($"{host} {endpoint}");
                return endpoint.Port == 9 ? throw new SocketException((int)SocketError.ConnectionRefused) : new(new EchoStream());
            })));
        Assert.True(run.Status == 0, run.ErrorText);
        Assert.Equal("""
            service.example 80 b'hello\n' 10.0.2.15
            a.b.example 443 b'hello\n' 10.0.2.15
            service.example 81 OSError 113
            other.test 80 gaierror -2
            192.0.2.9 80 OSError 113
            198.51.100.7 7000 b'hello\n' 10.0.2.15
            198.51.100.7 7001 OSError 113
            203.0.113.1 9 ConnectionRefusedError 111

            """.ReplaceLineEndings("\n"), Encoding.ASCII.GetString(run.Output));
        Assert.Equal(["service.example 192.0.2.1:80", "a.b.example 192.0.2.2:443", " 198.51.100.7:7000", " 203.0.113.1:9"], reached);
    }

    [Fact]
    public async Task Nothing_is_reached_without_a_policy()
    {
        Need("/usr/bin/python3", "python3");
        const string Script = """
            import socket
            for family, address in ((socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("2001:db8::1", 80))):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    try:
                        socket.socket(family, kind).connect(address)
                    except OSError as e:
                        print(e.errno)
            """;
        ProgramRun run = await GuestRunner.RunAsync("interpreter", new ProgramRequest("/usr/bin/python3", "-c", Script));
        Assert.Equal("101\n101\n101\n101\n", Encoding.ASCII.GetString(run.Output));
    }

    [Fact]
    public async Task Addresses_messages_and_options_are_traced_by_name()
    {
        const string Source = """
            #include <arpa/inet.h>
            #include <sys/socket.h>
            #include <sys/un.h>
            #include <netinet/tcp.h>
            int main(void)
            {
                struct sockaddr_in a = { AF_INET, htons(1234), { htonl(INADDR_LOOPBACK) } };
                struct sockaddr_un u = { AF_UNIX, "\0name" };
                int one = 1, p[2], s = socket(AF_INET, SOCK_STREAM, 0);
                setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                connect(s, (void *)&a, sizeof a);
                bind(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&u, 7);
                socketpair(AF_UNIX, SOCK_STREAM, 0, p);
                send(p[0], "hi", 2, MSG_NOSIGNAL | MSG_DONTWAIT);
                struct msghdr m = { .msg_iov = &(struct { void *b; long n; }){ (char[10]){ 0 }, 10 }, .msg_iovlen = 1 };
                recvmsg(p[1], &m, 0);
                return shutdown(p[0], SHUT_WR);
            }
            """;
        var trace = new StringWriter();
        var request = new ProgramRequest(GuestCompiler.Compile(Source, Toolchain.GccStatic)) { MountHostRoot = false };
        await GuestRunner.RunAsync("interpreter", request, builder => builder.UseTracer(new StraceTracer(trace)));
        string text = trace.ToString();
        foreach (string line in new[]
        {
            "socket(AF_INET, SOCK_STREAM, 0) = 3",
            "setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0",
            "connect(3, {sa_family=AF_INET, sin_port=htons(1234), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = -1 ECONNREFUSED",
            "bind(4, {sa_family=AF_UNIX, sun_path=@\"name\"}, 7) = 0",
            "sendto(5, \"hi\", 2, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = 2",
            "recvmsg(6, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"hi\", iov_len=10}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 2",
            "shutdown(5, SHUT_WR) = 0",
        })
        {
            Assert.Contains(line, text, StringComparison.Ordinal);
        }
    }

    private static async Task CompareAsync(string engine, int cpus, ProgramRequest request)
    {
        ProgramRun expected = await NativeRunner.RunAsync(request);
        ProgramRun actual = await GuestRunner.RunAsync(engine, request, builder => builder.WithCpuCount(cpus));
        Assert.True(expected.Status == 0, expected.ErrorText);
        Assert.True(expected.Summary == actual.Summary, $"{actual.Summary}\n{actual.ErrorText}\nnatively\n{expected.Summary}");
    }

    private static void Need(string program, string package)
    {
        if (!File.Exists(program))
        {
            Assert.Skip($"needs {program} (apt install {package})");
        }
    }

    /// <summary>Gives back what was written once it is shut down; stands for a server beyond the machine.</summary>
    private sealed class EchoStream : Stream
    {
        private readonly System.IO.Pipelines.Pipe _pipe = new();

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            System.IO.Pipelines.ReadResult result = await _pipe.Reader.ReadAsync(cancellationToken);
            int count = (int)Math.Min(buffer.Length, result.Buffer.Length);
            foreach (ReadOnlyMemory<byte> part in result.Buffer.Slice(0, count))
            {
                part.CopyTo(buffer);
                buffer = buffer[part.Length..];
            }

            _pipe.Reader.AdvanceTo(result.Buffer.GetPosition(count));
            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _pipe.Writer.WriteAsync(buffer, cancellationToken);
            await _pipe.Writer.CompleteAsync();
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
