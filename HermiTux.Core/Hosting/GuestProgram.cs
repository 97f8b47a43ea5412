using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Hosting;

/// <summary>Finds the program in the guest's tree, putting it there first when it comes from elsewhere.</summary>
internal sealed record GuestProgram(string GivenPath, string Path)
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const uint Executable = 0x1ED; // 0755

    /// <exception cref="ProgramLoadException">There is none.</exception>
    public static GuestProgram Find(UnikernelOptions options, GuestTree tree, Process process)
    {
        ProgramSource program = options.Program!;
        switch (program)
        {
            case ProgramSource.ImageProgram image:
                return Place(tree, image.GuestPath, image.GuestPath, image.Bytes.Span);
            case ProgramSource.HostProgram host:
                string guestPath = host.GuestPath ?? System.IO.Path.GetFullPath(host.HostPath);
                return PlaceHost(tree, host.HostPath, host.HostPath, guestPath);
            case ProgramSource.GuestOrHostProgram given:
                if (Search(options, process, given.Path) is { } found)
                {
                    return new GuestProgram(given.Path, found);
                }

                string hostPath = FindHost(given.Path) ?? throw NotFound(given.Path, options, "neither in the guest's tree nor on the host");
                return PlaceHost(tree, given.Path, hostPath, hostPath);
            default:
                return Search(options, process, program.Path) is { } path
                    ? new GuestProgram(program.Path, path)
                    : throw NotFound(program.Path, options, "not in the guest's tree");
        }
    }

    private static ProgramLoadException NotFound(string program, UnikernelOptions options, string where)
    {
        string mounts = options.Mounts.Count == 0 ? "nothing is mounted" : "mounted are " + string.Join(", ", options.Mounts.Select(m => m.GuestPath));
        return new ProgramLoadException(program, Errno.ENOENT, $"The program {program} is {where} ({mounts}).");
    }

    /// <summary>A path as it is; a bare name along the guest's PATH, as execvp(3) does.</summary>
    private static string? Search(UnikernelOptions options, Process process, string name)
    {
        if (name.Contains('/'))
        {
            return Exists(options, process, name);
        }

        string path = options.Environment.TryGetValue("PATH", out string? value) ? value : DefaultPath;
        return path.Split(':').Select(d => Exists(options, process, $"{(d.Length == 0 ? "." : d.TrimEnd('/'))}/{name}")).FirstOrDefault(p => p is not null);
    }

    private static string? Exists(UnikernelOptions options, Process process, string path)
    {
        string absolute = path.StartsWith('/') ? path : $"{options.WorkingDirectory.TrimEnd('/')}/{path}";
        return process.Machine.Files.Resolve(process.Fs, null, absolute).TryGet(out Dentry? found, out _) && found.Inode.Type != StatConstants.S_IFDIR
            ? absolute
            : null;
    }

    private static string? FindHost(string name)
    {
        if (name.Contains('/') || File.Exists(name))
        {
            return File.Exists(name) ? System.IO.Path.GetFullPath(name) : null;
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(d => System.IO.Path.Combine(d, name)).FirstOrDefault(File.Exists);
    }

    private static byte[] ReadHost(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>
    /// Shows the host's file at the guest path without copying it. A file that isn't executable on the host (or a host without such a
    /// permission) is copied, since the embedder asked for it to be run.
    /// </summary>
    private static GuestProgram PlaceHost(GuestTree tree, string given, string hostPath, string guestPath)
    {
        if (!OperatingSystem.IsLinux() || (File.GetUnixFileMode(hostPath) & UnixFileMode.OtherExecute) == 0)
        {
            return Place(tree, given, guestPath, ReadHost(hostPath));
        }

        try
        {
            IFileSystem file = HostFileSystem.Open(hostPath);
            tree.FileSystems.Add(file);
            Errno error = tree.Files.Mount(guestPath, file, readOnly: true);
            return error == Errno.None ? new GuestProgram(given, guestPath) : throw CantPlace(given, guestPath, error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(hostPath, e);
        }
    }

    private static ProgramLoadException CantPlace(string given, string guestPath, Errno error) =>
        new(given, error, $"The program {given} can't be placed at {guestPath} in the guest's tree ({error}).");

    private static ProgramLoadException Unreadable(string path, Exception e) =>
        new(path, e is UnauthorizedAccessException ? Errno.EACCES : Errno.ENOENT, $"The program {path} can't be read from the host: {e.Message}");

    /// <summary>Makes the program a file of the guest's tree: in the in-memory root, or mounted over the place when something else is there.</summary>
    private static GuestProgram Place(GuestTree tree, string given, string guestPath, ReadOnlySpan<byte> content)
    {
        if (!guestPath.StartsWith('/'))
        {
            throw new ProgramLoadException(given, Errno.EINVAL, $"The guest path {guestPath} of the program {given} isn't absolute.");
        }

        Errno error;
        if (tree.MemoryRoot is { } root && !tree.IsCovered(guestPath))
        {
            error = root.AddFile(guestPath, content, Executable);
        }
        else
        {
            var single = new SingleFileSystem(tree.CreateMemoryFileSystem(), "program");
            error = single.Files.AddFile("/program", content, Executable);
            if (error == Errno.None)
            {
                error = tree.Files.Mount(guestPath, single, readOnly: true);
            }
        }

        return error switch
        {
            Errno.None => new GuestProgram(given, guestPath),
            Errno.ENOSPC or Errno.ENOMEM => throw new ProgramLoadException(given, error,
                $"The program {given} ({content.Length} bytes) doesn't fit in the machine's memory limit."),
            _ => throw CantPlace(given, guestPath, error),
        };
    }
}
