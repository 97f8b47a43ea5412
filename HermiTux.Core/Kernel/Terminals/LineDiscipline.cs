using HermiTux.Abi;
using static HermiTux.Abi.TermiosConstants;

namespace HermiTux.Kernel.Terminals;

/// <summary>
/// The line discipline N_TTY (drivers/tty/n_tty.c): turns what is typed into what is read, and what is written into what is shown.
/// In canonical mode a line is edited until its end is typed, and read by lines; without it bytes are read as they come.
/// </summary>
/// <remarks>
/// Input is a list of bytes with a mark for each end of line, since an end of file is an end without a byte. Not thread-safe: its terminal has a lock.
/// </remarks>
internal sealed class LineDiscipline(Action<ReadOnlySpan<byte>> show, Action discardOutput, Action<Signal> signal)
{
    /// <summary>N_TTY_BUF_SIZE: bytes that can wait to be read.</summary>
    public const int Capacity = 4096;

    private const byte Delete = 0x7F;
    private const byte Bell = 7;
    private const byte Newline = (byte)'\n';
    private const int TabWidth = 8;

    private readonly List<byte> _line = [];
    private readonly Queue<byte[]> _lines = new();
    private readonly Queue<byte> _raw = new();
    private int _readOfFirst;
    private int _lineBytes;
    private bool _literal;
    private int _column;
    private int _columnAtLineStart;

    public TerminalSettings Settings { get; set; } = TerminalSettings.Standard;

    /// <summary>Whether output is held by VSTOP.</summary>
    public bool IsOutputStopped { get; set; }

    /// <summary>Bytes that a read would give now (FIONREAD).</summary>
    public int Available => Settings.Local(ICANON) ? _lineBytes : _raw.Count + _lineBytes;

    /// <summary>input_available_p(): whether poll(2) says that there is something to read, an end of file included.</summary>
    public bool IsReadable => _lines.Count > 0 || (!Settings.Local(ICANON) && _raw.Count >= (Settings.Character(VTIME) != 0 ? 1 : Math.Max(1, (int)Settings.Character(VMIN))));

    /// <summary>How much more can be typed.</summary>
    public int Room => Capacity - 1 - _raw.Count - _lineBytes - (Settings.Local(ICANON) && _lines.Count == 0 ? 0 : _line.Count);

    /// <summary>Takes what is typed; how much of it.</summary>
    public int Receive(ReadOnlySpan<byte> input)
    {
        int taken = 0;
        foreach (byte typed in input)
        {
            if (Room <= 0)
            {
                break;
            }

            Receive(typed);
            taken++;
        }

        return taken;
    }

    /// <summary>Reads a line or what there is; null when a read has to wait, empty for an end of file.</summary>
    public int? Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (_lines.TryPeek(out byte[]? first))
        {
            int count = Math.Min(buffer.Length, first.Length - _readOfFirst);
            first.AsSpan(_readOfFirst, count).CopyTo(buffer);
            _readOfFirst += count;
            _lineBytes -= count;
            if (_readOfFirst == first.Length)
            {
                _lines.Dequeue();
                _readOfFirst = 0;
            }

            return count;
        }

        if (Settings.Local(ICANON) || _raw.Count == 0)
        {
            return null;
        }

        int taken = 0;
        while (taken < buffer.Length && _raw.TryDequeue(out byte value))
        {
            buffer[taken++] = value;
        }

