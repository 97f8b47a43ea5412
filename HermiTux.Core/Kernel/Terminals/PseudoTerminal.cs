using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.Terminals;

/// <summary>
/// A pseudo-terminal (pty(7)): the line discipline between a master, which plays the terminal, and a slave, which programs use as one. Thread-safe.
/// </summary>
internal sealed class PseudoTerminal
{
    private const int OutputCapacity = 8192;

    private readonly Lock _lock = new();
    private readonly Machine _machine;
    private readonly LineDiscipline _discipline;
    private readonly ByteQueue _output = new();
    private Winsize _window;
    private int _slaves;
    private bool _slaveSeen;
    private bool _masterClosed;
    private Signal _raised;

    public PseudoTerminal(Machine machine, int index)
    {
        _machine = machine;
        Index = index;
        _discipline = new LineDiscipline(bytes => _output.Append(bytes), () => _output.Skip(_output.Count), signal => _raised = signal);
    }

    /// <summary>The number below /dev/pts.</summary>
    public int Index { get; }

    /// <summary>TIOCSPTLCK: whether the slave can't be opened yet.</summary>
    public bool IsLocked { get; set; } = true;

    /// <summary>The process group that signals from the keyboard go to; 0 for none.</summary>
    public int Foreground { get; set; }

    /// <summary>The session whose controlling terminal this is; 0 for none.</summary>
    public int Session { get; set; }

    public WaitQueue MasterQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    public WaitQueue SlaveQueue { get; } = new() { GuestOnly = WaitQueue.ByGuestsOnly };

    public void OpenSlave()
    {
        lock (_lock)
        {
            _slaves++;
            _slaveSeen = true;
        }
    }

    public void CloseSlave()
    {
        lock (_lock)
        {
            _slaves--;
        }

        MasterQueue.Wake(PollEvents.HangUp);
    }

    /// <summary>The terminal is gone: SIGHUP to the foreground, an end of file to readers.</summary>
    public void CloseMaster()
    {
        lock (_lock)
        {
            _masterClosed = true;
        }

        SlaveQueue.Wake(PollEvents.HangUp | PollEvents.In | PollEvents.Error);
        Send(Signal.SIGHUP);
        Send(Signal.SIGCONT);
    }

    public Result<int> ReadMaster(Span<byte> buffer)
    {
        int count;
        lock (_lock)
        {
            count = _discipline.IsOutputStopped ? 0 : _output.Read(buffer);
            if (count == 0)
            {
                return buffer.IsEmpty ? 0 : _slaveSeen && _slaves == 0 && _output.Count == 0 ? Errno.EIO : Errno.EAGAIN;
            }
        }

        SlaveQueue.Wake(PollEvents.Out);
        return count;
    }

    public Result<int> WriteMaster(ReadOnlySpan<byte> buffer)
    {
        int taken;
        Signal raised;
        lock (_lock)
        {
            taken = _discipline.Receive(buffer);
            (raised, _raised) = (_raised, Signal.None);
            if (taken == 0 && buffer.Length > 0)
            {
                return Errno.EAGAIN;
            }
        }

        Send(raised);
        SlaveQueue.Wake(PollEvents.In);
        MasterQueue.Wake(PollEvents.In);
        return taken;
    }

    public Result<int> ReadSlave(Span<byte> buffer)
    {
        int? count;
        lock (_lock)
        {
            bool mayEnd = !_discipline.Settings.Local(TermiosConstants.ICANON) && _discipline.Settings.Character(TermiosConstants.VMIN) == 0;
            count = _discipline.Settings.Local(TermiosConstants.ICANON) || _discipline.IsReadable || mayEnd ? _discipline.Read(buffer) : null;
            if (count is null)
            {
                // VMIN and VTIME of 0 poll; a VTIME alone is taken for that too.
                return _masterClosed || mayEnd ? 0 : Errno.EAGAIN;
            }
        }

        MasterQueue.Wake(PollEvents.Out);
        return count.Value;
    }

    public Result<int> WriteSlave(ReadOnlySpan<byte> buffer)
    {
        int count;
        lock (_lock)
        {
            if (_masterClosed)
            {
                return Errno.EIO;
            }

            int room = OutputCapacity - _output.Count;
            if (buffer.IsEmpty)
            {
                return 0;
            }

            if (room <= 0 || _discipline.IsOutputStopped)
            {
                return Errno.EAGAIN;
            }

            count = Math.Min(buffer.Length, room);
            _discipline.Write(buffer[..count]);
        }

        MasterQueue.Wake(PollEvents.In);
        return count;
    }

