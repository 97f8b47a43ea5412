using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Kernel.FileSystems;

/// <summary>The same random calls on the host's Linux and here: the same errno each time and the same tree in the end.</summary>
public sealed class DifferentialTests
{
    private static readonly string[] Names = ["x", "y", "z", "u", "v"];

    [Theory]
    [InlineData("memory", 0u)]
    [InlineData("memory", 1000u)]
    [InlineData("host", 0u)]
    [InlineData("host", 1000u)]
    [InlineData("overlay", 0u)]
    [InlineData("overlay", 1000u)]
    [InlineData("overlay over files", 0u)]
    [InlineData("overlay over files", 1000u)]
    public void Random_calls_give_what_Linux_gives(string kind, uint user)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs root on Linux (changes the file-system user of a thread)");
        Exception? failure = null;
        int seeds = int.Parse(Environment.GetEnvironmentVariable("HERMITUX_TEST_SEEDS") ?? "40", null);
        var thread = new Thread(() =>
        {
            try
            {
                for (int seed = 1; seed <= seeds; seed++)
                {
                    Run(kind, user, seed);
                }
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.True(failure is null, failure?.Message);
    }

    private static void Run(string kind, uint user, int seed)
    {
        using var frames = new FrameTable(MemoryModel.ForHost.CreateStore(64 << 20), 64 << 20);
        using var native = new NativeFileOperations();
        GuestFileOperations guest = Create(kind == "overlay over files" ? "memory" : kind, frames);
        var random = new Random(seed);
        var log = new List<string>();
        for (int i = 0; i < 300; i++)
        {
            if (kind == "overlay over files" && i % 100 == 50)
            {
                // What was done so far is what lies below from now on.
                log.Add("overlay");
                guest = new GuestFileOperations(new VirtualFileSystem(new OverlayFileSystem([guest.Root], new MemoryFileSystem(frames, TimeProvider.System))));
            }

            uint who = user != 0 && random.Next(4) == 0 ? 0 : user;
            if (user != 0)
            {
                guest.SetUser(who);
                log.Add($"user {who}");
            }

            Func<IFileOperations, string> call = Choose(random, kind == "host", out string text);
            log.Add(text);
            native.SetUser(who);
            string expected = Comparable(kind, call(native));

            // The kernel layer reaches the host as the process it is in, not as the guest's user.
            native.SetUser(0);
            string actual = Comparable(kind, call(guest));
            if (expected != actual)
            {
                Assert.Fail($"{kind}, seed {seed}, call {i}: {text}: Linux {Show(expected)}, here {Show(actual)}\nbefore:\n{string.Join('\n', log.TakeLast(60))}\ntree:\n{native.Dump()}");
            }
        }

        string nativeTree = Comparable(kind, native.Dump());
        string guestTree = Comparable(kind, guest.Dump());
        guest.Dispose();
        Assert.True(nativeTree == guestTree, $"{kind}, seed {seed}:\n{string.Join('\n', log)}\nLinux:\n{nativeTree}\nhere:\n{guestTree}");
    }

    /// <summary>A directory that lies in several layers has one link, here as with Linux's overlayfs.</summary>
    private static string Comparable(string kind, string text) =>
        kind == "overlay over files" ? System.Text.RegularExpressions.Regex.Replace(text, "(4[0-9a-f]{3}) links [0-9]+", "$1") : text;

    private static string Show(string result) => int.TryParse(result, out int value) && value < 0 ? ((Errno)(-value)).ToString() : result;

    private static GuestFileOperations Create(string kind, FrameTable frames)
    {
        switch (kind)
        {
            case "memory":
                return new GuestFileOperations(new VirtualFileSystem(new MemoryFileSystem(frames, TimeProvider.System)));
            case "host":
                var directory = new TemporaryDirectory();
                IFileSystem host = HostFileSystem.Open(directory.Path, new HostFileSystemOptions { Writable = true, MaxDirectoryHandles = 4 });
                return new GuestFileOperations(new VirtualFileSystem(host), new Both((IDisposable)host, directory));
            default:
                var lower = new MemoryFileSystem(frames, TimeProvider.System);
                return new GuestFileOperations(new VirtualFileSystem(new OverlayFileSystem([lower], new MemoryFileSystem(frames, TimeProvider.System))));
        }
    }

    private static string RandomPath(Random random)
    {
        var path = new StringBuilder(Names[random.Next(Names.Length)]);
        for (int depth = random.Next(4); depth > 0 && random.Next(3) > 0; depth--)
        {
            path.Append('/').Append(random.Next(12) switch { 0 => ".", 1 => "..", _ => Names[random.Next(Names.Length)] });
        }

        return random.Next(40) switch
        {
            0 => path + "/",
            1 => path + "//",
            2 => "./" + path,
            3 => "../w/" + path,
            4 => "",
            5 => ".",
            6 => "..",
            7 => path + "/" + new string('n', 256),
            8 => new string('q', 255),
            _ => path.ToString(),
        };
    }

    private static Func<IFileOperations, string> Choose(Random random, bool isHost, out string text)
    {
        string path = RandomPath(random);
        string other = RandomPath(random);
        uint mode = random.Next(3) == 0 ? (uint)random.Next(0x1000) : 0x1FF;

        // The host file system strips set-id bits on purpose and makes no special files.
        if (isHost)
        {
            mode &= 0x1FF;
        }

        switch (random.Next(17))
        {
            case 0 or 1:
                text = $"mkdir {path} {mode:x}";
                return f => $"{f.MakeDirectory(path, mode)}";
            case 2:
                text = $"rmdir {path}";
                return f => $"{f.RemoveDirectory(path)}";
            case 3:
                text = $"unlink {path}";
                return f => $"{f.Unlink(path)}";
            case 4 or 5 or 6:
                int flags = random.Next(4) switch { 0 => Fcntl.O_RDONLY, 1 => Fcntl.O_WRONLY, 2 => Fcntl.O_RDWR, _ => Fcntl.O_RDWR } | Fcntl.O_NONBLOCK;
                flags |= (random.Next(3) > 0 ? Fcntl.O_CREAT : 0) | (random.Next(4) == 0 ? Fcntl.O_EXCL : 0) | (random.Next(4) == 0 ? Fcntl.O_TRUNC : 0);
                flags |= (random.Next(6) == 0 ? Fcntl.O_NOFOLLOW : 0) | (random.Next(12) == 0 ? Fcntl.O_PATH : 0);
                flags |= random.Next(8) == 0 && (flags & Fcntl.O_CREAT) == 0 ? Fcntl.O_DIRECTORY : 0;
                text = $"open {path} {flags:x} {mode:x}";
                return f => $"{f.OpenAndClose(path, flags, mode)}";
            case 7:
                string target = random.Next(3) == 0 ? "../" + other : other;
                text = $"symlink {target} {path}";
                return f => $"{f.SymbolicLink(target, path)}";
            case 8:
                bool follow = random.Next(2) == 0;
                text = $"link {path} {other} {follow}";
                return f => $"{f.Link(path, other, follow)}";
            case 9 or 10 or 11:
                uint rename = random.Next(6) switch { 0 => 1u, 1 => 2u, 2 when random.Next(4) == 0 => 3u, _ => 0u };
                text = $"rename {path} {other} {rename}";
                return f => $"{f.Rename(path, other, rename)}";
            case 12:
                uint changed = isHost ? (uint)random.Next(0x200) : (uint)random.Next(0x1000);
                text = $"chmod {path} {changed:x}";
                return f => $"{f.ChangeMode(path, changed)}";
            case 13:
                long length = random.Next(3) == 0 ? random.Next(10000) : random.Next(10);
                text = $"truncate {path} {length}";
                return f => $"{f.Truncate(path, length)}";
            case 14:
                int access = random.Next(8);
                text = $"access {path} {access}, stat";
                bool followStat = random.Next(2) == 0;
                return f => $"{f.Access(path, access)} {f.Stat(path, followStat, out string d)} {d} {f.ReadLink(path, out string t)} {t}";
            case 15 when !isHost:
                uint type = random.Next(4) switch { 0 => StatConstants.S_IFREG, 1 => StatConstants.S_IFSOCK, 2 => StatConstants.S_IFDIR, _ => StatConstants.S_IFIFO };
                text = $"mknod {path} {type | mode:x}";
                return f => $"{f.MakeNode(path, type | mode)}";
            default:
                if (random.Next(4) == 0)
                {
                    uint uid = random.Next(3) switch { 0 => 0u, 1 => 1000u, _ => uint.MaxValue };
                    uint gid = random.Next(3) switch { 0 => 0u, 1 => 1000u, _ => uint.MaxValue };
                    text = $"chown {path} {uid} {gid}";
                    return f => $"{f.ChangeOwner(path, uid, gid)}";
                }

                byte[] content = new byte[random.Next(1, 5000)];
                random.NextBytes(content);
                bool append = random.Next(2) == 0;
                text = $"write {path} {content.Length} {append}";
                return f => $"{f.WriteAll(path, content, append)}";
        }
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}

/// <summary>A directory of the host for one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory()
    {
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();
        Path = System.IO.Path.Combine(parent, "hermitux-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
