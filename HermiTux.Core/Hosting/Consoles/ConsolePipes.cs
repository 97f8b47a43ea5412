using HermiTux.Abi;
using HermiTux.Devices;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Hosting.Consoles;

/// <summary>What both ends of the console's pipes have in common: to the guest they are FIFOs of pipefs, as in a shell pipeline.</summary>
internal abstract class ConsolePipe : OpenFile
{
    private const uint FIONREAD = 0x541B;
    private const ulong PipeDevice = 0xE;

    private readonly ConsolePipeState _state;

    protected ConsolePipe(int flags, ConsolePipeState state)
        : base(flags)
    {
        _state = state;
        state.AddUser();
    }

    public override string Description => $"pipe:[{_state.Number}]";

    public override WaitQueue WaitQueue => _state.WaitQueue;

    /// <summary>What the pipe shares with others that were opened through /proc/self/fd.</summary>
    protected ConsolePipeState State => _state;

    /// <summary>Bytes that FIONREAD reports.</summary>
    protected virtual long Available => 0;

    public override Result<InodeAttributes> GetAttributes() => new InodeAttributes
    {
        Device = PipeDevice,
        Inode = _state.Number,
        Mode = StatConstants.S_IFIFO | 0x180, // 0600
        Uid = _state.Uid,
        Gid = _state.Gid,
        Links = 1,
        BlockSize = Page.Size,
        AccessTime = _state.Created,
        ModificationTime = _state.Created,
        ChangeTime = _state.Created,
    };

    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument)
    {
        if (request != FIONREAD)
        {
            return Errno.ENOTTY;
        }

        return memory.TryWrite(argument, (int)Math.Min(Available, int.MaxValue)) ? 0L : Errno.EFAULT;
    }

    protected override void OnClose() => _state.RemoveUser();
}

/// <summary>One of the console's pipes: identity, waiters and how many open files it has.</summary>
internal sealed class ConsolePipeState(ulong number, Credentials owner, long created, Action close)
{
    private int _users;

    public ulong Number => number;

    public uint Uid { get; } = owner.Uid;

    public uint Gid { get; } = owner.Gid;

    public long Created => created;

    public WaitQueue WaitQueue { get; } = new();

    public void AddUser() => Interlocked.Increment(ref _users);

    public void RemoveUser()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            close();
        }
    }
}

/// <summary>Standard input: the reading end of a pipe that the embedder fills.</summary>
internal sealed class ConsoleInputFile : ConsolePipe
{
    private readonly InputChannel _channel;

    public ConsoleInputFile(InputChannel channel, ulong number, Credentials owner, long created)
        : this(channel, new ConsolePipeState(number, owner, created, channel.Dispose), Fcntl.O_RDONLY)
    {
        _channel.Changed += () => State.WaitQueue.Wake(PollEvents.In | PollEvents.ReadNormal | PollEvents.HangUp);
    }

    private ConsoleInputFile(InputChannel channel, ConsolePipeState state, int flags)
        : base(flags, state)
    {
        _channel = channel;
    }

    protected override long Available => _channel.Available;

    internal override Result<OpenFile> Reopen(int flags, Dentry dentry) => (flags & Fcntl.O_ACCMODE) == Fcntl.O_RDONLY
        ? new ConsoleInputFile(_channel, State, flags)
        : Errno.EACCES;

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        int read = _channel.Read(buffer);
        return read >= 0 ? read : (Errno)(-read);
    }

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position) => Errno.EBADF;

    public override PollEvents Poll() =>
        !_channel.IsReadable ? PollEvents.None : _channel.IsAtEnd ? PollEvents.HangUp : PollEvents.In | PollEvents.ReadNormal;
}

/// <summary>Standard output or error: the writing end of a pipe that the embedder empties.</summary>
internal sealed class ConsoleOutputFile : ConsolePipe
{
    private readonly OutputChannel _channel;

    public ConsoleOutputFile(OutputChannel channel, ulong number, Credentials owner, long created)
        : this(channel, new ConsolePipeState(number, owner, created, () => _ = channel.CloseAsync()), Fcntl.O_WRONLY)
    {
        _channel.Changed += () => State.WaitQueue.Wake(PollEvents.Out | PollEvents.WriteNormal | PollEvents.Error);
    }

    private ConsoleOutputFile(OutputChannel channel, ConsolePipeState state, int flags)
        : base(flags, state)
    {
        _channel = channel;
    }

    internal override Result<OpenFile> Reopen(int flags, Dentry dentry) => (flags & Fcntl.O_ACCMODE) == Fcntl.O_WRONLY
        ? new ConsoleOutputFile(_channel, State, flags)
        : Errno.EACCES;

    public override Result<int> Read(Span<byte> buffer, long position) => Errno.EBADF;

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position)
    {
        int written = _channel.Write(buffer);
        return written >= 0 ? written : (Errno)(-written);
    }

    public override PollEvents Poll() =>
        (_channel.IsWritable ? PollEvents.Out | PollEvents.WriteNormal : PollEvents.None) | (_channel.IsBroken ? PollEvents.Error : PollEvents.None);
}