    public PollEvents PollMaster()
    {
        lock (_lock)
        {
            return (_output.Count > 0 && !_discipline.IsOutputStopped ? PollEvents.In | PollEvents.ReadNormal : 0) |
                (_discipline.Room > 0 ? PollEvents.Out | PollEvents.WriteNormal : 0) |
                (_slaveSeen && _slaves == 0 ? PollEvents.HangUp : 0);
        }
    }

    public PollEvents PollSlave()
    {
        lock (_lock)
        {
            return (_discipline.IsReadable || _masterClosed ? PollEvents.In | PollEvents.ReadNormal : 0) |
                (_output.Count < OutputCapacity && !_discipline.IsOutputStopped ? PollEvents.Out | PollEvents.WriteNormal : 0) |
                (_masterClosed ? PollEvents.HangUp | PollEvents.Error : 0);
        }
    }

    /// <summary>The requests that both ends know; null for others.</summary>
    public Result<long>? Control(AddressSpace memory, uint request, ulong argument, bool isMaster)
    {
        switch (request)
        {
            case IoctlConstants.TCGETS:
                return Copy(memory, argument, Settings.Termios);
            case IoctlConstants.TCSETS or IoctlConstants.TCSETSW or IoctlConstants.TCSETSF:
                if (!memory.TryRead(argument, out Termios termios))
                {
                    return Errno.EFAULT;
                }

                Change(new TerminalSettings { Termios = termios }, flush: request == IoctlConstants.TCSETSF);
                return 0L;
            case IoctlConstants.TIOCGWINSZ:
                return Copy(memory, argument, _window);
            case IoctlConstants.TIOCSWINSZ:
                return memory.TryRead(argument, out Winsize window) ? Resize(window) : Errno.EFAULT;
            case IoctlConstants.FIONREAD:
                lock (_lock)
                {
                    return Copy(memory, argument, isMaster ? _output.Count : _discipline.Available);
                }

            case IoctlConstants.TIOCOUTQ:
                return Copy(memory, argument, 0);
            case IoctlConstants.TCFLSH:
                return Flush((int)argument, isMaster);
            case IoctlConstants.TCSBRK or IoctlConstants.TCSBRKP:
                return 0L;
            case IoctlConstants.TCXONC:
                return Flow((int)argument);
            case IoctlConstants.TIOCEXCL or IoctlConstants.TIOCNXCL:
                return 0L;
            case IoctlConstants.TIOCGETD:
                return Copy(memory, argument, 0);
            case IoctlConstants.TIOCSETD:
                return memory.TryRead(argument, out int discipline) ? discipline == 0 ? 0L : Errno.EINVAL : Errno.EFAULT;
            default:
                return null;
        }
    }

    private TerminalSettings Settings
    {
        get
        {
            lock (_lock)
            {
                return _discipline.Settings;
            }
        }
    }

    private void Change(in TerminalSettings settings, bool flush)
    {
        lock (_lock)
        {
            if (flush)
            {
                _discipline.FlushInput();
            }

            _discipline.Change(settings);
        }

        SlaveQueue.Wake(PollEvents.In | PollEvents.Out);
        MasterQueue.Wake(PollEvents.In | PollEvents.Out);
    }

    private Result<long> Resize(in Winsize window)
    {
        bool changed;
        lock (_lock)
        {
            changed = !window.Equals(_window);
            _window = window;
        }

        if (changed)
        {
            Send(Signal.SIGWINCH);
        }

        return 0L;
    }

    private Result<long> Flush(int which, bool isMaster)
    {
        if (which is < 0 or > 2)
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            bool input = which is 0 or 2;
            bool output = which is 1 or 2;
            if (isMaster ? output : input)
            {
                _discipline.FlushInput();
            }

            if (isMaster ? input : output)
            {
                _output.Skip(_output.Count);
            }
        }

        return 0L;
    }

    private Result<long> Flow(int action)
    {
        if (action is < 0 or > 3)
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            // TCOOFF and TCOON hold and release output; the other two would send characters to a peer that has no flow to control.
            _discipline.IsOutputStopped = action == 0 || (action != 1 && _discipline.IsOutputStopped);
        }

        MasterQueue.Wake(PollEvents.In);
        SlaveQueue.Wake(PollEvents.Out);
        return 0L;
    }

    private void Send(Signal signal)
    {
        if (signal == Signal.None || Foreground == 0)
        {
            return;
        }

        foreach (Process process in _machine.Processes)
        {
            if (process.ProcessGroup == Foreground)
            {
                _ = process.Post(new SigInfo { Signo = (int)signal, Code = SignalConstants.SI_KERNEL });
            }
        }
    }

    private static Result<long> Copy<T>(AddressSpace memory, ulong address, in T value)
        where T : unmanaged => memory.TryWrite(address, value) ? 0L : Errno.EFAULT;
}
