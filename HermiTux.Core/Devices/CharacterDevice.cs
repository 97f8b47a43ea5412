using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Devices;

/// <summary>What a device can do at once, without waiting.</summary>
[Flags]
public enum DeviceReadiness
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A read gives bytes, the end, or an error.</summary>
    Readable = 1,

    /// <summary>A write takes bytes or gives an error.</summary>
    Writable = 2,

    /// <summary>The other side is gone (POLLHUP).</summary>
    HangUp = 4,

    /// <summary>Something is wrong (POLLERR).</summary>
    Error = 8,
}

/// <summary>
/// A character device: a file under /dev whose reads and writes go to code. Override what the device can do; every method has
/// a default for "can't".
/// </summary>
/// <remarks>
/// <para>Methods are called from any thread, several at once if the guest has several threads. They must not block: a read or
/// write that can't proceed returns <c>-(int)Errno.EAGAIN</c>, and the guest thread waits (without an OS thread, and unless it set O_NONBLOCK) until
/// <see cref="NotifyReadiness"/> says that <see cref="Readiness"/> changed.</para>
/// <para>Buffers may be windows on guest memory: the guest can change the bytes meanwhile, so read each once and trust none.</para>
/// </remarks>
public abstract class CharacterDevice
{
    /// <summary>Creates a device.</summary>
    /// <param name="name">Name under /dev; may contain directories (<c>input/event0</c>).</param>
    /// <param name="mode">Permission bits.</param>
    protected CharacterDevice(string name, uint mode = 0x1B6)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Mode = mode & 0x1FF;
    }

    /// <summary>Readiness changed: look again. Raised by <see cref="NotifyReadiness"/> on the thread that calls it.</summary>
    internal event Action? ReadinessChanged;

    /// <summary>Name under /dev.</summary>
    public string Name { get; }

    /// <summary>Permission bits (0777).</summary>
    public uint Mode { get; }

    /// <summary>Major device number. The default is Linux's range for dynamically assigned ones.</summary>
    public virtual uint Major => 510;

    /// <summary>Minor device number; null takes the next free one of <see cref="Major"/>.</summary>
    public virtual uint? Minor => null;

    /// <summary>What can be done at once. The default: reading and writing never wait.</summary>
    public virtual DeviceReadiness Readiness => DeviceReadiness.Readable | DeviceReadiness.Writable;

    /// <summary>A guest opens the device. An error refuses. <paramref name="flags"/> are O_* of open(2).</summary>
    public virtual Errno Open(int flags) => Errno.None;

    /// <summary>An open file of the device is closed; called once for each successful <see cref="Open"/>.</summary>
    public virtual void Close()
    {
    }

    /// <summary>Reads up to the buffer's length.</summary>
    /// <returns>Bytes read, 0 at the end, or minus an errno.</returns>
    public virtual int Read(Span<byte> buffer) => -(int)Errno.EINVAL;

    /// <summary>Writes up to the buffer's length.</summary>
    /// <returns>Bytes taken, or minus an errno.</returns>
    public virtual int Write(ReadOnlySpan<byte> buffer) => -(int)Errno.EINVAL;

    /// <summary>ioctl(2).</summary>
    /// <param name="memory">Where <paramref name="argument"/> points, if it is a pointer.</param>
    /// <param name="request">The request number.</param>
    /// <param name="argument">The third argument as passed.</param>
    /// <returns>The result, or minus an errno.</returns>
    public virtual long Ioctl(AddressSpace memory, uint request, ulong argument) => -(long)Errno.ENOTTY;

    /// <summary>Makes guest threads that wait for the device look at <see cref="Readiness"/> again. Any thread may call it.</summary>
    protected void NotifyReadiness() => ReadinessChanged?.Invoke();
}
