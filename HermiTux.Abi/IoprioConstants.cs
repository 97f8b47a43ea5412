namespace HermiTux.Abi;

/// <summary>ioprio_set(2) (uapi/linux/ioprio.h).</summary>
public static class IoprioConstants
{
    /// <summary>Where the class is.</summary>
    public const int IOPRIO_CLASS_SHIFT = 13;

    /// <summary>None.</summary>
    public const int IOPRIO_CLASS_NONE = 0;

    /// <summary>Real-time.</summary>
    public const int IOPRIO_CLASS_RT = 1;

    /// <summary>Best effort.</summary>
    public const int IOPRIO_CLASS_BE = 2;

    /// <summary>Idle.</summary>
    public const int IOPRIO_CLASS_IDLE = 3;

    /// <summary>A thread.</summary>
    public const int IOPRIO_WHO_PROCESS = 1;

    /// <summary>A process group.</summary>
    public const int IOPRIO_WHO_PGRP = 2;

    /// <summary>A user.</summary>
    public const int IOPRIO_WHO_USER = 3;
}
