namespace HermiTux.Abi;

/// <summary>prctl(2) and arch_prctl(2) options (uapi/linux/prctl.h, asm/prctl.h).</summary>
public static class PrctlConstants
{
    /// <summary>Signal at the parent's death.</summary>
    public const int PR_SET_PDEATHSIG = 1;

    /// <summary>Signal at the parent's death.</summary>
    public const int PR_GET_PDEATHSIG = 2;

    /// <summary>Whether core dumps are made.</summary>
    public const int PR_GET_DUMPABLE = 3;

    /// <summary>Whether core dumps are made.</summary>
    public const int PR_SET_DUMPABLE = 4;

    /// <summary>Not on x86.</summary>
    public const int PR_GET_UNALIGN = 5;

    /// <summary>Not on x86.</summary>
    public const int PR_SET_UNALIGN = 6;

    /// <summary>Whether capabilities survive setuid.</summary>
    public const int PR_GET_KEEPCAPS = 7;

    /// <summary>Whether capabilities survive setuid.</summary>
    public const int PR_SET_KEEPCAPS = 8;

    /// <summary>Not on x86.</summary>
    public const int PR_GET_FPEMU = 9;

    /// <summary>Not on x86.</summary>
    public const int PR_SET_FPEMU = 10;

    /// <summary>Not on x86.</summary>
    public const int PR_GET_FPEXC = 11;

    /// <summary>Not on x86.</summary>
    public const int PR_SET_FPEXC = 12;

    /// <summary>Process timing.</summary>
    public const int PR_GET_TIMING = 13;

    /// <summary>Process timing.</summary>
    public const int PR_SET_TIMING = 14;

    /// <summary>The only timing there is.</summary>
    public const int PR_TIMING_STATISTICAL = 0;

    /// <summary>The thread's name.</summary>
    public const int PR_SET_NAME = 15;

    /// <summary>The thread's name.</summary>
    public const int PR_GET_NAME = 16;

    /// <summary>Not on x86.</summary>
    public const int PR_GET_ENDIAN = 19;

    /// <summary>Not on x86.</summary>
    public const int PR_SET_ENDIAN = 20;

    /// <summary>Seccomp mode.</summary>
    public const int PR_GET_SECCOMP = 21;

    /// <summary>Seccomp mode.</summary>
    public const int PR_SET_SECCOMP = 22;

    /// <summary>Capability bounding set.</summary>
    public const int PR_CAPBSET_READ = 23;

    /// <summary>Capability bounding set.</summary>
    public const int PR_CAPBSET_DROP = 24;

    /// <summary>Whether RDTSC works.</summary>
    public const int PR_GET_TSC = 25;

    /// <summary>Whether RDTSC works.</summary>
    public const int PR_SET_TSC = 26;

    /// <summary>RDTSC works.</summary>
    public const int PR_TSC_ENABLE = 1;

    /// <summary>RDTSC raises SIGSEGV.</summary>
    public const int PR_TSC_SIGSEGV = 2;

    /// <summary>Secure bits.</summary>
    public const int PR_GET_SECUREBITS = 27;

    /// <summary>Secure bits.</summary>
    public const int PR_SET_SECUREBITS = 28;

    /// <summary>Timer slack in nanoseconds.</summary>
    public const int PR_SET_TIMERSLACK = 29;

    /// <summary>Timer slack in nanoseconds.</summary>
    public const int PR_GET_TIMERSLACK = 30;

    /// <summary>Performance counters off.</summary>
    public const int PR_TASK_PERF_EVENTS_DISABLE = 31;

    /// <summary>Performance counters on.</summary>
    public const int PR_TASK_PERF_EVENTS_ENABLE = 0x20;

    /// <summary>Memory corruption policy.</summary>
    public const int PR_MCE_KILL = 0x21;

    /// <summary>Memory corruption policy.</summary>
    public const int PR_MCE_KILL_GET = 0x22;

