using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.Terminals;

/// <summary>
/// A pseudo-terminal (pty(7)): the line discipline between a master, which plays the terminal, and a slave, which programs use as one. Thread-safe.
/// </summary>
internal sealed class PseudoTerminal
{
    private const int OutputCapacity = 8192;

    // What is typed ahead of a full line discipline, and how much echo may lie before the rest is dropped (tty_buffer.c).
    private const int TypedCapacity = 65536;
    private const int EchoCapacity = 65536;
    private const long Decisecond = 100_000_000;

    private readonly Lock _lock = new();
    private readonly Machine _machine;
    private readonly LineDiscipline _discipline;
    private readonly ByteQueue _output = new();
    private readonly ByteQueue _typed = new();
    private readonly List<Signal> _raised = [];
    private Winsize _window;
    private int _slaves;
    private bool _slaveSeen;
    private bool _masterClosed;
    private bool _inputEnded;
    private bool _readExpired;

    /// <param name="machine">Whose.</param>
    /// <param name="index">The number below /dev/pts.</param>
    /// <param name="isConsole">Whether the embedder plays the terminal, instead of a master in the guest.</param>
    public PseudoTerminal(Machine machine, int index, bool isConsole = false)
    {
        _machine = machine;
        Index = index;
        IsConsole = isConsole;
        IsLocked = !isConsole;
        Func<bool>? wakers = isConsole ? null : WaitQueue.ByGuestsOnly;
        MasterQueue = new WaitQueue { GuestOnly = wakers };
        SlaveQueue = new WaitQueue { GuestOnly = wakers };
        _discipline = new LineDiscipline(Show, () => _output.Skip(_output.Count), _raised.Add);
    }

    /// <summary>The number below /dev/pts.</summary>
    public int Index { get; }

    /// <summary>Whether the embedder plays the terminal, instead of a master in the guest.</summary>
    public bool IsConsole { get; }

    /// <summary>The slave's device number.</summary>
    public ulong Number => FileSystems.DeviceRegistry.MakeNumber(PseudoTerminals.SlaveMajor, (uint)Index);

    /// <summary>TIOCSPTLCK: whether the slave can't be opened yet.</summary>
    public bool IsLocked { get; set; }

    /// <summary>The process group that signals from the keyboard go to; 0 for none.</summary>
    public int Foreground { get; set; }

    /// <summary>The session whose controlling terminal this is; 0 for none.</summary>
    public int Session { get; set; }

    public WaitQueue MasterQueue { get; }

    public WaitQueue SlaveQueue { get; }

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

    /// <summary>The terminal is gone: SIGHUP to the foreground, then an end of file to readers and EIO to writers.</summary>
    public void CloseMaster()
    {
        Send(Signal.SIGHUP);
        Send(Signal.SIGCONT);
        lock (_lock)
        {
            _masterClosed = true;
        }

        SlaveQueue.Wake(PollEvents.HangUp | PollEvents.In | PollEvents.Error);
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

    /// <summary>What the terminal shows next, for the embedder's side: how much, 0 when there is nothing now.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="isLast">The guest has ended: what VSTOP holds is shown too.</param>
    public int TakeOutput(Span<byte> buffer, bool isLast)
    {
        int count;
        lock (_lock)
        {
            count = _discipline.IsOutputStopped && !isLast ? 0 : _output.Read(buffer);
        }

        if (count > 0)
        {
            SlaveQueue.Wake(PollEvents.Out);
        }

        return count;
    }

    /// <summary>Types: what the line discipline has no room for waits, up to a limit.</summary>
    public Result<int> WriteMaster(ReadOnlySpan<byte> buffer)
    {
        int taken = 0;
        Signal[] raised;
        lock (_lock)
        {
            if (_typed.Count == 0)
            {
                taken = _discipline.Receive(buffer);
            }

            int more = Math.Min(buffer.Length - taken, TypedCapacity - _typed.Count);
            _typed.Append(buffer.Slice(taken, more));
            taken += more;
            raised = TakeRaised();
        }

        if (taken == 0 && buffer.Length > 0)
        {
            return Errno.EAGAIN;
        }

        Announce(raised);
        return taken;
    }

    /// <summary>Nothing more will be typed: once everything is read, reads are at the end of the file.</summary>
    public void EndInput()
    {
        lock (_lock)
        {
            _inputEnded = true;
            EndLastLine();
        }

        SlaveQueue.Wake(PollEvents.In);
    }

    /// <summary>n_tty_read(): EAGAIN when a read has to wait, or would have to.</summary>
    public Result<int> ReadSlave(Span<byte> buffer, bool waits)
    {
        int count;
        Signal[] raised = [];
        lock (_lock)
        {
            if (!IsEnough(buffer.Length, waits))
            {
                return Errno.EAGAIN;
            }

            _readExpired = false;
            count = _discipline.Read(buffer) ?? 0;
            if (_typed.Count > 0)
            {
                Feed();
                raised = TakeRaised();
            }
        }

        Announce(raised);
        return count;
    }

    /// <summary>VTIME: nanoseconds that a read waits now, for the first byte or with VMIN for one more; null while it waits for ever.</summary>
    public long? ReadTime
    {
        get
        {
            lock (_lock)
            {
                TerminalSettings settings = _discipline.Settings;
                return !settings.Local(TermiosConstants.ICANON) && (settings.Character(TermiosConstants.VMIN) == 0 || _discipline.Available > 0) &&
                    settings.Character(TermiosConstants.VTIME) is not 0 and var time ? time * Decisecond : null;
            }
        }
    }

    /// <summary>Whether VTIME limits how long reads wait.</summary>
    public bool HasReadTime
    {
        get
        {
            lock (_lock)
            {
                return !_discipline.Settings.Local(TermiosConstants.ICANON) && _discipline.Settings.Character(TermiosConstants.VTIME) != 0;
            }
        }
    }

    /// <summary>Bytes that wait to be read.</summary>
    public int Available
    {
        get
        {
            lock (_lock)
            {
                return _discipline.Available;
            }
        }
    }

    /// <summary><see cref="ReadTime"/> is over: the next read takes what there is.</summary>
    public void ExpireRead()
    {
        lock (_lock)
        {
            _readExpired = true;
        }
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
                (_typed.Count < TypedCapacity ? PollEvents.Out | PollEvents.WriteNormal : 0) |
                (_slaveSeen && _slaves == 0 ? PollEvents.HangUp : 0);
        }
    }

