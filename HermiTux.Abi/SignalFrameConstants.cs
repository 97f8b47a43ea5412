namespace HermiTux.Abi;

/// <summary>The signal frame (uapi/asm/sigcontext.h, ucontext.h).</summary>
public static class SignalFrameConstants
{
    /// <summary>uc_flags: there is an XSAVE image.</summary>
    public const ulong UC_FP_XSTATE = 1;

    /// <summary>uc_flags: ss is saved.</summary>
    public const ulong UC_SIGCONTEXT_SS = 2;

    /// <summary>uc_flags: ss is restored as it is.</summary>
    public const ulong UC_STRICT_RESTORE_SS = 4;

    /// <summary>Marks sw_reserved of an XSAVE image.</summary>
    public const ulong FP_XSTATE_MAGIC1 = 0x46505853;

    /// <summary>Ends the XSAVE image.</summary>
    public const ulong FP_XSTATE_MAGIC2 = 0x46505845;
}
