namespace HermiTux.Kvm.Internal;

/// <summary>
/// How one thread makes another leave KVM_RUN: by a real-time signal that the other thread always blocks and KVM_RUN alone lets in
/// (KVM_SET_SIGNAL_MASK). No signal handler runs, and the runtime's own signals are not touched.
/// </summary>
internal static unsafe class ThreadKick
{
    /// <summary>Of the real-time signals the runtime uses the first; this one is far from it and from libraries that count upwards.</summary>
    public const int Signal = 60;

    private const ulong SignalBit = 1UL << (Signal - 1);
    private const int SetSize = sizeof(ulong);

    [ThreadStatic]
    private static long t_threadId;

    [ThreadStatic]
    private static ulong t_mask;

    /// <summary>The calling thread's id in the host, from now on with the signal blocked.</summary>
    /// <param name="runMask">The thread's signal mask with the signal let in: for KVM_RUN.</param>
    public static int EnterThread(out ulong runMask)
    {
        if (t_threadId == 0)
        {
            ulong block = SignalBit;
            ulong before = 0;
            if (KvmNative.syscall(KvmNative.SYS_rt_sigprocmask, KvmNative.SIG_BLOCK, (long)&block, (long)&before, SetSize) != 0)
            {
                throw KvmError.Create("rt_sigprocmask");
            }

            t_mask = before & ~SignalBit;
            t_threadId = KvmNative.syscall(KvmNative.SYS_gettid, 0, 0, 0, 0);
        }

        runMask = t_mask;
        return (int)t_threadId;
    }

    /// <summary>Sends the signal. The thread must be known to be alive and to have called <see cref="EnterThread"/>.</summary>
    public static void Send(int threadId) => _ = KvmNative.syscall(KvmNative.SYS_tgkill, Environment.ProcessId, threadId, Signal, 0);

    /// <summary>Takes a signal that was sent to the calling thread, so that the next KVM_RUN isn't interrupted by it.</summary>
    public static void Drain()
    {
        ulong set = SignalBit;
        long* zero = stackalloc long[2];
        (zero[0], zero[1]) = (0, 0);
        while (KvmNative.syscall(KvmNative.SYS_rt_sigtimedwait, (long)&set, 0, (long)zero, SetSize) == Signal)
        {
        }
    }
}