    public PollEvents PollSlave()
    {
        lock (_lock)
        {
            return (_discipline.IsReadable || _masterClosed || _inputEnded ? PollEvents.In | PollEvents.ReadNormal : 0) |
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
        Signal[] raised;
        lock (_lock)
        {
            if (flush)
            {
                _discipline.FlushInput();
            }

            _discipline.Change(settings);
            Feed();
            raised = TakeRaised();
        }

        SlaveQueue.Wake(PollEvents.Out);
        Announce(raised);
    }

    /// <summary>TIOCSWINSZ: another size is told to the foreground.</summary>
    public Result<long> Resize(in Winsize window)
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

        Signal[] raised;
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

            Feed();
            raised = TakeRaised();
        }

        SlaveQueue.Wake(PollEvents.Out);
        Announce(raised);
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

    /// <summary>Whether a read ends with what there is.</summary>
    private bool IsEnough(int length, bool waits)
    {
        TerminalSettings settings = _discipline.Settings;
        if (length == 0 || _masterClosed || (_inputEnded && _typed.Count == 0) || _readExpired)
        {
            return true;
        }

        if (settings.Local(TermiosConstants.ICANON))
        {
            return _discipline.IsReadable;
        }

        int minimum = settings.Character(TermiosConstants.VMIN);
        bool polls = minimum == 0 && settings.Character(TermiosConstants.VTIME) == 0;
        return polls || _discipline.Available >= (waits ? Math.Min(Math.Max(minimum, 1), length) : 1);
    }

    /// <summary>Types on what waited for room.</summary>
    private void Feed()
    {
        Span<byte> piece = stackalloc byte[256];
        while (_typed.Count > 0)
        {
            int length = _typed.Peek(piece);
            int taken = _discipline.Receive(piece[..length]);
            _typed.Skip(taken);
            if (taken < length)
            {
                return;
            }
        }

        EndLastLine();
    }

    private void EndLastLine()
    {
        if (_inputEnded && _typed.Count == 0)
        {
            _discipline.EndLine();
        }
    }

    private void Show(ReadOnlySpan<byte> text)
    {
        if (_output.Count < EchoCapacity)
        {
            _output.Append(text);
        }
    }

    private Signal[] TakeRaised()
    {
        if (_raised.Count == 0)
        {
            return [];
        }

        Signal[] raised = [.. _raised];
        _raised.Clear();
        return raised;
    }

    /// <summary>Tells both sides that input moved, and the foreground what its keys mean.</summary>
    private void Announce(Signal[] raised)
    {
        foreach (Signal signal in raised)
        {
            Send(signal);
        }

        SlaveQueue.Wake(PollEvents.In);
        MasterQueue.Wake(PollEvents.In | PollEvents.Out);
    }

    private void Send(Signal signal)
    {
        if (Foreground == 0)
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
