using System.Net;
using System.Net.Security;
using System.Text;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Network;

/// <summary>Real servers in guests, and clients on the embedder's side of <see cref="Unikernel.ConnectAsync(int, CancellationToken)"/>.</summary>
public sealed class ServerProgramTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hermitux-servers-");

    public static TheoryData<string> Engines => [.. GuestRunner.Engines];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Python_serves_files_over_http(string engine)
    {
        (string page, byte[] large) = WriteSite("");
        await using ServerMachine server = Start(engine, "/usr/bin/python3", "python3", ["-m", "http.server", "8000"]);
        await CheckSiteAsync(server, "http://guest:8000", page, large, parallel: 4);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Nginx_serves_files_over_http(string engine)
    {
        (string page, byte[] large) = WriteSite("site/");
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "nginx.conf"), """
            daemon off; master_process off; worker_processes 1; error_log stderr; pid /g/nginx.pid;
            events { worker_connections 100; }
            http {
                access_log off; sendfile on; tcp_nopush on; keepalive_timeout 65; client_body_temp_path /g/b; proxy_temp_path /g/p; fastcgi_temp_path /g/f; uwsgi_temp_path /g/u; scgi_temp_path /g/s;
                server { listen 8080; root /g/site; location /echo { return 200 "$arg_text"; } }
            }
            """, Token);
        await using ServerMachine server = Start(engine, "/usr/sbin/nginx", "nginx-light", ["-c", "/g/nginx.conf", "-p", "/g", "-e", "stderr"]);
        await CheckSiteAsync(server, "http://guest:8080", page, large, parallel: 16);
        using HttpClient http = server.CreateHttpClient();
        Assert.Equal("hi", await http.GetStringAsync("http://guest:8080/echo?text=hi", Token));
        using HttpResponseMessage missing = await http.GetAsync("http://guest:8080/none", Token);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        var range = new HttpRequestMessage(HttpMethod.Get, "http://guest:8080/large") { Headers = { Range = new(100, 199) } };
        using HttpResponseMessage part = await http.SendAsync(range, Token);
        Assert.Equal(large[100..200], await part.Content.ReadAsByteArrayAsync(Token));
        server.Machine.SendSignal(HermiTux.Abi.Signal.SIGTERM);
        Assert.Equal(0, (await server.Run.WaitAsync(TimeSpan.FromMinutes(1), Token)).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Redis_answers_pipelined_commands(string engine)
    {
        await using ServerMachine server = Start(engine, "/usr/bin/redis-server", "redis-server", ["--port", "6379", "--save", "", "--appendonly", "no", "--dir", "/g"]);
        await using GuestStream stream = await server.Machine.ConnectAsync(6379, Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        const int Count = 2000;
        var request = new StringBuilder();
        for (int i = 0; i < Count; i++)
        {
            string value = new('v', i % 500);
            request.Append($"*3\r\n$3\r\nSET\r\n${$"key:{i}".Length}\r\nkey:{i}\r\n${value.Length}\r\n{value}\r\n");
            request.Append($"*2\r\n$4\r\nINCR\r\n$7\r\ncounter\r\n");
            request.Append($"*2\r\n$6\r\nSTRLEN\r\n${$"key:{i}".Length}\r\nkey:{i}\r\n");
        }

        Task writing = stream.WriteAsync(Encoding.Latin1.GetBytes(request.ToString()), Token).AsTask();
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal("+OK", await reader.ReadLineAsync(Token));
            Assert.Equal($":{i + 1}", await reader.ReadLineAsync(Token));
            Assert.Equal($":{i % 500}", await reader.ReadLineAsync(Token));
        }

        await writing;
        await stream.WriteAsync("SHUTDOWN NOSAVE\r\n"u8.ToArray(), Token);
        Assert.Null(await reader.ReadLineAsync(Token));
        Assert.Equal(0, (await server.Run.WaitAsync(TimeSpan.FromMinutes(1), Token)).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Memcached_keeps_values(string engine)
    {
        await using ServerMachine server = Start(engine, "/usr/bin/memcached", "memcached", ["-u", "root", "-p", "11211", "-U", "0", "-m", "16", "-t", "2", "-l", "127.0.0.1"], cpus: 2);
        await using GuestStream stream = await server.Machine.ConnectAsync(11211, Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        for (int i = 0; i < 200; i++)
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"set k{i} 0 0 5\r\nv{i:0000}\r\nget k{i}\r\n"), Token);
            Assert.Equal("STORED", await reader.ReadLineAsync(Token));
            Assert.Equal($"VALUE k{i} 0 5", await reader.ReadLineAsync(Token));
            Assert.Equal($"v{i:0000}", await reader.ReadLineAsync(Token));
            Assert.Equal("END", await reader.ReadLineAsync(Token));
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Node_serves_http(string engine)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "server.js"), """
            require('http').createServer((request, response) => {
                let length = 0;
                request.on('data', chunk => { length += chunk.length; });
                request.on('end', () => response.end(request.method + ' ' + request.url + ' ' + length + '\n'));
            }).listen(3000);
            """, Token);
        await using ServerMachine server = Start(engine, "/usr/bin/node", "nodejs", ["--jitless", "/g/server.js"], cpus: 2);
        using HttpClient http = server.CreateHttpClient();
        Assert.Equal("GET /one 0\n", await http.GetStringAsync("http://guest:3000/one", Token));
        using HttpResponseMessage answer = await http.PostAsync("http://guest:3000/two", new ByteArrayContent(new byte[300_000]), Token);
        Assert.Equal("POST /two 300000\n", await answer.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Openssl_speaks_tls_with_an_ssl_stream(string engine)
    {
        if (!File.Exists("/usr/bin/openssl"))
        {
            Assert.Skip("needs openssl (apt install openssl)");
        }

        await NativeRunner.RunAsync(new ProgramRequest("/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=guest")
        {
            Directory = _directory.FullName,
        });
        await using ServerMachine server = Start(engine, "/usr/bin/openssl", "openssl", ["s_server", "-accept", "4433", "-cert", "/g/cert.pem", "-key", "/g/key.pem", "-rev", "-quiet"]);
        await using GuestStream stream = await server.Machine.ConnectAsync(4433, Token);
        await using var tls = new SslStream(stream, leaveInnerStreamOpen: true, (_, certificate, _, _) => certificate?.Subject == "CN=guest");
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "guest" }, Token);
        using var reader = new StreamReader(tls, Encoding.ASCII);
        foreach (string line in new[] { "hello", "over TLS", new string('x', 5000) + "y" })
        {
            await tls.WriteAsync(Encoding.ASCII.GetBytes(line + "\n"), Token);
            Assert.Equal(new string([.. line.Reverse()]), await reader.ReadLineAsync(Token));
        }
    }

    private static async Task CheckSiteAsync(ServerMachine server, string address, string page, byte[] large, int parallel)
    {
        using HttpClient http = server.CreateHttpClient();
        try
        {
            Assert.Equal(page, await http.GetStringAsync($"{address}/index.html", Token));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Assert.Fail($"{e.Message}\n{server.Said}");
        }

        byte[][] all = await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => http.GetByteArrayAsync($"{address}/large", Token)));
        Assert.All(all, got => Assert.Equal(large, got));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(page, await http.GetStringAsync($"{address}/index.html?{i}", Token));
        }
    }

    private (string Page, byte[] Large) WriteSite(string folder)
    {
        string site = Path.Combine(_directory.FullName, folder);
        Directory.CreateDirectory(site);
        const string Page = "<h1>A page of the guest's</h1>\n";
        byte[] large = new byte[1_500_001];
        new Random(7).NextBytes(large);
        File.WriteAllText(Path.Combine(site, "index.html"), Page);
        File.WriteAllBytes(Path.Combine(site, "large"), large);
        return (Page, large);
    }

    private ServerMachine Start(string engine, string program, string package, string[] arguments, int cpus = 1)
    {
        if (!File.Exists(program))
        {
            Assert.Skip($"needs {program} (apt install {package})");
        }

        return ServerMachine.Start(
            engine,
            new ProgramRequest(program, arguments) { Directory = _directory.FullName, GuestDirectory = "/g" },
            builder => builder.WithCpuCount(cpus));
    }
}
