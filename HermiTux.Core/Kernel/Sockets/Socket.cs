using System.Buffers.Binary;
using System.Globalization;
using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Kernel.Sockets;

/// <summary>
/// A socket (socket(7)): an open file with the operations of <c>struct proto_ops</c>. As with every file, nothing here blocks: EAGAIN means "wait
/// on <see cref="OpenFile.WaitQueue"/> and ask again".
/// </summary>
/// <remarks>
/// Locks: a family's name table, then a connection or queue. Wait queues are woken with no lock held, since a waiter may poll right away.
/// </remarks>
internal abstract class Socket : OpenFile
{
    /// <summary>What wakes without saying which: sk_state_change.</summary>
    public const PollEvents AnyEvent = PollEvents.In | PollEvents.ReadNormal | PollEvents.Out | PollEvents.WriteNormal | PollEvents.Error |
        PollEvents.HangUp | PollEvents.ReadHangUp | PollEvents.Priority;

    /// <summary>sk_data_ready.</summary>
    public const PollEvents Readable = PollEvents.In | PollEvents.ReadNormal;

    /// <summary>sk_write_space.</summary>
    public const PollEvents Writable = PollEvents.Out | PollEvents.WriteNormal;

    private int _error;

    protected Socket(NetworkStack stack, int family, int type, int protocol, int flags) : base(Fcntl.O_RDWR | (flags & Fcntl.O_NONBLOCK))
    {
        Stack = stack;
        Family = family;
        Type = type;
        Protocol = protocol;
        Number = stack.NextNumber();
    }

    /// <summary>The machine's sockets.</summary>
    public NetworkStack Stack { get; }

    /// <summary>SO_DOMAIN.</summary>
    public int Family { get; }

    /// <summary>SO_TYPE.</summary>
    public int Type { get; }

    /// <summary>SO_PROTOCOL.</summary>
    public int Protocol { get; }

    /// <summary>Inode number, SO_COOKIE.</summary>
    public ulong Number { get; }

    /// <summary>SOL_SOCKET's options.</summary>
    public SocketOptions Options { get; } = new();

    /// <summary>SO_ACCEPTCONN.</summary>
    public virtual bool IsListening => false;

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"socket:[{Number}]");

    /// <summary>Whether reads and writes keep no message boundaries.</summary>
    internal override bool IsStream => Type == SocketConstants.SOCK_STREAM;

    /// <inheritdoc/>
    internal override long? ReadTimeout => Options.ReceiveTimeout;

    /// <inheritdoc/>
    internal override long? WriteTimeout => Options.SendTimeout;

    /// <summary>sk_err without taking it.</summary>
    protected Errno PendingError => (Errno)Volatile.Read(ref _error);

    /// <inheritdoc/>
    public override Result<InodeAttributes> GetAttributes() => new InodeAttributes
    {
        Device = 8,
        Inode = Number,
        Mode = StatConstants.S_IFSOCK | 0x1FF,
        Links = 1,
        BlockSize = Page.Size,
    };

    /// <summary>bind(2).</summary>
    public abstract Errno Bind(ReadOnlySpan<byte> address, in SocketCaller caller);

    /// <summary>listen(2).</summary>
    public virtual Errno Listen(int backlog, in SocketCaller caller) => Errno.EOPNOTSUPP;

    /// <summary>accept(2): EAGAIN when nobody is there.</summary>
    public virtual Result<Socket> Accept(int flags) => Errno.EOPNOTSUPP;

    /// <summary>
    /// connect(2). EAGAIN: a local listener's queue is full. EINPROGRESS: under way, wait and ask <see cref="FinishConnect"/>.
    /// </summary>
    public abstract Errno Connect(ReadOnlySpan<byte> address, in SocketCaller caller);

    /// <summary>What became of a connection under way: EINPROGRESS while it is.</summary>
    public virtual Errno FinishConnect() => Errno.None;

    /// <summary>shutdown(2) with a valid <paramref name="how"/>.</summary>
    public abstract Errno Shutdown(int how);

    /// <summary>getsockname(2).</summary>
    public abstract Result<SocketName> GetName();

    /// <summary>getpeername(2).</summary>
    public abstract Result<SocketName> GetPeerName();

    /// <summary>The destination of sendto(2) and sendmsg(2) in the family's form.</summary>
    public abstract Errno ParseDestination(ReadOnlySpan<byte> address, out SocketName name);

    /// <summary>One attempt to send. <paramref name="flags"/> are MSG_*.</summary>
    public abstract Result<int> Send(ReadOnlySpan<byte> buffer, int flags, in OutgoingMessage message);

    /// <summary>One attempt to receive. <paramref name="flags"/> are MSG_*.</summary>
    public abstract Result<int> Receive(Span<byte> buffer, int flags, ref IncomingMessage message);

    /// <summary>The longest message that can be sent at once; EMSGSIZE beyond. Streams take any.</summary>
    public virtual int MaximumMessage => int.MaxValue;

    /// <summary>setsockopt(2) of a level other than SOL_SOCKET.</summary>
    public virtual Errno SetOption(int level, int name, ReadOnlySpan<byte> value, in SocketCaller caller) => Errno.ENOPROTOOPT;

    /// <summary>getsockopt(2) of a level other than SOL_SOCKET: fills the value and gives its length.</summary>
    public virtual Result<int> GetOption(int level, int name, Span<byte> value) => Errno.EOPNOTSUPP;

    /// <summary>SO_PEERCRED.</summary>
    public virtual Ucred PeerCredentials => new() { pid = 0, uid = uint.MaxValue, gid = uint.MaxValue };

    /// <summary>A buffer's size or another option that bears on readiness has changed.</summary>
    public virtual void OnOptionsChanged()
    {
    }

    /// <summary>SO_ERROR: gives the pending error and forgets it.</summary>
    public Errno TakeError() => Volatile.Read(ref _error) == 0 ? Errno.None : (Errno)Interlocked.Exchange(ref _error, 0);

    /// <summary>Sets sk_err.</summary>
    public void SetError(Errno error) => Volatile.Write(ref _error, (int)error);

    /// <inheritdoc/>
    public override Result<int> Read(Span<byte> buffer, long position)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        var message = default(IncomingMessage);
        Result<int> result = Receive(buffer, 0, ref message);

        // read(2) has no place for descriptors.
        message.Control?.Release();
        return result;
    }

    /// <inheritdoc/>
    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position)
    {
        var message = default(OutgoingMessage);
        return Send(buffer, 0, message);
    }

    /// <inheritdoc/>
    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument) => SocketIoctl.Control(this, memory, request, argument);

    /// <summary>FIONREAD.</summary>
    public virtual Result<int> ReadableBytes => Errno.EINVAL;

    /// <summary>SIOCOUTQ.</summary>
    public virtual Result<int> UnsentBytes => Errno.EINVAL;

    /// <summary>Whether a call with these MSG_* flags waits.</summary>
    protected bool MayWait(int flags) => (flags & SocketConstants.MSG_DONTWAIT) == 0 && (StatusFlags & Fcntl.O_NONBLOCK) == 0;

    /// <summary>Stores an integer where an option's value goes, cut to the room there is.</summary>
    protected static int PutInt(Span<byte> value, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        int length = Math.Min(value.Length, sizeof(int));
        bytes[..length].CopyTo(value);
        return length;
    }
}
