using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HermiTux.Cpu.Interpreter.Decoding;
using HermiTux.Memory;

namespace HermiTux.Cpu.Interpreter;

/// <content>
/// The run loop, and what reaches into a running vCPU from other threads: exit requests and TLB invalidation.
/// </content>
/// <remarks>
/// Handlers chain through blocks for at most <see cref="Slice"/> instructions and then return here, where pending requests are seen. That also
/// bounds the host stack while handlers still run as unoptimised code, in which the tail calls are real calls.
/// </remarks>
internal sealed unsafe partial class InterpreterVcpu : IAddressSpaceView
{
    /// <summary>Instructions between two looks at pending requests.</summary>
    private const int Slice = 1024;

    /// <summary>Every eighth slice is a sample of what is hot.</summary>
    private const uint SampleMask = 7;

    private const int JumpCacheEntries = 4096;

    private const int PendingExit = 1;
    private const int PendingInvalidation = 2;

    private readonly InterpreterEngine _engine;
    private readonly AddressSpace _space;
    private readonly DecodeCache _cache;
    private readonly BlockBuilder _builder;
    private readonly JumpCacheEntry* _jumpCache;
    private readonly Lock _invalidationLock = new();
    private readonly List<(ulong Start, ulong End)> _invalidations = [];

    private int _pending;
    private int _executing;
    private int _guestThread;
    private long _generation;
    private long _jumpCacheGeneration;
    private CpuState* _current;
    private Op* _unlinked;
    private VcpuExit _exit;
    private bool _hasExit;
    private bool _disposed;
    private long _instructions;
    private uint _slices;

    public InterpreterVcpu(InterpreterEngine engine, AddressSpace space, DecodeCache cache)
    {
        _engine = engine;
        _space = space;
        _cache = cache;
        _builder = new BlockBuilder(space, engine.Model);
        _readTlb = AllocateTlb();
        _writeTlb = AllocateTlb();

        // SAFETY: zeroed, and an entry with a null op never matches; freed in Dispose.
        _jumpCache = (JumpCacheEntry*)NativeMemory.AllocZeroed(JumpCacheEntries, (nuint)sizeof(JumpCacheEntry));
        _generation = DecodeCache.NotInside;
        cache.AddVcpu(this);
        space.Attach(this);
    }

    /// <inheritdoc/>
    public override long InstructionCount => Volatile.Read(ref _instructions);

    /// <summary>The decode cache generation that this vCPU may have pointers into, or <see cref="DecodeCache.NotInside"/>.</summary>
    public long Generation => Volatile.Read(ref _generation);

    /// <summary>Whether a long-running handler (REP) should return to the run loop.</summary>
    public bool HasPending => Volatile.Read(ref _pending) != 0;

    /// <summary>Set by MOV to SS: a single step ends after the next instruction instead (Intel SDM vol. 3, 6.8.3).</summary>
    public bool DefersTrap { get; set; }

    /// <inheritdoc/>
    public override VcpuExit Run(CpuState* state)
    {
        Run(state, single: false);
        return _exit;
    }

    /// <summary>
    /// Executes one instruction, whatever TF says, for an engine that can't. False with <paramref name="exit"/> when the instruction is a
    /// system call, raises an exception, or the vCPU was asked to exit before it.
    /// </summary>
    public bool RunOne(CpuState* state, out VcpuExit exit)
    {
        Run(state, single: true);
        exit = _exit;
        return !_hasExit;
    }

