namespace HermiTux.Kvm.Internal;

/// <content>Making the vCPU leave the guest from another thread.</content>
/// <remarks>
/// The signal is only sent while <see cref="_thread"/> says that the thread is about to enter the guest or in it, under the lock that it takes on leaving. So it
/// never reaches a thread that has gone, and the thread knows when there is one to take away.
/// </remarks>
internal sealed unsafe partial class KvmVcpu
{
    private readonly Lock _kickLock = new();
    private int _thread;
    private bool _kicked;
    private bool _exitRequested;
    private ulong _root;

    /// <inheritdoc/>
    public override void RequestExit()
    {
        lock (_kickLock)
        {
            _exitRequested = true;
            Kick();
        }
    }

    /// <summary>Returns when the vCPU no longer uses these page tables. The tables have another root already.</summary>
    public void LeaveTables(ulong root)
    {
        lock (_kickLock)
        {
            if (_thread == 0 || _root != root)
            {
                return;
            }

            Kick();
        }

        SpinWait spin = default;
        while (Volatile.Read(ref _thread) != 0 && Volatile.Read(ref _root) == root)
        {
            spin.SpinOnce();
        }
    }

    /// <summary>Runs the guest until KVM_RUN returns. False, and the guest didn't run, when an exit was asked for.</summary>
    private bool TryEnter(int thread, out int error)
    {
        lock (_kickLock)
        {
            if (_exitRequested && !IsInStub)
            {
                _exitRequested = false;
                error = 0;
                return false;
            }

            ulong root = _tables.Root;
            if (_run->sregs.cr3 != root)
            {
                _run->sregs.cr3 = root;
                _run->kvm_dirty_regs |= KvmNative.KVM_SYNC_X86_SREGS;
            }

            _root = root;
            Volatile.Write(ref _thread, thread);
        }

        error = _processor.Enter();
        bool kicked;
        lock (_kickLock)
        {
            Volatile.Write(ref _thread, 0);
            kicked = _kicked;
            _kicked = false;
        }

        // Whoever else may have sent one: left there, it would make KVM_RUN return for ever.
        if (kicked || error == KvmNative.EINTR)
        {
            ThreadKick.Drain();
        }

        return true;
    }

    private void Kick()
    {
        if (_thread != 0 && !_kicked)
        {
            _kicked = true;
            ThreadKick.Send(_thread);
        }
    }
}
