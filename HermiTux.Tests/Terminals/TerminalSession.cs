using System.Text;

namespace HermiTux.Tests.Terminals;

/// <summary>A program in a terminal, and who sits before it.</summary>
internal abstract class TerminalSession : IAsyncDisposable
{
    private readonly StringBuilder _screen = new();
    private int _seen;

    /// <summary>Everything that was shown.</summary>
    public string Screen
    {
        get
        {
            lock (_screen)
            {
                return _screen.ToString();
            }
        }
    }

    public abstract Task TypeAsync(string keys);

    public abstract void Resize(int columns, int rows);

    /// <summary>Waits for the program's end; its status as a shell shows it.</summary>
    public abstract Task<int> WaitAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Waits until a text is shown after what was waited for before.</summary>
    public async Task ExpectAsync(string text)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            Task more = More;
            int at = Screen.IndexOf(text, _seen, StringComparison.Ordinal);
            if (at >= 0)
            {
                _seen = at + text.Length;
                return;
            }

            try
            {
                await more.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"'{text}' was not shown. The screen:\n{Screen}");
            }
        }
    }

    /// <summary>Answers each prompt in turn.</summary>
    public async Task PlayAsync(params (string Prompt, string Keys)[] steps)
    {
        foreach ((string prompt, string keys) in steps)
        {
            await ExpectAsync(prompt);
            await TypeAsync(keys);
        }
    }

    /// <summary>Shows more.</summary>
    protected void Show(ReadOnlySpan<byte> bytes)
    {
        TaskCompletionSource shown;
        lock (_screen)
        {
            _screen.Append(Encoding.Latin1.GetString(bytes));
            shown = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        shown.SetResult();
    }

    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task More
    {
        get
        {
            lock (_screen)
            {
                return _more.Task;
            }
        }
    }
}
