namespace HermiTux.Abi;

/// <summary>membarrier(2) commands (uapi/linux/membarrier.h).</summary>
public static class MembarrierConstants
{
    /// <summary>Which commands there are.</summary>
    public const int MEMBARRIER_CMD_QUERY = 0;

    /// <summary>On every CPU.</summary>
    public const int MEMBARRIER_CMD_GLOBAL = 1;

    /// <summary>On registered processes.</summary>
    public const int MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2;

    /// <summary>Register for it.</summary>
    public const int MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4;

    /// <summary>On this process.</summary>
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8;

    /// <summary>Register for it.</summary>
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 16;

    /// <summary>With instruction serialisation.</summary>
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 0x20;

    /// <summary>Register for it.</summary>
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 0x40;

    /// <summary>Restart rseq sections.</summary>
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 0x80;

    /// <summary>Register for it.</summary>
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 0x100;
}
