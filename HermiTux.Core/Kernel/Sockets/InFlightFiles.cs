namespace HermiTux.Kernel.Sockets;

/// <summary>
/// Sockets that are themselves in messages (SCM_RIGHTS), and the collector of those that nobody can reach any more: a socket whose only
/// references lie in the queues of such sockets, itself included (Linux's net/unix/garbage.c).
/// </summary>
internal sealed class InFlightFiles
{
    /// <summary>Most files of all kinds in messages, for root too: what is in a message has no descriptor that a limit would count.</summary>
    public const int Maximum = 16000;

    private readonly Lock _lock = new();
    private readonly Dictionary<UnixSocket, int> _sockets = [];
    private int _total;

    // What has happened since the last collection, and how much that one left: looking at n sockets must be paid for by n events.
    private int _events;
    private int _survivors;

    /// <summary>Files of all kinds in messages.</summary>
    public int Total => Volatile.Read(ref _total);

    /// <summary>Files go into a message.</summary>
    public void Add(OpenFile[] files)
    {
        if (files.Length == 0)
        {
            return;
        }

        lock (_lock)
        {
            _total += files.Length;
            foreach (OpenFile file in files)
            {
                if (file is UnixSocket socket)
                {
                    _sockets[socket] = _sockets.GetValueOrDefault(socket) + 1;
                }
            }

            _events++;
        }
    }

    /// <summary>Files came out of a message: received or dropped.</summary>
    public void Remove(OpenFile[] files)
    {
        if (files.Length == 0)
        {
            return;
        }

        lock (_lock)
        {
            _total -= files.Length;
            foreach (OpenFile file in files)
            {
                if (file is UnixSocket socket && _sockets.TryGetValue(socket, out int count))
                {
                    if (count == 1)
                    {
                        _sockets.Remove(socket);
                    }
                    else
                    {
                        _sockets[socket] = count - 1;
                    }
                }
            }
        }
    }

    /// <summary>A local socket was closed: collects, unless too little has happened since the last time.</summary>
    public void OnClosed()
    {
        lock (_lock)
        {
            if (_sockets.Count == 0 || ++_events < _survivors)
            {
                return;
            }
        }

        Collect();
    }

    /// <summary>Drops the messages of sockets that only each other's messages refer to.</summary>
    public void Collect()
    {
        var garbage = new List<ControlData>();
        lock (_lock)
        {
            // Candidates: all references are in messages. What somebody else refers to keeps what is in its queue.
            Dictionary<UnixSocket, int> candidates = _sockets.Where(s => s.Key.ReferenceCount == s.Value).ToDictionary();
            _events = 0;
            _survivors = _sockets.Count;
            if (candidates.Count == 0)
            {
                return;
            }

            var queued = candidates.Keys.ToDictionary(s => s, s => s.ListQueuedFiles());
            foreach (OpenFile file in queued.Values.SelectMany(f => f))
            {
                if (file is UnixSocket socket && candidates.TryGetValue(socket, out int outside))
                {
                    candidates[socket] = outside - 1;
                }
            }

            var reached = new Stack<UnixSocket>(candidates.Where(c => c.Value > 0).Select(c => c.Key));
            while (reached.TryPop(out UnixSocket? socket))
            {
                if (!candidates.Remove(socket))
                {
                    continue;
                }

                foreach (OpenFile file in queued[socket])
                {
                    if (file is UnixSocket inside && candidates.ContainsKey(inside))
                    {
                        reached.Push(inside);
                    }
                }
            }

            _survivors -= candidates.Count;
            foreach (UnixSocket socket in candidates.Keys)
            {
                socket.TakeQueuedFiles(garbage);
            }
        }

        foreach (ControlData control in garbage)
        {
            Remove(control.Files);
            control.Release();
        }
    }
}
