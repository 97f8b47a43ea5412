using System.Globalization;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.Ipc;

/// <summary>A System V shared memory segment. Attaches are counted by mappings, so that munmap(2), execve(2) and the end of a process count too.</summary>
internal sealed class ShmSegment : IpcObject, IMemoryObject
{
    private const uint SHM_DEST = 0x200;

    private readonly SharedAnonymousMemory _memory;
    private readonly Action<ShmSegment> _destroyed;
    private readonly Func<long> _now;
    private int _attached;

    public ShmSegment(int key, uint mode, Process creator, ulong size, Action<ShmSegment> destroyed)
        : base(key, mode, creator.Credentials)
    {
        Size = size;
        CreatorPid = creator.Pid;
        _memory = new SharedAnonymousMemory((long)Page.Ceiling(size), creator.Machine.Frames);
        _memory.Mapped();
        _destroyed = destroyed;
        _now = () => creator.Machine.RealtimeNanoseconds / 1_000_000_000;
        ChangeTime = _now();
    }

    public ulong Size { get; }

    public int CreatorPid { get; }

    public int LastPid { get; set; }

    public long AttachTime { get; private set; }

    public long DetachTime { get; private set; }

    public int Attached => Volatile.Read(ref _attached);

    public long Length => _memory.Length;

    public MemoryObjectName Name => new(string.Create(CultureInfo.InvariantCulture, $"/SYSV{Key:x8} (deleted)"), 1, (ulong)Id);

    public ShmidDs Describe() => new()
    {
        shm_perm = Permissions,
        shm_segsz = Size,
        shm_atime = AttachTime,
        shm_dtime = DetachTime,
        shm_ctime = ChangeTime,
        shm_cpid = CreatorPid,
        shm_lpid = LastPid,
        shm_nattch = (ulong)Attached,
    };

    /// <summary>IPC_RMID: gone with the last attach.</summary>
    public void Remove()
    {
        bool now;
        lock (Lock)
        {
            Mode |= SHM_DEST;
            IsRemoved = true;
            ForgetKey();
            now = _attached == 0;
        }

        if (now)
        {
            Destroy();
        }
    }

    public Errno GetPage(FrameTable frames, long pageIndex, out long frame) => _memory.GetPage(frames, pageIndex, out frame);

    public int ReadPage(long pageIndex, Span<byte> destination) => _memory.ReadPage(pageIndex, destination);

    public Errno WriteBack(FrameTable frames, long firstPage, long count) => Errno.None;

    public void Mapped()
    {
        lock (Lock)
        {
            _attached++;
            AttachTime = _now();
            LastPid = GuestThread.Current?.Process.Pid ?? LastPid;
        }
    }

    public void Unmapped()
    {
        bool last;
        lock (Lock)
        {
            _attached--;
            DetachTime = _now();
            LastPid = GuestThread.Current?.Process.Pid ?? LastPid;
            last = _attached == 0 && IsRemoved;
        }

        if (last)
        {
            Destroy();
        }
    }

    private void Destroy()
    {
        _destroyed(this);
        _memory.Unmapped();
    }
}
