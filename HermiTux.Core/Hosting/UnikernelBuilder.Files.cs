using HermiTux.Kernel.FileSystems;

namespace HermiTux;

public sealed partial class UnikernelBuilder
{
    /// <summary>Shows a host directory (or a single file) in the guest's tree. The guest can't leave it, whatever links are in it.</summary>
    /// <param name="hostPath">The host's directory or file.</param>
    /// <param name="guestPath">Where, an absolute path; <c>/</c> makes it the root.</param>
    /// <param name="readOnly">Whether the guest may change nothing (the default), or may change the host's files.</param>
    public UnikernelBuilder MountHost(string hostPath, string guestPath, bool readOnly = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(hostPath);
        string full = Path.GetFullPath(hostPath);
        var options = new HostFileSystemOptions { Writable = !readOnly };
        return AddMount(new MountDefinition(guestPath, "host directory", _ => HostFileSystem.Open(full, options), readOnly) { HostPath = full });
    }

    /// <summary>
    /// Shows a host directory with an in-memory layer above it that takes the guest's changes and goes with the machine. The host's files
    /// are never changed.
    /// </summary>
    /// <param name="hostPath">The host's directory.</param>
    /// <param name="guestPath">Where, an absolute path; <c>/</c> makes it the root.</param>
    public UnikernelBuilder MountOverlay(string hostPath, string guestPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(hostPath);
        string full = Path.GetFullPath(hostPath);
        return AddMount(new MountDefinition(guestPath, "overlay over host directory", Create, false) { HostPath = full });

        IFileSystem Create(MountContext context) => new OverlayFileSystem([HostFileSystem.Open(full)], new MemoryFileSystem(context.Frames, context.Time));
    }

    /// <summary>An empty in-memory directory; its files count towards the memory limit.</summary>
    public UnikernelBuilder MountTmpfs(string guestPath) =>
        AddMount(new MountDefinition(guestPath, "tmpfs", c => new MemoryFileSystem(c.Frames, c.Time, mode: 0x3FF), false));

    /// <summary>Mounts a file system of one's own. The object belongs to one machine; for several use the overload with a factory.</summary>
    public UnikernelBuilder Mount(string guestPath, IFileSystem fileSystem, bool readOnly = false)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        return Mount(guestPath, _ => fileSystem, readOnly);
    }

    /// <summary>Mounts a file system of one's own, made for each machine.</summary>
    public UnikernelBuilder Mount(string guestPath, Func<MountContext, IFileSystem> create, bool readOnly = false)
    {
        ArgumentNullException.ThrowIfNull(create);
        return AddMount(new MountDefinition(guestPath, "file system", create, readOnly));
    }

    private UnikernelBuilder AddMount(MountDefinition mount)
    {
        ArgumentNullException.ThrowIfNull(mount.GuestPath);
        return Configure(o => o.Mounts.Add(mount));
    }
}
