namespace HermiTux.Abi;

/// <summary>Restartable sequences, rseq(2) (uapi/linux/rseq.h).</summary>
public static class RseqConstants
{
    /// <summary>Not registered.</summary>
    public const int RSEQ_CPU_ID_UNINITIALIZED = -1;

    /// <summary>Registration failed.</summary>
    public const int RSEQ_CPU_ID_REGISTRATION_FAILED = -2;

    /// <summary>Unregister.</summary>
    public const int RSEQ_FLAG_UNREGISTER = 1;
}
