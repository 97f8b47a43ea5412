using System.Text;
using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// A read-only tree whose files are delegates: the short way to a file system of one's own. For more than that, implement <see cref="IFileSystem"/>.
/// </summary>
/// <example>
/// <code>
/// var files = new SimpleFileSystem("status")
///     .AddFile("/time", () => Encoding.UTF8.GetBytes(DateTime.UtcNow.ToString("O")))
///     .AddFile("/config/name", "demo\n");
/// </code>
/// </example>
/// <remarks>Thread-safe, and may be shared by machines if the delegates may. Content is made when a file is opened and first read.</remarks>
public sealed class SimpleFileSystem : IFileSystem
{
    private readonly VirtualDirectory _root = new("");
    private readonly long _time = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Creates an empty tree.</summary>
    /// <param name="typeName">The name in /proc/mounts.</param>
    public SimpleFileSystem(string typeName = "simplefs")
    {
        ArgumentException.ThrowIfNullOrEmpty(typeName);
        TypeName = typeName;
    }

    /// <inheritdoc/>
    public string TypeName { get; }

    /// <inheritdoc/>
    public Inode Root => _root;

    /// <inheritdoc/>
    public FileSystemStatistics GetStatistics() => new(0x858458f6, Memory.Page.Size, 0, 0, 0, 0, 0);

    /// <summary>Adds a file, making the directories above it.</summary>
    /// <param name="path">Path from the root of this file system.</param>
    /// <param name="content">Called on any thread, at each open and stat(2); must not throw.</param>
    /// <param name="executable">Whether the guest may run it.</param>
    /// <exception cref="ArgumentException">The path is empty, has "." or ".." in it, or goes through a file.</exception>
    public SimpleFileSystem AddFile(string path, Func<byte[]> content, bool executable = false)
    {
        ArgumentNullException.ThrowIfNull(content);
        (VirtualDirectory parent, string name, string full) = Prepare(path);
        parent.Add(name, new VirtualContentNode(full, content, executable ? 0x16Du : 0x124u) { HasSize = true, Time = _time });
        return this;
    }

    /// <summary>Adds a file with fixed text, as UTF-8.</summary>
    /// <exception cref="ArgumentException">As for the other overload.</exception>
    public SimpleFileSystem AddFile(string path, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return AddFile(path, () => bytes);
    }

    /// <summary>Adds a file that the guest may write; each write(2) is handed on whole.</summary>
    /// <param name="path">Path from the root of this file system.</param>
    /// <param name="content">What reading gives.</param>
    /// <param name="write">Takes what was written (at most 4096 bytes); an errno refuses it.</param>
    /// <exception cref="ArgumentException">As for the other overloads.</exception>
    public SimpleFileSystem AddFile(string path, Func<byte[]> content, Func<string, Errno> write)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(write);
        (VirtualDirectory parent, string name, string full) = Prepare(path);
        parent.Add(name, new VirtualContentNode(full, content, 0x1B6) { HasSize = true, Time = _time, Write = write });
        return this;
    }

    /// <summary>Adds a symbolic link.</summary>
    /// <exception cref="ArgumentException">As for files.</exception>
    public SimpleFileSystem AddSymbolicLink(string path, string target)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        (VirtualDirectory parent, string name, string full) = Prepare(path);
        parent.Add(name, new VirtualLink(full, _ => target) { Time = _time });
        return this;
    }

    /// <summary>Adds a directory.</summary>
    /// <exception cref="ArgumentException">As for files.</exception>
    public SimpleFileSystem AddDirectory(string path)
    {
        (VirtualDirectory parent, string name, string full) = Prepare(path);
        GetDirectory(parent, name, full);
        return this;
    }

    private (VirtualDirectory Parent, string Name, string Full) Prepare(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0 || names.Any(n => n is "." or ".." || n.Contains('\0', StringComparison.Ordinal) || FileName.Encode(n).Length > FileName.MaxLength))
        {
            throw new ArgumentException($"'{path}' is no path of a file: give names separated by slashes, without '.' and '..'.", nameof(path));
        }

        VirtualDirectory at = _root;
        string full = "";
        foreach (string name in names[..^1])
        {
            full = $"{full}/{name}";
            at = GetDirectory(at, name, full);
        }

        return (at, names[^1], $"{full}/{names[^1]}");
    }

    private VirtualDirectory GetDirectory(VirtualDirectory parent, string name, string full)
    {
        switch (parent.FindFixed(name))
        {
            case VirtualDirectory existing:
                return existing;
            case null:
                var made = new VirtualDirectory(full) { Time = _time };
                parent.Add(name, made);
                return made;
            default:
                throw new ArgumentException($"'{full}' is a file already.", nameof(full));
        }
    }
}
