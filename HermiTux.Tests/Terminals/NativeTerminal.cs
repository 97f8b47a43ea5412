using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace HermiTux.Tests.Terminals;

/// <summary>A program of the host's in a pseudo-terminal of the host's: the oracle.</summary>
internal sealed partial class NativeTerminal : TerminalSession
{
    private const int O_RDWR = 2;
    private const int O_NOCTTY = 0x100;
    private const int O_CLOEXEC = 0x80000;
    private const nuint TCGETS = 0x5401;
    private const nuint TIOCSWINSZ = 0x5414;
    private const nuint TIOCGPTN = 0x80045430;
    private const nuint TIOCSPTLCK = 0x40045431;

    private readonly SafeFileHandle _master;
    private readonly Process _process;
    private readonly Task _reading;

    public NativeTerminal(string program, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setsid"), "needs /usr/bin/setsid (apt install util-linux)");
        _master = new SafeFileHandle(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), ownsHandle: true);
        Assert.SkipWhen(_master.IsInvalid, "needs /dev/ptmx");
        int number = 0;
        int unlocked = 0;
        Assert.Equal(0, ioctl(_master, TIOCGPTN, ref number));
        Assert.Equal(0, ioctl(_master, TIOCSPTLCK, ref unlocked));
        Resize(80, 24);
        string slave = $"/dev/pts/{number}";
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec setsid --ctty --wait \"$@\" <{slave} >{slave} 2>&1", "sh", program, .. arguments])
        {
            Environment = { ["TERM"] = "xterm" },
        })!;
        _reading = Task.Run(Read);
    }

    /// <summary>termios(3) of the terminal, as bytes.</summary>
    public byte[] Settings
    {
        get
        {
            Span<int> settings = stackalloc int[64];
            Assert.Equal(0, ioctl(_master, TCGETS, ref settings[0]));
            return MemoryMarshal.AsBytes(settings[..9]).ToArray();
        }
    }

    public override Task TypeAsync(string keys)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(keys);
        Assert.Equal(bytes.Length, write(_master, bytes, (nuint)bytes.Length));
        return Task.CompletedTask;
    }

    public override void Resize(int columns, int rows)
    {
        Span<ushort> window = [(ushort)rows, (ushort)columns, 0, 0];
        Assert.Equal(0, ioctl(_master, TIOCSWINSZ, ref MemoryMarshal.Cast<ushort, int>(window)[0]));
    }

    public override async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        await _reading;
        return _process.ExitCode;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _reading;
        _process.Dispose();
        _master.Dispose();
    }

    private void Read()
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            // A terminal gives EIO when nobody has it open: before the program has opened it, and after its end.
            nint count = read(_master, buffer, (nuint)buffer.Length);
            if (count > 0)
            {
                Show(buffer.AsSpan(0, (int)count));
            }
            else if (_process.HasExited)
            {
                return;
            }
            else
            {
                Thread.Sleep(1);
            }
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial nint read(SafeFileHandle file, [Out] byte[] buffer, nuint count);

    [LibraryImport("libc")]
    private static partial nint write(SafeFileHandle file, byte[] buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref int argument);
}
