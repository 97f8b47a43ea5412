using HermiTux.Abi;
using HermiTux.Devices;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// /dev: null, zero, full, random, urandom, tty, console, the links to /proc/self/fd, shm, and the embedder's devices. The
/// directory itself is a memory file system, so guests may add and remove names as on Linux's devtmpfs.
/// </summary>
public sealed class DevFileSystem : IFileSystem
{
    private readonly MemoryFileSystem _names;
    private readonly VirtualFileSystem _files;

    /// <summary>Creates /dev with the standard devices.</summary>
    /// <param name="files">The tree that it will be mounted in; device numbers are registered there.</param>
    /// <param name="frames">The machine's page frames (for /dev/shm).</param>
    /// <param name="time">The machine's clock.</param>
    /// <param name="entropy">Where /dev/random and /dev/urandom read from.</param>
    public DevFileSystem(VirtualFileSystem files, FrameTable frames, TimeProvider time, IEntropySource entropy)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(entropy);
        _files = files;
        _names = new MemoryFileSystem(frames, time);
        Add(new NullDevice());
        Add(new ZeroDevice(_names));
        Add(new FullDevice());
        Add(new RandomDevice("random", 8, entropy));
        Add(new RandomDevice("urandom", 9, entropy));

        // Without a controlling terminal these give ENXIO, as on Linux; a terminal device takes them over by its number.
        AddNode("tty", 0x1B6, DeviceRegistry.MakeNumber(5, 0));
        AddNode("console", 0x180, DeviceRegistry.MakeNumber(5, 1));
        AddNode("ptmx", 0x1B6, DeviceRegistry.MakeNumber(5, 2));
        _names.AddSymbolicLink("fd", "/proc/self/fd");
        _names.AddSymbolicLink("stdin", "/proc/self/fd/0");
        _names.AddSymbolicLink("stdout", "/proc/self/fd/1");
        _names.AddSymbolicLink("stderr", "/proc/self/fd/2");
        _names.AddDirectory("shm", 0x3FF);
        _names.AddDirectory("pts");
    }

    /// <inheritdoc/>
    public string TypeName => "devtmpfs";

    /// <inheritdoc/>
    public Inode Root => _names.Root;

    /// <inheritdoc/>
    public FileSystemStatistics GetStatistics() => _names.GetStatistics();

    /// <summary>Adds a device under its name; the node replaces one of the same name.</summary>
    /// <returns>None, or EINVAL when the name can't be one.</returns>
    public Errno Add(CharacterDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return AddNode(device.Name, device.Mode, _files.Devices.Register(device));
    }

    private Errno AddNode(string name, uint mode, ulong number)
    {
        Inode directory = _names.Root;
        int slash = name.LastIndexOf('/');
        if (slash > 0)
        {
            if (_names.AddDirectory(name[..slash]) is not Errno.None and var error)
            {
                return error;
            }

            foreach (string component in name[..slash].Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                directory = directory.Lookup(component).Value;
            }
        }

        string leaf = name[(slash + 1)..];
        if (leaf.Length == 0 || leaf is "." or ".." || FileName.Encode(leaf).Length > FileName.MaxLength)
        {
            return Errno.EINVAL;
        }

        directory.Unlink(leaf);
        return directory.Create(leaf, new NewInode(StatConstants.S_IFCHR | mode, 0, 0, number)).Error;
    }
}
