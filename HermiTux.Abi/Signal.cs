namespace HermiTux.Abi;

/// <summary>Signal numbers of the Linux x86-64 ABI (signal(7)). 32 to 64 are the real-time signals.</summary>
public enum Signal
{
    /// <summary>No signal: only checks (kill(2)).</summary>
    None = 0,

    /// <summary>Hangup.</summary>
    SIGHUP = 1,

    /// <summary>Interrupt from keyboard.</summary>
    SIGINT = 2,

    /// <summary>Quit from keyboard.</summary>
    SIGQUIT = 3,

    /// <summary>Illegal instruction.</summary>
    SIGILL = 4,

    /// <summary>Trace or breakpoint trap.</summary>
    SIGTRAP = 5,

    /// <summary>Abort.</summary>
    SIGABRT = 6,

    /// <summary>Bad memory access.</summary>
    SIGBUS = 7,

    /// <summary>Erroneous arithmetic operation.</summary>
    SIGFPE = 8,

    /// <summary>Kill; can't be caught, blocked or ignored.</summary>
    SIGKILL = 9,

    /// <summary>User-defined 1.</summary>
    SIGUSR1 = 10,

    /// <summary>Invalid memory reference.</summary>
    SIGSEGV = 11,

    /// <summary>User-defined 2.</summary>
    SIGUSR2 = 12,

    /// <summary>Broken pipe.</summary>
    SIGPIPE = 13,

    /// <summary>alarm(2).</summary>
    SIGALRM = 14,

    /// <summary>Termination.</summary>
    SIGTERM = 15,

    /// <summary>Unused.</summary>
    SIGSTKFLT = 16,

    /// <summary>Child stopped, continued or terminated.</summary>
    SIGCHLD = 17,

    /// <summary>Continue if stopped.</summary>
    SIGCONT = 18,

    /// <summary>Stop; can't be caught, blocked or ignored.</summary>
    SIGSTOP = 19,

    /// <summary>Stop typed at terminal.</summary>
    SIGTSTP = 20,

    /// <summary>Terminal input for a background process.</summary>
    SIGTTIN = 21,

    /// <summary>Terminal output for a background process.</summary>
    SIGTTOU = 22,

    /// <summary>Urgent data on a socket.</summary>
    SIGURG = 23,

    /// <summary>CPU time limit exceeded.</summary>
    SIGXCPU = 24,

    /// <summary>File size limit exceeded.</summary>
    SIGXFSZ = 25,

    /// <summary>Virtual alarm clock.</summary>
    SIGVTALRM = 26,

    /// <summary>Profiling timer expired.</summary>
    SIGPROF = 27,

    /// <summary>Window size changed.</summary>
    SIGWINCH = 28,

    /// <summary>I/O now possible.</summary>
    SIGIO = 29,

    /// <summary>Power failure.</summary>
    SIGPWR = 30,

    /// <summary>Bad system call.</summary>
    SIGSYS = 31,

    /// <summary>The first real-time signal as the kernel counts.</summary>
    SIGRTMIN = 32,

    /// <summary>The last signal.</summary>
    SIGRTMAX = 64,
}