    /// <summary>Memory map fields.</summary>
    public const int PR_SET_MM = 35;

    /// <summary>Who may trace.</summary>
    public const int PR_SET_PTRACER = 0x59616D61;

    /// <summary>Adopt orphans.</summary>
    public const int PR_SET_CHILD_SUBREAPER = 0x24;

    /// <summary>Adopt orphans.</summary>
    public const int PR_GET_CHILD_SUBREAPER = 37;

    /// <summary>No privileges from execve.</summary>
    public const int PR_SET_NO_NEW_PRIVS = 38;

    /// <summary>No privileges from execve.</summary>
    public const int PR_GET_NO_NEW_PRIVS = 39;

    /// <summary>The clear_child_tid address.</summary>
    public const int PR_GET_TID_ADDRESS = 0x28;

    /// <summary>No transparent huge pages.</summary>
    public const int PR_SET_THP_DISABLE = 41;

    /// <summary>No transparent huge pages.</summary>
    public const int PR_GET_THP_DISABLE = 42;

    /// <summary>Removed.</summary>
    public const int PR_MPX_ENABLE_MANAGEMENT = 43;

    /// <summary>Removed.</summary>
    public const int PR_MPX_DISABLE_MANAGEMENT = 44;

    /// <summary>Ambient capabilities.</summary>
    public const int PR_CAP_AMBIENT = 47;

    /// <summary>Ambient capabilities: test.</summary>
    public const int PR_CAP_AMBIENT_IS_SET = 1;

    /// <summary>Ambient capabilities: add.</summary>
    public const int PR_CAP_AMBIENT_RAISE = 2;

    /// <summary>Ambient capabilities: remove.</summary>
    public const int PR_CAP_AMBIENT_LOWER = 3;

    /// <summary>Ambient capabilities: remove all.</summary>
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /// <summary>Speculation control.</summary>
    public const int PR_GET_SPECULATION_CTRL = 52;

    /// <summary>Speculation control.</summary>
    public const int PR_SET_SPECULATION_CTRL = 53;

    /// <summary>I/O flusher.</summary>
    public const int PR_SET_IO_FLUSHER = 57;

    /// <summary>I/O flusher.</summary>
    public const int PR_GET_IO_FLUSHER = 58;

    /// <summary>Syscall user dispatch.</summary>
    public const int PR_SET_SYSCALL_USER_DISPATCH = 59;

    /// <summary>Virtual memory area attributes.</summary>
    public const int PR_SET_VMA = 0x53564D41;

    /// <summary>Name of an anonymous mapping.</summary>
    public const int PR_SET_VMA_ANON_NAME = 0;

    /// <summary>Core scheduling.</summary>
    public const int PR_SCHED_CORE = 62;

    /// <summary>Set the GS base.</summary>
    public const int ARCH_SET_GS = 0x1001;

    /// <summary>Set the FS base.</summary>
    public const int ARCH_SET_FS = 0x1002;

    /// <summary>The FS base.</summary>
    public const int ARCH_GET_FS = 0x1003;

    /// <summary>The GS base.</summary>
    public const int ARCH_GET_GS = 0x1004;

    /// <summary>Whether CPUID works.</summary>
    public const int ARCH_GET_CPUID = 0x1011;

    /// <summary>Whether CPUID works.</summary>
    public const int ARCH_SET_CPUID = 0x1012;

    /// <summary>Extended states that exist.</summary>
    public const int ARCH_GET_XCOMP_SUPP = 0x1021;

    /// <summary>Extended states that are permitted.</summary>
    public const int ARCH_GET_XCOMP_PERM = 0x1022;

    /// <summary>Ask for an extended state.</summary>
    public const int ARCH_REQ_XCOMP_PERM = 0x1023;

    /// <summary>CET status of old patches; EINVAL everywhere.</summary>
    public const int ARCH_CET_STATUS = 0x3001;
}
