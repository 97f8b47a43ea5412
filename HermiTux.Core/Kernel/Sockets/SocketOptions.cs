namespace HermiTux.Kernel.Sockets;

/// <summary>The options of SOL_SOCKET that every family has (socket(7)). Read and written without a lock: each is a value of its own.</summary>
internal sealed class SocketOptions
{
    /// <summary>net.core.wmem_default and rmem_default.</summary>
    public const int DefaultBuffer = 212992;

    /// <summary>net.core.wmem_max and rmem_max.</summary>
    public const int MaximumBuffer = 212992;

    /// <summary>What SO_SNDBUFFORCE gives at most here, where the host's memory pays.</summary>
    public const int MaximumForcedBuffer = 1 << 20;

    /// <summary>SOCK_MIN_SNDBUF.</summary>
    public const int MinimumSendBuffer = 4608;

    /// <summary>SOCK_MIN_RCVBUF.</summary>
    public const int MinimumReceiveBuffer = 2304;

    /// <summary>SO_SNDBUF as getsockopt(2) gives it: doubled.</summary>
    public int SendBuffer { get; set; } = DefaultBuffer;

    /// <summary>SO_RCVBUF as getsockopt(2) gives it: doubled.</summary>
    public int ReceiveBuffer { get; set; } = DefaultBuffer;

    /// <summary>Whether the program set SO_SNDBUF, so that the size no longer grows by itself.</summary>
    public bool HasFixedSendBuffer { get; set; }

    /// <summary>Whether the program set SO_RCVBUF.</summary>
    public bool HasFixedReceiveBuffer { get; set; }

    /// <summary>SO_RCVTIMEO in nanoseconds; null is none.</summary>
    public long? ReceiveTimeout { get; set; }

    /// <summary>SO_SNDTIMEO in nanoseconds; null is none.</summary>
    public long? SendTimeout { get; set; }

    /// <summary>SO_RCVLOWAT.</summary>
    public int ReceiveLowWater { get; set; } = 1;

    /// <summary>SO_REUSEADDR.</summary>
    public bool ReuseAddress { get; set; }

    /// <summary>SO_REUSEPORT.</summary>
    public bool ReusePort { get; set; }

    /// <summary>SO_BROADCAST.</summary>
    public bool Broadcast { get; set; }

    /// <summary>SO_LINGER: on.</summary>
    public bool Linger { get; set; }

    /// <summary>SO_LINGER: seconds.</summary>
    public int LingerSeconds { get; set; }

    /// <summary>SO_OOBINLINE: urgent bytes stay in line.</summary>
    public bool IsUrgentInline { get; set; }

    /// <summary>SO_PASSCRED.</summary>
    public bool PassCredentials { get; set; }

    /// <summary>SO_TIMESTAMP (1) or SO_TIMESTAMPNS (2); 0 for none.</summary>
    public int TimeStamps { get; set; }

    /// <summary>SO_PEEK_OFF; -1 is off.</summary>
    public int PeekOffset { get; set; } = -1;

    /// <summary>The options that are kept and have no effect here, by SO_* number.</summary>
    public Dictionary<int, int> Kept { get; } = [];

    /// <summary>What accept(2) hands on from the listening socket.</summary>
    public void InheritFrom(SocketOptions parent)
    {
        SendBuffer = parent.SendBuffer;
        ReceiveBuffer = parent.ReceiveBuffer;
        HasFixedSendBuffer = parent.HasFixedSendBuffer;
        HasFixedReceiveBuffer = parent.HasFixedReceiveBuffer;
        ReceiveTimeout = parent.ReceiveTimeout;
        SendTimeout = parent.SendTimeout;
        ReceiveLowWater = parent.ReceiveLowWater;
        ReuseAddress = parent.ReuseAddress;
        ReusePort = parent.ReusePort;
        Linger = parent.Linger;
        LingerSeconds = parent.LingerSeconds;
        TimeStamps = parent.TimeStamps;
        IsUrgentInline = parent.IsUrgentInline;
        lock (parent.Kept)
        {
            foreach ((int name, int value) in parent.Kept)
            {
                Kept[name] = value;
            }
        }
    }
}
