using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel.Sockets;

/// <summary>
/// A local socket (unix(7)): stream, datagram or sequenced packets. Streams move bytes through a pair of <see cref="StreamEndpoint"/>; the other
/// types put whole messages into the receiver's queue, counted against the sender's buffer.
/// </summary>
/// <remarks>The parts: this file has names, credentials and the end; <c>UnixSocket.Connect.cs</c> connections, <c>UnixSocket.Transfer.cs</c> messages.</remarks>
internal sealed partial class UnixSocket : Socket
{
    private readonly Lock _lock = new();
    private UnixName? _name;
    private (ulong Device, ulong Inode) _file;
    private Ucred? _peerCredentials;
    private readonly SocketCaller _owner;
    private bool _isDead;

    /// <summary>Creates an unconnected socket.</summary>
    public UnixSocket(NetworkStack stack, int type, int protocol, int flags, in SocketCaller owner) : base(stack, SocketConstants.AF_UNIX, type, protocol, flags)
    {
        _owner = owner;
        _queue = new MessageQueue(stack.Buffers);
    }

    /// <inheritdoc/>
    public override WaitQueue WaitQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    /// <summary>Its name; null when it has none.</summary>
    public UnixName? Name => Volatile.Read(ref _name);

    /// <inheritdoc/>
    public override Ucred PeerCredentials => _peerCredentials ?? base.PeerCredentials;

    /// <summary>socketpair(2).</summary>
    public static (UnixSocket First, UnixSocket Second) CreatePair(NetworkStack stack, int type, int protocol, int flags, in SocketCaller caller)
    {
        var first = new UnixSocket(stack, type, protocol, flags, caller);
        var second = new UnixSocket(stack, type, protocol, flags, caller);
        first._peerCredentials = second._peerCredentials = caller.Credentials;
        Join(first, second);
        return (first, second);
    }

    /// <inheritdoc/>
    public override Errno Bind(ReadOnlySpan<byte> address, in SocketCaller caller)
    {
        if (UnixName.Decode(address, out UnixName? name) is not Errno.None and var bad)
        {
            return bad;
        }

        lock (_lock)
        {
            if (_name is not null)
            {
                // A second request to choose a name finds that there is one; a path is looked at first.
                return name is null ? Errno.None
                    : !name.IsAbstract && Stack.Machine.Files.Resolve(caller.Process.Fs, null, name.Path, ResolveFlags.NoFollow).IsSuccess ? Errno.EADDRINUSE : Errno.EINVAL;
            }

            if (name is null)
            {
                return EnsureNamed();
            }

            if (name.IsAbstract)
            {
                if (Stack.BindAbstract(name, this) is not Errno.None and var taken)
                {
                    return taken;
                }
            }
            else
            {
                VirtualFileSystem files = Stack.Machine.Files;
                Result<Dentry> made = files.MakeSocket(caller.Process.Fs, name.Path, 0x1FF);
                if (!made.IsSuccess)
                {
                    return made.Error == Errno.EEXIST ? Errno.EADDRINUSE : made.Error;
                }

                _file = NetworkStack.FileKey(made.Value);
                Stack.BindPath(_file, this);
            }

            Volatile.Write(ref _name, name);
            return Errno.None;
        }
    }

    /// <inheritdoc/>
    public override Result<SocketName> GetName() => SocketName.Of(Name);

    /// <inheritdoc/>
    public override Errno ParseDestination(ReadOnlySpan<byte> address, out SocketName name)
    {
        Errno error = UnixName.Decode(address, out UnixName? unix);
        name = SocketName.Of(unix);
        return error == Errno.None && unix is null ? Errno.EINVAL : error;
    }

    /// <inheritdoc/>
    protected override void OnClose()
    {
        UnixName? name;
        List<QueuedMessage> dropped;
        List<UnixSocket>? pending;
        UnixSocket? peer;
        lock (_lock)
        {
            _isDead = true;
            name = _name;
            pending = StopListening();
            lock (_queueLock)
            {
                dropped = _queue.Clear();
            }

            peer = Interlocked.Exchange(ref _peer, null);
        }

        if (name is not null)
        {
            Stack.Unbind(this, name, _file);
        }

        _endpoint?.Close(aborts: _isEmbryo);
        peer?.OnPeerClosed(this, hadUnread: dropped.Count > 0 || _isEmbryo);
        foreach (QueuedMessage message in dropped)
        {
            Discard(message);
        }

        WaitQueue.Wake(AnyEvent);
        if (pending is not null)
        {
            DeferredRelease.Release([.. pending]);
        }

        Stack.InFlight.OnClosed();
    }

    /// <summary>The files in messages to this socket, for the collector.</summary>
    public List<OpenFile> ListQueuedFiles()
    {
        List<OpenFile> files = [];
        _endpoint?.AddQueuedFiles(files);
        lock (_queueLock)
        {
            foreach (QueuedMessage message in _queue.Messages)
            {
                files.AddRange(message.Control?.Files ?? []);
            }
        }

        foreach (UnixSocket embryo in ListPending())
        {
            files.AddRange(embryo.ListQueuedFiles());
        }

        return files;
    }

    /// <summary>Takes the files out of the messages to this socket.</summary>
    public void TakeQueuedFiles(List<ControlData> taken)
    {
        _endpoint?.TakeQueuedFiles(taken);
        lock (_queueLock)
        {
            foreach (QueuedMessage message in _queue.Messages)
            {
                if (message.Control is { Files.Length: > 0 } control)
                {
                    taken.Add(new ControlData { Files = control.Files });
                    control.Files = [];
                }
            }
        }

        foreach (UnixSocket embryo in ListPending())
        {
            embryo.TakeQueuedFiles(taken);
        }
    }

    // With the lock held.
    private Errno EnsureNamed()
    {
        if (_name is null)
        {
            Result<UnixName> chosen = Stack.Autobind(this);
            if (!chosen.IsSuccess)
            {
                return chosen.Error;
            }

            Volatile.Write(ref _name, chosen.Value);
        }

        return Errno.None;
    }
}