    private void Run(CpuState* state, bool single)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        EngineState* engine = EngineState.Of(state);
        engine->Zero = 0;
        engine->LazyKind = 0;
        _current = state;
        _hasExit = false;
        _unlinked = null;
        _guestThread = Environment.CurrentManagedThreadId;
        UpdateAlignmentChecks(state);
        EnterGuest();
        EnterCache();
        try
        {
            if (single)
            {
                StepOne(state);
            }

            while (!_hasExit && !single)
            {
                RunSlice(state);
            }
        }
        catch (GuestFaultException fault)
        {
            Exit(fault.Exit);
        }
        finally
        {
            _unlinked = null;
            Volatile.Write(ref _generation, DecodeCache.NotInside);
            LeaveGuest();
            LazyFlags.Materialize(state);
        }
    }

    /// <inheritdoc/>
    public override void RequestExit() => Interlocked.Or(ref _pending, PendingExit);

    /// <summary>Takes back a request that another engine has answered.</summary>
    public void ForgetExitRequest() => Interlocked.And(ref _pending, ~PendingExit);

    /// <summary>Ends the current run from a handler, which must have set RIP and must return without calling another handler.</summary>
    public void Exit(VcpuExit exit)
    {
        _exit = exit;
        _hasExit = true;
    }

    /// <summary>Ends the current run with a trap: RIP is past the instruction.</summary>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public void RaiseTrap(Op* op, VcpuExit exit)
    {
        _current->Rip = op->NextRip;
        _instructions += InstructionsBefore(op) + 1;
        throw new GuestFaultException(exit);
    }

    /// <summary>The op at an address that was reached by an indirect branch, null when it isn't in the jump cache or time is up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Op* FindFast(ulong rip)
    {
        JumpCacheEntry* entry = _jumpCache + (nint)((rip ^ (rip >> 12)) & (JumpCacheEntries - 1));
        return entry->Rip == rip ? entry->Op : null;
    }

    /// <summary>Leaves the chain at a direct branch whose target isn't linked yet or whose slice is over.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void LeaveDirect(CpuState* s, Op* op)
    {
        s->Rip = (ulong)op->Immediate;
        _unlinked = op->Link == 0 ? op : null;
    }

    /// <summary>Leaves the chain so that execution continues at the op's own address, looked up afresh.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void LeaveAt(CpuState* s, Op* op)
    {
        EngineState.Of(s)->Budget -= InstructionsBefore(op);
        s->Rip = op->Rip;
    }

    private void RunSlice(CpuState* state)
    {
        EngineState* engine = EngineState.Of(state);
        if (Volatile.Read(ref _pending) != 0)
        {
            if ((Interlocked.And(ref _pending, ~PendingExit) & PendingExit) != 0)
            {
                Exit(VcpuExit.Interrupted);
                return;
            }

            ApplyInvalidations();
        }

        if (_cache.Generation != _generation)
        {
            _unlinked = null;
            EnterCache();
        }

        UpdateAlignmentChecks(state);
        if ((state->Rflags & LazyFlags.TF) != 0)
        {
            Step(state);
            return;
        }

        Op* op = FindFast(state->Rip);
        if (op == null || (nint)op->Handler == ControlFlow.StalePointer)
        {
            op = FindSlow(state->Rip);
            if (op == null)
            {
                return;
            }
        }

        if (_unlinked != null)
        {
            _cache.Link(_unlinked, op);
            _unlinked = null;
        }

        if ((++_slices & SampleMask) == 0)
        {
            _cache.Sample(state->Rip);
        }

        engine->Budget = Slice;
        op->Handler(this, state, op);
        _instructions += Slice - engine->Budget;
    }

    /// <summary>Executes one instruction with TF set: #DB follows it (Intel SDM vol. 3, 17.3.1.4).</summary>
    private void Step(CpuState* state)
    {
        StepOne(state);
        if (!_hasExit && !DefersTrap)
        {
            Exit(VcpuExit.Raise(X86Exception.Debug));
        }
    }

    private void StepOne(CpuState* state)
    {
        _unlinked = null;
        if (!BuildOutside(state->Rip, 1, out Op* op, out VcpuExit fault))
        {
            Exit(fault);
            return;
        }

        // A budget of 0 makes every transfer of control return.
        EngineState.Of(state)->Budget = 0;
        DefersTrap = false;
        op->Handler(this, state, op);
        _instructions -= EngineState.Of(state)->Budget;
        _unlinked = null;
    }

    private Op* FindSlow(ulong rip)
    {
        Op* op;
        while ((op = _cache.Find(rip)) == null)
        {
            long version = _cache.InvalidationCount;
            if (!BuildOutside(rip, BlockBuilder.MaxInstructions, out Op* built, out VcpuExit fault))
            {
                Exit(fault);
                return null;
            }

            // Null when code changed while it was being decoded, or when the cache had to be emptied: try again.
            op = _cache.TryPublish(rip, built, _builder.OpCount, _builder.Start, _builder.End, version);
            if (op != null)
            {
                break;
            }

            if (_cache.Generation != _generation)
            {
                _unlinked = null;
                EnterCache();
            }
        }

        JumpCacheEntry* entry = _jumpCache + (nint)((rip ^ (rip >> 12)) & (JumpCacheEntries - 1));
        entry->Rip = rip;
        entry->Op = op;
        return op;
    }

    private bool BuildOutside(ulong rip, int limit, out Op* op, out VcpuExit fault)
    {
        LeaveGuest();
        bool ok = _builder.Build(rip, limit, out op, out fault);
        EnterGuest();
        return ok;
    }

    /// <summary>Says which generation of the decode cache this vCPU uses from now on, and forgets pointers into older ones.</summary>
    private void EnterCache()
    {
        long generation;
        do
        {
            generation = _cache.Generation;
            Volatile.Write(ref _generation, generation);
            Interlocked.MemoryBarrier();
        }
        while (generation != _cache.Generation);

        if (generation != _jumpCacheGeneration)
        {
            NativeMemory.Clear(_jumpCache, JumpCacheEntries * (nuint)sizeof(JumpCacheEntry));
            _jumpCacheGeneration = generation;
        }
    }

    /// <summary>From here on the TLB may be used. True when translations were dropped on the way.</summary>
    private bool EnterGuest()
    {
        Volatile.Write(ref _executing, 1);
        Interlocked.MemoryBarrier();
        if ((Volatile.Read(ref _pending) & PendingInvalidation) == 0)
        {
            return false;
        }

        ApplyInvalidations();
        return true;
    }

    /// <summary>The TLB isn't used until <see cref="EnterGuest"/>.</summary>
    private void LeaveGuest() => Volatile.Write(ref _executing, 0);

    private void ApplyInvalidations()
    {
        lock (_invalidationLock)
        {
            foreach ((ulong start, ulong end) in _invalidations)
            {
                if (end - start > 64 * Page.Size)
                {
                    ClearTlb(_readTlb);
                    ClearTlb(_writeTlb);
                    break;
                }

                ClearTlbRange(_readTlb, start, end);
                ClearTlbRange(_writeTlb, start, end);
            }

            _invalidations.Clear();
            Interlocked.And(ref _pending, ~PendingInvalidation);
        }
    }

    /// <inheritdoc/>
    void IAddressSpaceView.Invalidate(ulong start, ulong length)
    {
        lock (_invalidationLock)
        {
            if (_invalidations.Count >= 16)
            {
                _invalidations.Clear();
                _invalidations.Add((0, ulong.MaxValue));
            }
            else
            {
                _invalidations.Add((Page.Floor(start), start + length));
            }

            Interlocked.Or(ref _pending, PendingInvalidation);
        }

        // The change may not take effect while another thread still uses the old translation; it looks within microseconds.
        SpinWait spin = default;
        while (Volatile.Read(ref _executing) != 0 && (Volatile.Read(ref _pending) & PendingInvalidation) != 0 &&
            Volatile.Read(ref _guestThread) != Environment.CurrentManagedThreadId)
        {
            spin.SpinOnce();
        }
    }

    /// <inheritdoc/>
    void IAddressSpaceView.InvalidateCode(ulong page)
    {
        // The decode cache is a view of its own.
    }

    /// <inheritdoc/>
    void IAddressSpaceView.ProtectCode(ulong page) => ((IAddressSpaceView)this).Invalidate(page, Page.Size);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _space.Detach(this);
        _engine.Release(_space, this);

        // SAFETY: allocated in the constructor; no run is in progress by contract, and the view is detached.
        NativeMemory.AlignedFree(_readTlb);
        NativeMemory.AlignedFree(_writeTlb);
        NativeMemory.Free(_jumpCache);
        _builder.Dispose();
    }

    /// <summary>Where the code for an address is.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct JumpCacheEntry
    {
        public ulong Rip;
        public Op* Op;
    }
}
