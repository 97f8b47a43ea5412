using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Kernel.Terminals;

/// <summary>/dev/ptmx, opened: the side that plays the terminal.</summary>
internal sealed class PseudoTerminalMaster : OpenFile
{
    private const uint TIOCGPTLCK = 0x80045439;

    private readonly PseudoTerminal _terminal;
    private readonly PseudoTerminals _all;
    private readonly Inode _inode;

    public PseudoTerminalMaster(PseudoTerminals all, PseudoTerminal terminal, int flags, Dentry dentry, Inode inode) : base(flags)
    {
        _all = all;
        _terminal = terminal;
        _inode = inode;
        Dentry = dentry;
    }

    public override Inode Inode => _inode;

    public override WaitQueue WaitQueue => _terminal.MasterQueue;

    public override Result<int> Read(Span<byte> buffer, long position) => _terminal.ReadMaster(buffer);

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position) => _terminal.WriteMaster(buffer);

    public override PollEvents Poll() => _terminal.PollMaster();

    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument)
    {
        switch (request)
        {
            case IoctlConstants.TIOCGPTN:
                return memory.TryWrite(argument, _terminal.Index) ? 0L : Errno.EFAULT;
            case IoctlConstants.TIOCSPTLCK:
                if (!memory.TryRead(argument, out int locked))
                {
                    return Errno.EFAULT;
                }

                _terminal.IsLocked = locked != 0;
                return 0L;
            case TIOCGPTLCK:
                return memory.TryWrite(argument, _terminal.IsLocked ? 1 : 0) ? 0L : Errno.EFAULT;
            case IoctlConstants.TIOCGPGRP:
                return memory.TryWrite(argument, _terminal.Foreground) ? 0L : Errno.EFAULT;
            default:
                return _terminal.Control(memory, request, argument, isMaster: true) ?? Errno.ENOTTY;
        }
    }

    protected override void OnClose()
    {
        _terminal.CloseMaster();
        _all.Remove(_terminal);
    }
}

/// <summary>/dev/pts/N, opened: the side that programs take for a terminal.</summary>
internal sealed class PseudoTerminalSlave : OpenFile
{
    private readonly PseudoTerminal _terminal;
    private readonly Inode _inode;

    public PseudoTerminalSlave(PseudoTerminal terminal, int flags, Dentry? dentry, Inode inode) : base(flags)
    {
        _terminal = terminal;
        _inode = inode;
        Dentry = dentry;
        terminal.OpenSlave();
        Process? process = GuestThread.Current?.Process;

        // The first terminal that a session leader without one opens becomes the session's (credentials(7)).
        if ((flags & Fcntl.O_NOCTTY) == 0 && process is { Terminal: null } && process.Session == process.Pid && terminal.Session == 0)
        {
            Acquire(process);
        }
    }

    public PseudoTerminal Terminal => _terminal;

    public override string Description => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/dev/pts/{_terminal.Index}");

    public override Inode Inode => _inode;

    public override WaitQueue WaitQueue => _terminal.SlaveQueue;

    public override Result<int> Read(Span<byte> buffer, long position) => _terminal.ReadSlave(buffer, (StatusFlags & Fcntl.O_NONBLOCK) == 0);

    public override Result<int> Write(ReadOnlySpan<byte> buffer, long position) => _terminal.WriteSlave(buffer);

    public override PollEvents Poll() => _terminal.PollSlave();

    public override Result<long> Ioctl(AddressSpace memory, uint request, ulong argument)
    {
        Process? process = GuestThread.Current?.Process;
        bool own = process?.Terminal == _terminal;
        switch (request)
        {
            case IoctlConstants.TIOCSCTTY:
                if (process is null || own)
                {
                    return 0L;
                }

                if (process.Session != process.Pid || process.Terminal is not null || (_terminal.Session != 0 && (argument != 1 || process.Credentials.Euid != 0)))
                {
                    return Errno.EPERM;
                }

                Acquire(process);
                return 0L;
            case IoctlConstants.TIOCNOTTY:
                if (!own)
                {
                    return Errno.ENOTTY;
                }

                process!.Terminal = null;
                (_terminal.Session, _terminal.Foreground) = (0, 0);
                return 0L;
            case IoctlConstants.TIOCGPGRP:
                return !own ? Errno.ENOTTY : memory.TryWrite(argument, _terminal.Foreground) ? 0L : Errno.EFAULT;
            case IoctlConstants.TIOCGSID:
                return !own ? Errno.ENOTTY : memory.TryWrite(argument, _terminal.Session) ? 0L : Errno.EFAULT;
            case IoctlConstants.TIOCSPGRP:
                if (!own)
                {
                    return Errno.ENOTTY;
                }

                if (!memory.TryRead(argument, out int group))
                {
                    return Errno.EFAULT;
                }

                if (group < 0)
                {
                    return Errno.EINVAL;
                }

                Process? member = process!.Machine.Processes.FirstOrDefault(p => p.ProcessGroup == group);
                if (member is null)
                {
                    return Errno.ESRCH;
                }

                if (member.Session != process.Session)
                {
                    return Errno.EPERM;
                }

                _terminal.Foreground = group;
                return 0L;
            default:
                return _terminal.Control(memory, request, argument, isMaster: false) ?? Errno.ENOTTY;
        }
    }

    protected override void OnClose() => _terminal.CloseSlave();

    private void Acquire(Process process)
    {
        process.Terminal = _terminal;
        _terminal.Session = process.Session;
        _terminal.Foreground = process.ProcessGroup;
    }
}
