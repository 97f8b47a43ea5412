using HermiTux.Abi;
using HermiTux.Devices;

namespace HermiTux.Kernel.FileSystems;

/// <summary>Device numbers and what they lead to, so that a device node works wherever mknod(2) put it.</summary>
internal sealed class DeviceRegistry
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, CharacterDevice> _devices = [];
    private readonly Dictionary<ulong, Func<int, Dentry, Inode, Result<OpenFile>>> _openers = [];

    /// <summary>Registers a device; returns its number. Takes the next free minor where the device names none.</summary>
    public ulong Register(CharacterDevice device)
    {
        lock (_lock)
        {
            uint minor = device.Minor ?? 0;
            while (device.Minor is null && _devices.ContainsKey(MakeNumber(device.Major, minor)))
            {
                minor++;
            }

            ulong number = MakeNumber(device.Major, minor);
            _devices[number] = device;
            return number;
        }
    }

    /// <summary>Registers code that makes a file of its own for each open, for the kernel's own devices. A device of the same number comes first.</summary>
    public void RegisterOpener(ulong number, Func<int, Dentry, Inode, Result<OpenFile>> open)
    {
        lock (_lock)
        {
            _openers[number] = open;
        }
    }

    /// <summary>Opens the device; ENXIO if the number leads nowhere.</summary>
    public Result<OpenFile> Open(ulong number, int flags, Dentry dentry, Inode inode)
    {
        CharacterDevice? device;
        Func<int, Dentry, Inode, Result<OpenFile>>? open;
        lock (_lock)
        {
            device = _devices.GetValueOrDefault(number);
            open = _openers.GetValueOrDefault(number);
        }

        return device is null && open is not null ? open(flags, dentry, inode) : device is null ? Errno.ENXIO : CharacterDeviceFile.Open(device, inode, flags, dentry);
    }

    /// <summary>makedev(3).</summary>
    public static ulong MakeNumber(uint major, uint minor) =>
        (minor & 0xFF) | ((major & 0xFFFUL) << 8) | ((ulong)(minor & ~0xFFu) << 12) | ((ulong)(major & ~0xFFFu) << 32);
}

/// <summary>An open character device.</summary>
internal sealed class CharacterDeviceFile : OpenFile
{
    private readonly CharacterDevice _device;
    private readonly Inode _inode;

    private CharacterDeviceFile(CharacterDevice device, Inode inode, int flags, Dentry dentry) : base(flags)
    {
        _device = device;
        _inode = inode;
        Dentry = dentry;
        device.ReadinessChanged += OnReadinessChanged;
    }

    public override Inode Inode => _inode;

    public override WaitQueue WaitQueue { get; } = new();

    public static Result<OpenFile> Open(CharacterDevice device, Inode inode, int flags, Dentry dentry)
    {
        Errno error = device.Open(flags);
        return error == Errno.None ? new CharacterDeviceFile(device, inode, flags, dentry) : error;
    }

    public override Result<int> Read(Span<byte> buffer, long position) => ToResult(_device.Read(buffer), buffer.Length);

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position) => ToResult(_device.Write(buffer), buffer.Length);

    // Many programs seek on devices without meaning it; Linux's memory devices accept and ignore it.
    public override Result<long> Seek(long offset, int whence) => _device is MemoryDevice ? 0 : Errno.ESPIPE;

    public override Result<long> Ioctl(Memory.AddressSpace memory, uint request, ulong argument)
    {
        long result = _device.Ioctl(memory, request, argument);
        return result is < 0 and >= -4095 ? (Errno)(-result) : result;
    }

    public override Result<Memory.IMemoryObject> GetMemoryObject() => _device is ZeroDevice zero ? zero.CreateMapping() : Errno.ENODEV;

    public override PollEvents Poll()
    {
        DeviceReadiness ready = _device.Readiness;
        return ((ready & DeviceReadiness.Readable) != 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None)
            | ((ready & DeviceReadiness.Writable) != 0 ? PollEvents.Out | PollEvents.WriteNormal : PollEvents.None)
            | ((ready & DeviceReadiness.HangUp) != 0 ? PollEvents.HangUp : PollEvents.None)
            | ((ready & DeviceReadiness.Error) != 0 ? PollEvents.Error : PollEvents.None);
    }

    protected override void OnClose()
    {
        _device.ReadinessChanged -= OnReadinessChanged;
        _device.Close();
    }

    private static Result<int> ToResult(int result, int length) => result >= 0 ? Math.Min(result, length) : (Errno)(-result);

    private void OnReadinessChanged() => WaitQueue.Wake(Poll());
}
