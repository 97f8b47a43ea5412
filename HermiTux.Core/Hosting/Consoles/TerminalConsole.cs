using System.IO.Pipelines;
using HermiTux.Abi;
using HermiTux.Devices;
using HermiTux.Kernel;
using HermiTux.Kernel.Sockets;
using HermiTux.Kernel.Terminals;

namespace HermiTux.Hosting.Consoles;

/// <summary>
/// Plays the terminal on the embedder's side: types what its input gives, and shows on its output what the guest writes. Unlike a pipe, the input is read
/// as it comes, since a key may be an interrupt.
/// </summary>
internal sealed class TerminalConsole : IDisposable
{
    private const int Piece = 8192;

    private readonly PseudoTerminal _terminal;
    private readonly PipeReader _input;
    private readonly IByteSink _output;
    private readonly CancellationTokenSource _stopInput = new();
    private readonly CancellationTokenSource _stopOutput = new();
    private Task _showing = Task.CompletedTask;
    private volatile bool _isLast;
    private int _disposed;

    public TerminalConsole(PseudoTerminal terminal, TerminalOptions options)
    {
        _terminal = terminal;
        _input = options.Input.Open();
        _output = options.Output.Open();
        Resize(options.Columns, options.Rows);
    }

    /// <summary>Begins to read and to show; before the guest runs.</summary>
    public void Start()
    {
        _ = TypeAsync();
        _showing = ShowAsync();
    }

    /// <summary>Completes when everything that the guest wrote is with the output. After the guest's end.</summary>
    public Task DrainAsync()
    {
        _stopInput.Cancel();
        _isLast = true;
        _terminal.MasterQueue.Wake(PollEvents.In);
        return _showing;
    }

    /// <summary>Another size of the window, which the foreground program hears of (SIGWINCH).</summary>
    public void Resize(int columns, int rows) => _ = _terminal.Resize(new Winsize { ws_col = (ushort)columns, ws_row = (ushort)rows });

    /// <summary>Gives up on what is on its way.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _ = DrainAsync();
        _stopOutput.Cancel();
    }

    private async Task TypeAsync()
    {
        try
        {
            while (true)
            {
                ReadResult read = await _input.ReadAsync(_stopInput.Token).ConfigureAwait(false);
                foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                {
                    await TypeAsync(segment).ConfigureAwait(false);
                }

                _input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }

            _terminal.EndInput();
            await _input.CompleteAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await _input.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A line that broke: what hangs up a terminal.
            _terminal.CloseMaster();
        }
    }

    private async Task TypeAsync(ReadOnlyMemory<byte> keys)
    {
        while (!keys.IsEmpty)
        {
            Result<int> taken = _terminal.WriteMaster(keys.Span);
            if (taken.IsSuccess)
            {
                keys = keys[taken.Value..];
            }
            else
            {
                await AsyncWaiter.UntilAsync(_terminal.MasterQueue, () => (_terminal.PollMaster() & PollEvents.Out) != 0, _stopInput.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task ShowAsync()
    {
        byte[] buffer = new byte[Piece];
        bool isOpen = true;
        try
        {
            while (true)
            {
                bool last = _isLast;
                int count = _terminal.TakeOutput(buffer, last);
                if (count == 0)
                {
                    if (last)
                    {
                        break;
                    }

                    await AsyncWaiter.UntilAsync(_terminal.MasterQueue, () => _isLast || (_terminal.PollMaster() & PollEvents.In) != 0, _stopOutput.Token).ConfigureAwait(false);
                }
                else if (isOpen && !await _output.WriteAsync(buffer.AsMemory(0, count), _stopOutput.Token).ConfigureAwait(false))
                {
                    // Nobody looks any more; the rest is taken and dropped.
                    isOpen = false;
                    _terminal.CloseMaster();
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _terminal.CloseMaster();
        }

        try
        {
            _output.Complete();
        }
        catch (InvalidOperationException)
        {
            // The embedder completed the pipe itself.
        }
    }
}
