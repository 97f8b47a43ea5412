using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Hosting;

/// <summary>
/// Puts a machine's file tree together: the root first (what the embedder mounts there, or an in-memory one with a minimal /etc), then
/// the kernel's own file systems, then the other mounts in order, so that a mount of the embedder's covers everything.
/// </summary>
internal static class GuestTreeBuilder
{
    /// <summary>Makes the tree without the kernel's file systems, which need the machine. Problems are added to the list.</summary>
    public static GuestTree Create(UnikernelOptions options, MountContext context, List<string> problems)
    {
        MountDefinition? rootMount = options.Mounts.LastOrDefault(m => m.GuestPath.Trim('/').Length == 0);
        if (rootMount is not null)
        {
            IFileSystem? root = TryCreate(rootMount, context, problems);
            var mounted = new GuestTree(new VirtualFileSystem(root, rootMount.IsReadOnly), null, context);
            if (root is not null)
            {
                mounted.FileSystems.Add(root);
            }

            return mounted;
        }

        var memory = new MemoryFileSystem(context.Frames, context.Time);
        if (options.HasDefaultTree)
        {
            DefaultFiles.AddTo(memory, options);
        }

        var tree = new GuestTree(new VirtualFileSystem(memory), memory, context);
        tree.FileSystems.Add(memory);
        return tree;
    }

    /// <summary>Mounts the kernel's file systems, then those of the embedder. Problems are added to the list.</summary>
    public static void MountAll(UnikernelOptions options, GuestTree tree, MountContext context, Kernel.Machine machine, IEnumerable<Devices.CharacterDevice> devices, List<string> problems)
    {
        if (options.HasDefaultTree)
        {
            KernelFileSystems.Mount(tree, machine, devices);
            if (tree.MemoryRoot is null)
            {
                Mount(tree, "/tmp", new MemoryFileSystem(context.Frames, context.Time, mode: 0x3FF), readOnly: false, problems);
            }
        }

        if (options.Outbound is { Resolver: not null })
        {
            var files = new MemoryFileSystem(context.Frames, context.Time);
            files.AddFile("/resolv.conf", "nameserver 10.0.2.3\noptions timeout:5 attempts:2\n"u8.ToArray());
            Mount(tree, "/etc/resolv.conf", new SingleFileSystem(files, "resolv.conf"), readOnly: true, problems);
        }

        foreach (MountDefinition mount in options.Mounts.Where(m => m.GuestPath.Trim('/').Length > 0))
        {
            if (TryCreate(mount, context, problems) is { } fileSystem)
            {
                Mount(tree, mount.GuestPath, fileSystem, mount.IsReadOnly, problems);
            }
        }
    }

    private static void Mount(GuestTree tree, string path, IFileSystem fileSystem, bool readOnly, List<string> problems)
    {
        tree.FileSystems.Add(fileSystem);
        Errno error = tree.Files.Mount(path, fileSystem, readOnly);
        if (error != Errno.None)
        {
            problems.Add($"A {fileSystem.TypeName} can't be mounted at {path} in the guest's tree ({error}).");
        }
    }

    private static IFileSystem? TryCreate(MountDefinition mount, MountContext context, List<string> problems)
    {
        try
        {
            return mount.Create(context);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or PlatformNotSupportedException)
        {
            problems.Add($"The {mount.Kind}{(mount.HostPath is null ? "" : " " + mount.HostPath)} can't be mounted at {mount.GuestPath}: {e.Message}");
            return null;
        }
    }
}
