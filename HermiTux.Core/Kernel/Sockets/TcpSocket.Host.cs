using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <content>Connections that the embedder's side makes, or has a part in.</content>
internal sealed partial class TcpSocket
{
    /// <summary>Connects from the embedder's side: at once, or ECONNREFUSED; EAGAIN when the listener's queue is full, with its queue to wait on.</summary>
    public Errno ConnectFromHost(InetEndpoint remote, out WaitQueue? full)
    {
        full = null;
        lock (StateLock)
        {
            UInt128 source = remote.IsV4 ? InetEndpoint.LoopbackV4 : InetEndpoint.LoopbackV6;
            if (Local.Port == 0 && Stack.ChooseLocalPort(this, source, remote) is not Errno.None and var noPort)
            {
                return noPort;
            }

            _remote = remote;
            if (Stack.FindListener(remote, Local) is not { } listener)
            {
                return Errno.ECONNREFUSED;
            }

            if (listener.TryAdd(this, mayWait: false))
            {
                return Errno.None;
            }

            full = listener.WaitQueue;
            return listener.IsListening ? Errno.EAGAIN : Errno.ECONNREFUSED;
        }
    }

    /// <summary>A connection to something outside the machine has come about: its other end, for the embedder's side.</summary>
    public TcpSocket? CompleteOutside()
    {
        TcpSocket other;
        lock (StateLock)
        {
            if (_phase != Phase.Connecting)
            {
                return null;
            }

            other = new TcpSocket(Stack, Family, Protocol, 0, 0) { Local = _remote!.Value, _remote = Local, IsHostSide = true, _isUnregistered = true };
            Establish(other);
        }

        WaitQueue.Wake(AnyEvent);
        return other;
    }

    /// <summary>A connection under way has failed.</summary>
    public void FailConnect(Errno error)
    {
        lock (StateLock)
        {
            if (_phase != Phase.Connecting)
            {
                return;
            }

            SetError(error);
            Reset();
        }

        WaitQueue.Wake(AnyEvent);
    }
}
