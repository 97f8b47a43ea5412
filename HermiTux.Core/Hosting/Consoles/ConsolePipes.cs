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

    private readonly ulong _number;
    private readonly long _created;

    protected ConsolePipe(int flags, ulong number, long created)
        : base(flags)
    {
        _number = number;
        _created = created;
    }

    public override string Description => $"pipe:[{_number}]";

    public override WaitQueue WaitQueue { get; } = new();

    /// <summary>Bytes that FIONREAD reports.</summary>
    protected virtual long Available => 0;

    public override Result<InodeAttributes> GetAttributes() => new InodeAttributes
    {
        Device = PipeDevice,
        Inode = _number,
        Mode = 0x1180, // S_IFIFO | 0600
        Links = 1,
        BlockSize = Page.Size,
        AccessTime = _created,
        ModificationTime = _created,
        ChangeTime = _created,
    };

    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument)
    {
        if (request != FIONREAD)
        {
            return Errno.ENOTTY;
        }

        return memory.TryWrite(argument, (int)Math.Min(Available, int.MaxValue)) ? 0L : Errno.EFAULT;
    }
}

/// <summary>Standard input: the reading end of a pipe that the embedder fills.</summary>
internal sealed class ConsoleInputFile : ConsolePipe
{
    private const int O_RDONLY = 0;
    private readonly InputChannel _channel;

    public ConsoleInputFile(InputChannel channel, ulong number, long created)
        : base(O_RDONLY, number, created)
    {
        _channel = channel;
        _channel.Changed += () => WaitQueue.Wake(PollEvents.In | PollEvents.ReadNormal | PollEvents.HangUp);
    }

    protected override long Available => _channel.Available;

    public override Result<int> Read(Span<byte> buffer, long position)
    {
        int read = _channel.Read(buffer);
        return read >= 0 ? read : (Errno)(-read);
    }

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position) => Errno.EBADF;

    public override PollEvents Poll() =>
        !_channel.IsReadable ? PollEvents.None : _channel.IsAtEnd ? PollEvents.HangUp : PollEvents.In | PollEvents.ReadNormal;

    protected override void OnClose() => _channel.Dispose();
}

/// <summary>Standard output or error: the writing end of a pipe that the embedder empties.</summary>
internal sealed class ConsoleOutputFile : ConsolePipe
{
    private const int O_WRONLY = 1;
    private readonly OutputChannel _channel;

    public ConsoleOutputFile(OutputChannel channel, ulong number, long created)
        : base(O_WRONLY, number, created)
    {
        _channel = channel;
        _channel.Changed += () => WaitQueue.Wake(PollEvents.Out | PollEvents.WriteNormal | PollEvents.Error);
    }

    public override Result<int> Read(Span<byte> buffer, long position) => Errno.EBADF;

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position)
    {
        int written = _channel.Write(buffer);
        return written >= 0 ? written : (Errno)(-written);
    }

    public override PollEvents Poll() =>
        (_channel.IsWritable ? PollEvents.Out | PollEvents.WriteNormal : PollEvents.None) | (_channel.IsBroken ? PollEvents.Error : PollEvents.None);

    protected override void OnClose() => _ = _channel.CloseAsync();
}
