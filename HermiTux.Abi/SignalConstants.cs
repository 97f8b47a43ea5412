namespace HermiTux.Abi;

/// <summary>Signal numbers and signal constants (uapi/asm/signal.h, asm-generic/siginfo.h).</summary>
public static class SignalConstants
{
    /// <summary>Hang-up.</summary>
    public const int SIGHUP = 1;

    /// <summary>Interrupt from the keyboard.</summary>
    public const int SIGINT = 2;

    /// <summary>Quit from the keyboard.</summary>
    public const int SIGQUIT = 3;

    /// <summary>Illegal instruction.</summary>
    public const int SIGILL = 4;

    /// <summary>Trap.</summary>
    public const int SIGTRAP = 5;

    /// <summary>abort(3).</summary>
    public const int SIGABRT = 6;

    /// <summary>As SIGABRT.</summary>
    public const int SIGIOT = 6;

    /// <summary>Bus error.</summary>
    public const int SIGBUS = 7;

    /// <summary>Arithmetic error.</summary>
    public const int SIGFPE = 8;

    /// <summary>Kill; can't be caught.</summary>
    public const int SIGKILL = 9;

    /// <summary>For the program.</summary>
    public const int SIGUSR1 = 10;

    /// <summary>Invalid memory reference.</summary>
    public const int SIGSEGV = 11;

    /// <summary>For the program.</summary>
    public const int SIGUSR2 = 12;

    /// <summary>Writing to a pipe without readers.</summary>
    public const int SIGPIPE = 13;

    /// <summary>alarm(2).</summary>
    public const int SIGALRM = 14;

    /// <summary>Terminate.</summary>
    public const int SIGTERM = 15;

    /// <summary>Unused.</summary>
    public const int SIGSTKFLT = 16;

    /// <summary>A child changed state.</summary>
    public const int SIGCHLD = 17;

    /// <summary>Continue.</summary>
    public const int SIGCONT = 18;

    /// <summary>Stop; can't be caught.</summary>
    public const int SIGSTOP = 19;

    /// <summary>Stop from the keyboard.</summary>
    public const int SIGTSTP = 20;

    /// <summary>Background read from the terminal.</summary>
    public const int SIGTTIN = 21;

    /// <summary>Background write to the terminal.</summary>
    public const int SIGTTOU = 22;

    /// <summary>Urgent data on a socket.</summary>
    public const int SIGURG = 23;

    /// <summary>CPU time limit.</summary>
    public const int SIGXCPU = 24;

    /// <summary>File size limit.</summary>
    public const int SIGXFSZ = 25;

    /// <summary>Virtual timer.</summary>
    public const int SIGVTALRM = 26;

    /// <summary>Profiling timer.</summary>
    public const int SIGPROF = 27;

    /// <summary>The window's size changed.</summary>
    public const int SIGWINCH = 28;

    /// <summary>I/O possible.</summary>
    public const int SIGIO = 29;

    /// <summary>As SIGIO.</summary>
    public const int SIGPOLL = 29;

    /// <summary>Power failure.</summary>
    public const int SIGPWR = 30;

    /// <summary>Bad system call.</summary>
    public const int SIGSYS = 31;

    /// <summary>The first real-time signal of the kernel.</summary>
    public const int SIGRTMIN = 0x20;

    /// <summary>The last real-time signal.</summary>
    public const int SIGRTMAX = 0x40;

    /// <summary>How many signals there are: numbers 1 to 64.</summary>
    public const int NSIG = 0x40;

    /// <summary>sigaction(2): no SIGCHLD when children stop.</summary>
    public const int SA_NOCLDSTOP = 1;

    /// <summary>sigaction(2): no zombies.</summary>
    public const int SA_NOCLDWAIT = 2;

    /// <summary>sigaction(2): three-argument handler.</summary>
    public const int SA_SIGINFO = 4;

    /// <summary>sigaction(2): never set by the kernel, for probing.</summary>
    public const int SA_UNSUPPORTED = 0x400;

    /// <summary>sigaction(2): address tags in si_addr.</summary>
    public const int SA_EXPOSE_TAGBITS = 0x800;

    /// <summary>sigaction(2): sa_restorer is set.</summary>
    public const int SA_RESTORER = 0x4000000;

    /// <summary>sigaction(2): on the alternate stack.</summary>
    public const int SA_ONSTACK = 0x8000000;

    /// <summary>sigaction(2): restart interrupted calls.</summary>
    public const int SA_RESTART = 0x10000000;

    /// <summary>sigaction(2): don't block the signal meanwhile.</summary>
    public const int SA_NODEFER = 0x40000000;

    /// <summary>sigaction(2): default action after the first.</summary>
    public const int SA_RESETHAND = -2147483648;

    /// <summary>sigprocmask(2): add to the mask.</summary>
    public const int SIG_BLOCK = 0;

    /// <summary>sigprocmask(2): remove from the mask.</summary>
    public const int SIG_UNBLOCK = 1;

