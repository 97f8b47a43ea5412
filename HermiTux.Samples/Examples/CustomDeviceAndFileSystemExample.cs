using System.Text;
using HermiTux.Abi;
using HermiTux.Devices;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Samples.Examples;

/// <summary>A device and a file system in C#: the guest reads a dice under /dev and a greeting for whatever name it opens.</summary>
internal static class CustomDeviceAndFileSystemExample
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        var capture = new OutputCapture();
        await using Unikernel machine = new UnikernelBuilder()
            .UseProgramImage(ElfBuilder.Build(a => Cat(a, "/dev/dice", "/greetings/world")))
            .AddDevice(new DiceDevice(new Random(1)))
            .Mount("/greetings", new GreetingFileSystem(), readOnly: true)
            .UseStandardOutput(ConsoleOutput.ToCapture(capture))
            .Build();
        UnikernelExit exit = await machine.RunAsync(cancellationToken);
        output.Write(capture.Text);
        output.WriteLine($"The guest {exit}.");
    }

    /// <summary>/dev/dice: each read gives one throw as a line.</summary>
    private sealed class DiceDevice(Random random) : CharacterDevice("dice")
    {
        public override int Read(Span<byte> buffer)
        {
            if (buffer.Length < 2)
            {
                return -(int)Errno.EINVAL;
            }

            buffer[0] = (byte)('0' + random.Next(1, 7));
            buffer[1] = (byte)'\n';
            return 2;
        }
    }

    /// <summary>A directory in which every name is a file that greets it.</summary>
    private sealed class GreetingFileSystem : IFileSystem
    {
        public string TypeName => "greetings";

        public Inode Root { get; } = new Directory();

        public FileSystemStatistics GetStatistics() => default;

        private sealed class Directory : Inode
        {
            public override ulong Number => 1;

            public override uint Type => StatConstants.S_IFDIR;

            public override Result<InodeAttributes> GetAttributes() => new InodeAttributes { Inode = Number, Mode = Type | 0x16D, Links = 2 };

            public override Result<Inode> Lookup(string name) => new Greeting(name);

            public override Result<OpenFile> Open(int flags, Dentry dentry) => Errno.EACCES;
        }

        private sealed class Greeting(string name) : Inode
        {
            private readonly byte[] _text = Encoding.UTF8.GetBytes($"Hello, {name}!\n");

            public override ulong Number => 2 + (ulong)string.GetHashCode(name, StringComparison.Ordinal);

            public override uint Type => StatConstants.S_IFREG;

            public override Result<InodeAttributes> GetAttributes() => new InodeAttributes { Inode = Number, Mode = Type | 0x124, Links = 1, Size = _text.Length };

            public override Result<OpenFile> Open(int flags, Dentry dentry) => new GreetingFile(this, flags, dentry, _text);
        }

        private sealed class GreetingFile : OpenFile
        {
            private readonly byte[] _text;

            public GreetingFile(Inode inode, int flags, Dentry dentry, byte[] text)
                : base(flags)
            {
                Inode = inode;
                Dentry = dentry;
                _text = text;
            }

            public override Inode Inode { get; }

            public override bool IsSeekable => true;

            public override Result<int> Read(Span<byte> buffer, long position)
            {
                ReadOnlySpan<byte> rest = position < _text.Length ? _text.AsSpan((int)position) : [];
                int length = Math.Min(rest.Length, buffer.Length);
                rest[..length].CopyTo(buffer);
                return length;
            }
        }
    }

    /// <summary>For each path: write(1, buffer, read(open(path), buffer, 100)); then exit_group(0).</summary>
    private static void Cat(Assembler a, params string[] paths)
    {
        Label buffer = a.CreateLabel();
        Label[] names = [.. paths.Select(_ => a.CreateLabel())];
        for (int i = 0; i < paths.Length; i++)
        {
            a.mov(eax, (int)SyscallNumber.open);
            a.lea(rdi, __[names[i]]);
            a.xor(esi, esi);
            a.syscall();
            a.mov(edi, eax);
            a.mov(eax, (int)SyscallNumber.read);
            a.lea(rsi, __[buffer]);
            a.mov(edx, 100);
            a.syscall();
            a.mov(edx, eax);
            a.mov(eax, (int)SyscallNumber.write);
            a.mov(edi, 1);
            a.syscall();
        }

        a.mov(eax, (int)SyscallNumber.exit_group);
        a.xor(edi, edi);
        a.syscall();
        for (int i = 0; i < paths.Length; i++)
        {
            a.Label(ref names[i]);
            a.db(Encoding.ASCII.GetBytes(paths[i] + "\0"));
        }

        a.Label(ref buffer);
        a.nop();
    }
}
