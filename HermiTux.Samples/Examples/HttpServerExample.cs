using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Samples.Examples;

/// <summary>
/// Runs a web server in a guest and talks to it with <see cref="HttpClient"/>; no port of the host is opened. The same connection callback serves for
/// nginx, Node.js, Python or whatever listens in the guest.
/// </summary>
internal static class HttpServerExample
{
    private const ushort Port = 8080;

    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using Unikernel machine = new UnikernelBuilder()
            .UseProgramImage(Server())
            .Build();
        Task<UnikernelExit> run = machine.RunAsync(cancellationToken);

        using var http = new HttpClient(new SocketsHttpHandler
        {
            // Whatever the host name says, the connection goes to the guest.
            ConnectCallback = async (context, token) => await machine.ConnectAsync(context.DnsEndPoint.Port, token),
        });
        for (int i = 1; i <= 2; i++)
        {
            string page = await http.GetStringAsync($"http://guest:{Port}/", cancellationToken);
            output.WriteLine($"Request {i}: {page}");
        }

        machine.SendSignal(Abi.Signal.SIGTERM);
        output.WriteLine($"The guest was {await run}.");
    }

    /// <summary>s = socket(); bind(s, 0.0.0.0:8080); listen(s); for (;;) { c = accept(s); read(c, request); write(c, response); close(c); }</summary>
    private static byte[] Server() => ElfBuilder.Build(a =>
    {
        const string Page = "Hello from inside the guest";
        byte[] response = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Page.Length}\r\nConnection: close\r\n\r\n{Page}");
        byte[] address = [2, 0, Port >> 8, Port & 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Label loop = a.CreateLabel(), addressLabel = a.CreateLabel(), responseLabel = a.CreateLabel(), buffer = a.CreateLabel();
        Call(41, 2, 1, 0);
        a.mov(r12, rax);
        a.lea(rsi, __[addressLabel]);
        CallOn(r12, 49, 16);
        a.mov(esi, 8);
        CallOn(r12, 50, 0);
        a.Label(ref loop);
        a.xor(esi, esi);
        CallOn(r12, 43, 0);
        a.mov(r13, rax);
        a.lea(rsi, __[buffer]);
        CallOn(r13, 0, 4096);
        a.lea(rsi, __[responseLabel]);
        CallOn(r13, 1, response.Length);
        CallOn(r13, 3, 0);
        a.jmp(loop);
        a.Label(ref addressLabel);
        a.db(address);
        a.Label(ref responseLabel);
        a.db(response);
        a.Label(ref buffer);
        a.nop();

        void Call(int number, int first, int second, int third)
        {
            a.mov(edi, first);
            a.mov(esi, second);
            a.mov(edx, third);
            a.mov(eax, number);
            a.syscall();
        }

        // A call on a descriptor in a register, with the second argument in place.
        void CallOn(AssemblerRegister64 descriptor, int number, int third)
        {
            a.mov(rdi, descriptor);
            a.mov(edx, third);
            a.mov(eax, number);
            a.syscall();
        }
    });
}
