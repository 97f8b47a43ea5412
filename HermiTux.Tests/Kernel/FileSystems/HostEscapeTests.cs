using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using Xunit;

namespace HermiTux.Tests.Kernel.FileSystems;

/// <summary>A guest can't reach files of the host outside the directory that is mounted.</summary>
public sealed class HostEscapeTests
{
    [Theory]
    [InlineData("../secret")]
    [InlineData("../../../../../../etc/passwd")]
    [InlineData("to-root/etc/passwd")]
    [InlineData("to-parent/secret")]
    [InlineData("absolute")]
    [InlineData("sub/../../secret")]
    public void Open_finds_nothing_outside(string path)
    {
        using var setup = new Setup();
        Result<OpenFile> file = setup.Files.Open(setup.Context, null, "/" + path, Fcntl.O_RDONLY, 0);
        Assert.Equal(Errno.ENOENT, file.Error);
    }

    [Fact]
    public void A_symbolic_link_resolves_in_the_guests_tree()
    {
        using var setup = new Setup();
        Assert.Equal(Errno.None, setup.Files.MakeDirectory(setup.Context, null, "/etc", 0x1ED));
        Result<OpenFile> made = setup.Files.Open(setup.Context, null, "/etc/passwd", Fcntl.O_RDWR | Fcntl.O_CREAT, 0x1A4);
        Assert.Equal(5, made.Value.Write("guest"u8, 0).Value);
        made.Value.Release();
        OpenFile file = setup.Files.Open(setup.Context, null, "/to-root/etc/passwd", Fcntl.O_RDONLY, 0).Value;
        byte[] bytes = new byte[100];
        Assert.Equal("guest", Encoding.UTF8.GetString(bytes, 0, file.Read(bytes, 0).Value));
        file.Release();
    }

    [Fact]
    public void Special_files_of_the_host_are_not_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux");
        using var setup = new Setup();
        using (var process = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(setup.Inside, "fifo")]))
        {
            process.WaitForExit();
        }

        Assert.Equal(StatConstants.S_IFIFO, setup.Files.Resolve(setup.Context, null, "/fifo").Value.Inode.Type);
        var dev = new VirtualFileSystem(HostFileSystem.Open("/dev"));
        Assert.Equal(Errno.EACCES, dev.Open(new FsContext(dev, new Credentials()), null, "/null", Fcntl.O_RDONLY, 0).Error);
    }

    [Fact]
    public async Task A_host_process_that_swaps_directories_for_links_gains_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux: elsewhere the promise doesn't cover races on the host");
        using var setup = new Setup();
        string real = Path.Combine(setup.Inside, "swap");
        string aside = Path.Combine(setup.Inside, "aside");
        Directory.CreateDirectory(real);
        File.WriteAllText(Path.Combine(real, "secret"), "inside");
        using var stop = new CancellationTokenSource();
        Task swapper = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Directory.Move(real, aside);
                File.CreateSymbolicLink(real, setup.Outside);
                File.Delete(real);
                Directory.Move(aside, real);
            }
        }, TestContext.Current.CancellationToken);
        byte[] bytes = new byte[100];
        for (int i = 0; i < 5000; i++)
        {
            Result<OpenFile> file = setup.Files.Open(setup.Context, null, "/swap/secret", Fcntl.O_RDONLY, 0);
            if (file.IsSuccess)
            {
                Assert.Equal("inside", Encoding.UTF8.GetString(bytes, 0, file.Value.Read(bytes, 0).Value));
                file.Value.Release();
            }

            setup.Files.Open(setup.Context, null, "/swap/planted", Fcntl.O_WRONLY | Fcntl.O_CREAT, 0x1A4).Value?.Release();
            setup.Files.Unlink(setup.Context, null, "/swap/planted");
        }

        await stop.CancelAsync();
        await swapper;
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(setup.Outside).Select(Path.GetFileName));
        Assert.Equal("outside", File.ReadAllText(Path.Combine(setup.Outside, "secret")));
    }

    private sealed class Setup : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly IFileSystem _host;

        public Setup()
        {
            Inside = Path.Combine(_directory.Path, "inside");
            Outside = _directory.Path + "/outside";
            Directory.CreateDirectory(Path.Combine(Inside, "sub"));
            Directory.CreateDirectory(Outside);
            File.WriteAllText(Path.Combine(_directory.Path, "secret"), "outside");
            File.WriteAllText(Path.Combine(Outside, "secret"), "outside");
            File.CreateSymbolicLink(Path.Combine(Inside, "to-root"), "/");
            File.CreateSymbolicLink(Path.Combine(Inside, "to-parent"), "..");
            File.CreateSymbolicLink(Path.Combine(Inside, "absolute"), Path.Combine(_directory.Path, "secret"));
            _host = HostFileSystem.Open(Inside, new HostFileSystemOptions { Writable = true });
            Files = new VirtualFileSystem(_host);
            Context = new FsContext(Files, new Credentials());
        }

        public string Inside { get; }

        public string Outside { get; }

        public VirtualFileSystem Files { get; }

        public FsContext Context { get; }

        public void Dispose()
        {
            (_host as IDisposable)?.Dispose();
            _directory.Dispose();
        }
    }
}
