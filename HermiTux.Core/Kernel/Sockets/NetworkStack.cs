using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel.Sockets;

/// <summary>
/// What the sockets of a machine share: names, ports, interfaces, and a limit on the memory of their buffers. Nothing of it is shared
/// between machines, and nothing reaches the host's network.
/// </summary>
internal sealed partial class NetworkStack
{
    /// <summary>What a connection that waits to be accepted counts against the memory of buffers.</summary>
    public const int PendingSize = 4096;

    private const long MinimumBudget = 16L << 20;
    private const long MaximumBudget = 256L << 20;

    private readonly Lock _unixLock = new();
    private readonly Dictionary<UnixName, UnixSocket> _abstractNames = [];
    private readonly Dictionary<(ulong Device, ulong Inode), UnixSocket> _paths = [];
    private long _lastNumber;
    private uint _lastAutobind;

    public NetworkStack(Machine machine)
    {
        Machine = machine;
        Buffers = new BufferBudget(Math.Clamp(machine.Frames.LimitBytes / 4, MinimumBudget, MaximumBudget));
        InFlight = new InFlightFiles();
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>Memory of all buffers together.</summary>
    public BufferBudget Buffers { get; }

    /// <summary>Sockets in messages.</summary>
    public InFlightFiles InFlight { get; }

    /// <summary>A number that no other socket of the machine has.</summary>
    public ulong NextNumber() => (ulong)Interlocked.Increment(ref _lastNumber) + 1000;

    /// <summary>bind(2) in the abstract name space: EADDRINUSE when taken.</summary>
    public Errno BindAbstract(UnixName name, UnixSocket socket)
    {
        lock (_unixLock)
        {
            return _abstractNames.TryAdd(name, socket) ? Errno.None : Errno.EADDRINUSE;
        }
    }

    /// <summary>A free abstract name of five hexadecimal digits (unix(7), "Autobind").</summary>
    public Result<UnixName> Autobind(UnixSocket socket)
    {
        lock (_unixLock)
        {
            Span<byte> bytes = stackalloc byte[6];
            bytes[0] = 0;
            for (int i = 0; i < 1 << 20; i++)
            {
                for (int digit = 0; digit < 5; digit++)
                {
                    bytes[5 - digit] = (byte)"0123456789abcdef"[(int)(_lastAutobind >> (4 * digit)) & 0xF];
                }

                _lastAutobind = (_lastAutobind + 1) & 0xF_FFFF;
                var name = new UnixName(bytes);
                if (_abstractNames.TryAdd(name, socket))
                {
                    return name;
                }
            }

            return Errno.ENOSPC;
        }
    }

    /// <summary>bind(2) to a path: the socket file's inode now leads here.</summary>
    public void BindPath((ulong Device, ulong Inode) file, UnixSocket socket)
    {
        lock (_unixLock)
        {
            _paths[file] = socket;
        }
    }

    /// <summary>The socket is gone: so are its names.</summary>
    public void Unbind(UnixSocket socket, UnixName name, (ulong Device, ulong Inode) file)
    {
        lock (_unixLock)
        {
            if (name.IsAbstract)
            {
                if (_abstractNames.TryGetValue(name, out UnixSocket? bound) && ReferenceEquals(bound, socket))
                {
                    _abstractNames.Remove(name);
                }
            }
            else if (_paths.TryGetValue(file, out UnixSocket? bound) && ReferenceEquals(bound, socket))
            {
                _paths.Remove(file);
            }
        }
    }

    /// <summary>
    /// unix_find_other(): the socket behind a name, with a reference. ECONNREFUSED for a name without a socket, EPROTOTYPE for another type, and
    /// the errors of path resolution.
    /// </summary>
    public Result<UnixSocket> FindUnix(UnixName name, int type, in SocketCaller caller)
    {
        UnixSocket? found;
        if (name.IsAbstract)
        {
            lock (_unixLock)
            {
                found = _abstractNames.GetValueOrDefault(name);
            }
        }
        else
        {
            if (!Machine.Files.Resolve(caller.Process.Fs, null, name.Path, ResolveFlags.None).TryGet(out Dentry? place, out Errno error))
            {
                return error;
            }

            if (Permissions.Check(place.Inode, caller.Process.Fs.Credentials, Permissions.Write) is not Errno.None and var denied)
            {
                return denied;
            }

            if (place.Inode.Type != Abi.StatConstants.S_IFSOCK)
            {
                return Errno.ECONNREFUSED;
            }

            lock (_unixLock)
            {
                found = _paths.GetValueOrDefault(FileKey(place));
            }
        }

        if (found is null || !found.TryAddReference())
        {
            return Errno.ECONNREFUSED;
        }

        if (found.Type != type)
        {
            found.Release();
            return Errno.EPROTOTYPE;
        }

        return found;
    }

    /// <summary>What identifies a socket file, however it is reached.</summary>
    public static (ulong Device, ulong Inode) FileKey(Dentry place) => (place.Mount?.Device ?? 0, place.Inode.Number);

    /// <summary>Local sockets for /proc/net/unix.</summary>
    public List<UnixSocket> ListNamedUnix()
    {
        lock (_unixLock)
        {
            return [.. _abstractNames.Values.Concat(_paths.Values).Distinct().OrderBy(s => s.Number)];
        }
    }
}