        return taken;
    }

    /// <summary>What a write shows, with the output settings applied.</summary>
    public void Write(ReadOnlySpan<byte> output)
    {
        Span<byte> few = stackalloc byte[TabWidth];
        foreach (byte value in output)
        {
            show(Process(value, few));
        }
    }

    /// <summary>What is typed of a line can be read without its end.</summary>
    public void EndLine()
    {
        if (_line.Count > 0)
        {
            EndLine(null);
        }
    }

    /// <summary>tcflush(3) of input: what was typed and not read is gone.</summary>
    public void FlushInput()
    {
        _line.Clear();
        _lines.Clear();
        _raw.Clear();
        (_lineBytes, _readOfFirst) = (0, 0);
    }

    /// <summary>n_tty_set_termios(): new settings; what waits is read by the new mode.</summary>
    public void Change(in TerminalSettings settings)
    {
        bool wasCanonical = Settings.Local(ICANON);
        Settings = settings;
        if (wasCanonical && !settings.Local(ICANON))
        {
            _line.ForEach(_raw.Enqueue);
            _line.Clear();
        }
        else if (!wasCanonical && settings.Local(ICANON) && _raw.Count > 0)
        {
            // What came without lines is read as one.
            byte[] waiting = [.. _raw];
            _raw.Clear();
            _lines.Enqueue(waiting);
            _lineBytes += waiting.Length;
        }

        if (!settings.Input(IXON))
        {
            IsOutputStopped = false;
        }
    }

    private void Receive(byte typed)
    {
        if (Settings.Input(ISTRIP))
        {
            typed &= 0x7F;
        }

        if (_literal)
        {
            _literal = false;
            Accept(typed);
            return;
        }

        bool extended = Settings.Local(IEXTEN);
        if (Settings.Input(IXON))
        {
            if (Settings.Is(typed, VSTART) || Settings.Is(typed, VSTOP))
            {
                IsOutputStopped = Settings.Is(typed, VSTOP);
                return;
            }

            if (IsOutputStopped && Settings.Input(IXANY))
            {
                IsOutputStopped = false;
            }
        }

        if (Settings.Local(ISIG) && SignalOf(typed) is not Signal.None and var raised)
        {
            if (!Settings.Local(NOFLSH))
            {
                FlushInput();
                discardOutput();
            }

            Echo(typed);
            signal(raised);
            return;
        }

        if (typed == '\r')
        {
            if (Settings.Input(IGNCR))
            {
                return;
            }

            typed = Settings.Input(ICRNL) ? Newline : typed;
        }
        else if (typed == Newline && Settings.Input(INLCR))
        {
            typed = (byte)'\r';
        }

        if (!Settings.Local(ICANON))
        {
            Accept(typed);
            return;
        }

        if (Settings.Is(typed, VERASE) || Settings.Is(typed, VKILL) || (Settings.Is(typed, VWERASE) && extended))
        {
            Erase(typed);
        }
        else if (Settings.Is(typed, VLNEXT) && extended)
        {
            _literal = true;
            if (Settings.Local(ECHO) && Settings.Local(ECHOCTL))
            {
                Show("^\b"u8);
            }
        }
        else if (Settings.Is(typed, VREPRINT) && extended && Settings.Local(ECHO))
        {
            Echo(typed);
            Show("\n"u8);
            _line.ForEach(Echo);
        }
        else if (typed == Newline)
        {
            if (Settings.Local(ECHO) || Settings.Local(ECHONL))
            {
                Show("\n"u8);
            }

            EndLine(Newline);
        }
        else if (Settings.Is(typed, VEOF))
        {
            EndLine(null);
        }
        else if (Settings.Is(typed, VEOL) || (Settings.Is(typed, VEOL2) && extended))
        {
            Echo(typed);
            EndLine(typed);
        }
        else
        {
            Accept(typed);
        }
    }

    private Signal SignalOf(byte typed) =>
        Settings.Is(typed, VINTR) ? Signal.SIGINT : Settings.Is(typed, VQUIT) ? Signal.SIGQUIT : Settings.Is(typed, VSUSP) ? Signal.SIGTSTP : Signal.None;

    private void Accept(byte typed)
    {
        if (!Settings.Local(ICANON))
        {
            _raw.Enqueue(typed);
            Echo(typed);
            return;
        }

        if (_line.Count + _lineBytes >= Capacity - 1)
        {
            if (Settings.Input(IMAXBEL))
            {
                Show([Bell]);
            }

            return;
        }

        if (_line.Count == 0)
        {
            _columnAtLineStart = _column;
        }

        _line.Add(typed);
        Echo(typed);
    }

    private void EndLine(byte? end)
    {
        if (end is { } last)
        {
            _line.Add(last);
        }

        _lines.Enqueue([.. _line]);
        _lineBytes += _line.Count;
        _line.Clear();
    }

    private void Erase(byte typed)
    {
        if (_line.Count == 0)
        {
            return;
        }

        if (Settings.Is(typed, VKILL))
        {
            if (Settings.Local(ECHO) && !(Settings.Local(ECHOK) && Settings.Local(ECHOKE) && Settings.Local(ECHOE)))
            {
                _line.Clear();
                Echo(typed);
                if (Settings.Local(ECHOK))
                {
                    Show("\n"u8);
                }

                return;
            }

            while (_line.Count > 0)
            {
                EraseOne();
            }

            return;
        }

        bool word = Settings.Is(typed, VWERASE);
        bool seenWord = false;
        while (_line.Count > 0)
        {
            byte last = _line[^1];
            bool isWord = char.IsAsciiLetterOrDigit((char)last) || last == '_';
            if (word && seenWord && !isWord)
            {
                return;
            }

            seenWord |= isWord;
            EraseOne(typed);
            if (!word)
            {
                return;
            }
        }
    }

    private void EraseOne(byte typed = 0)
    {
        byte gone = _line[^1];
        _line.RemoveAt(_line.Count - 1);
        if (Settings.Input(IUTF8))
        {
            // A character of several bytes goes as one.
            while ((gone & 0xC0) == 0x80 && _line.Count > 0)
            {
                gone = _line[^1];
                _line.RemoveAt(_line.Count - 1);
            }
        }

        if (!Settings.Local(ECHO))
        {
            return;
        }

        if (!Settings.Local(ECHOE))
        {
            Echo(typed == 0 ? Settings.Character(VERASE) : typed);
            return;
        }

        if (gone == '\t')
        {
            // Back to where the tab began: as far as what is left of the line reaches.
            int before = _columnAtLineStart + _line.Sum(Width);
            for (int i = TabWidth - (before % TabWidth); i > 0; i--)
            {
                Show("\b"u8);
            }

            return;
        }

        for (int i = Width(gone); i > 0; i--)
        {
            Show("\b \b"u8);
        }
    }

    private int Width(byte value) => IsControl(value) ? Settings.Local(ECHOCTL) ? 2 : 0 : Settings.Input(IUTF8) && (value & 0xC0) == 0x80 ? 0 : 1;

    private static bool IsControl(byte value) => value < 0x20 || value == Delete;

    private void Echo(byte value)
    {
        if (!Settings.Local(ECHO))
        {
            return;
        }

        if (Settings.Local(ECHOCTL) && IsControl(value) && value is not ((byte)'\t' or Newline))
        {
            Show([(byte)'^', (byte)(value ^ 0x40)]);
        }
        else
        {
            Show([value]);
        }
    }

    private void Show(ReadOnlySpan<byte> text)
    {
        Span<byte> few = stackalloc byte[TabWidth];
        foreach (byte value in text)
        {
            show(Process(value, few));
        }
    }

    // do_output_char().
    private ReadOnlySpan<byte> Process(byte value, Span<byte> space)
    {
        const uint ExpandTabs = 0x1800;
        space[0] = value;
        if (!Settings.Output(OPOST))
        {
            return space[..1];
        }

        switch (value)
        {
            case Newline:
                if (Settings.Output(ONLRET))
                {
                    _column = 0;
                }

                if (Settings.Output(ONLCR))
                {
                    (space[0], space[1]) = ((byte)'\r', Newline);
                    _column = 0;
                    return space[..2];
                }

                break;
            case (byte)'\r':
                if (Settings.Output(ONOCR) && _column == 0)
                {
                    return [];
                }

                if (Settings.Output(OCRNL))
                {
                    space[0] = Newline;
                    _column = Settings.Output(ONLRET) ? 0 : _column;
                    break;
                }

                _column = 0;
                break;
            case (byte)'\t':
                int width = TabWidth - (_column % TabWidth);
                _column += width;
                if ((Settings.Termios.c_oflag & ExpandTabs) == ExpandTabs)
                {
                    space[..width].Fill((byte)' ');
                    return space[..width];
                }

                break;
            case (byte)'\b':
                _column -= _column > 0 ? 1 : 0;
                break;
            default:
                _column += IsControl(value) || (Settings.Input(IUTF8) && (value & 0xC0) == 0x80) ? 0 : 1;
                break;
        }

        return space[..1];
    }
}