    /// <summary>sigprocmask(2): set the mask.</summary>
    public const int SIG_SETMASK = 2;

    /// <summary>sigaltstack(2): running on it.</summary>
    public const int SS_ONSTACK = 1;

    /// <summary>sigaltstack(2): none.</summary>
    public const int SS_DISABLE = 2;

    /// <summary>sigaltstack(2): disarmed on handler entry.</summary>
    public const int SS_AUTODISARM = -2147483648;

    /// <summary>sigaltstack(2): least size.</summary>
    public const int MINSIGSTKSZ = 0x800;

    /// <summary>si_code: kill(2).</summary>
    public const int SI_USER = 0;

    /// <summary>si_code: the kernel.</summary>
    public const int SI_KERNEL = 0x80;

    /// <summary>si_code: sigqueue(3).</summary>
    public const int SI_QUEUE = -1;

    /// <summary>si_code: a POSIX timer.</summary>
    public const int SI_TIMER = -2;

    /// <summary>si_code: a message queue.</summary>
    public const int SI_MESGQ = -3;

    /// <summary>si_code: asynchronous I/O.</summary>
    public const int SI_ASYNCIO = -4;

    /// <summary>si_code: SIGIO.</summary>
    public const int SI_SIGIO = -5;

    /// <summary>si_code: tkill(2), tgkill(2).</summary>
    public const int SI_TKILL = -6;

    /// <summary>si_code of SIGILL: opcode.</summary>
    public const int ILL_ILLOPC = 1;

    /// <summary>si_code of SIGILL: operand.</summary>
    public const int ILL_ILLOPN = 2;

    /// <summary>si_code of SIGILL: privileged opcode.</summary>
    public const int ILL_PRVOPC = 5;

    /// <summary>si_code of SIGFPE: integer division by zero.</summary>
    public const int FPE_INTDIV = 1;

    /// <summary>si_code of SIGFPE: integer overflow.</summary>
    public const int FPE_INTOVF = 2;

    /// <summary>si_code of SIGFPE: division by zero.</summary>
    public const int FPE_FLTDIV = 3;

    /// <summary>si_code of SIGFPE: overflow.</summary>
    public const int FPE_FLTOVF = 4;

    /// <summary>si_code of SIGFPE: underflow.</summary>
    public const int FPE_FLTUND = 5;

    /// <summary>si_code of SIGFPE: inexact.</summary>
    public const int FPE_FLTRES = 6;

    /// <summary>si_code of SIGFPE: invalid.</summary>
    public const int FPE_FLTINV = 7;

    /// <summary>si_code of SIGFPE: subscript.</summary>
    public const int FPE_FLTSUB = 8;

    /// <summary>si_code of SIGSEGV: not mapped.</summary>
    public const int SEGV_MAPERR = 1;

    /// <summary>si_code of SIGSEGV: not allowed.</summary>
    public const int SEGV_ACCERR = 2;

    /// <summary>si_code of SIGSEGV: bounds.</summary>
    public const int SEGV_BNDERR = 3;

    /// <summary>si_code of SIGSEGV: protection key.</summary>
    public const int SEGV_PKUERR = 4;

    /// <summary>si_code of SIGBUS: alignment.</summary>
    public const int BUS_ADRALN = 1;

    /// <summary>si_code of SIGBUS: nothing there.</summary>
    public const int BUS_ADRERR = 2;

    /// <summary>si_code of SIGBUS: hardware.</summary>
    public const int BUS_OBJERR = 3;

    /// <summary>si_code of SIGTRAP: breakpoint.</summary>
    public const int TRAP_BRKPT = 1;

    /// <summary>si_code of SIGTRAP: single step.</summary>
    public const int TRAP_TRACE = 2;

    /// <summary>si_code of SIGCHLD: exited.</summary>
    public const int CLD_EXITED = 1;

    /// <summary>si_code of SIGCHLD: killed.</summary>
    public const int CLD_KILLED = 2;

    /// <summary>si_code of SIGCHLD: killed with a core dump.</summary>
    public const int CLD_DUMPED = 3;

    /// <summary>si_code of SIGCHLD: trapped.</summary>
    public const int CLD_TRAPPED = 4;

    /// <summary>si_code of SIGCHLD: stopped.</summary>
    public const int CLD_STOPPED = 5;

    /// <summary>si_code of SIGCHLD: continued.</summary>
    public const int CLD_CONTINUED = 6;

    /// <summary>si_code of SIGIO: input.</summary>
    public const int POLL_IN = 1;

    /// <summary>si_code of SIGIO: output.</summary>
    public const int POLL_OUT = 2;

    /// <summary>sigevent(7): a signal.</summary>
    public const int SIGEV_SIGNAL = 0;

    /// <summary>sigevent(7): nothing.</summary>
    public const int SIGEV_NONE = 1;

    /// <summary>sigevent(7): a thread.</summary>
    public const int SIGEV_THREAD = 2;

    /// <summary>sigevent(7): a signal to a thread.</summary>
    public const int SIGEV_THREAD_ID = 4;
}
