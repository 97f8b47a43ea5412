using System.Runtime.InteropServices;
using HermiTux.Cpu.Interpreter;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>A vCPU that runs translated code, and has an interpreter for the few instructions that aren't.</summary>
internal sealed unsafe partial class TranslatorVcpu : Vcpu
{
    private const int PendingExit = 1;
    private const int PendingLeave = 2;

    /// <summary>How often a branch back is taken before its target is translated as a loop.</summary>
    private const int LoopPasses = 4;

    /// <summary>RFLAGS bits that the host's flags hold: CF PF AF ZF SF DF OF.</summary>
    private const ulong HostFlags = 0xCD5;
    private const ulong TrapFlag = 0x100;
    private const ulong AlignmentCheck = 0x40000;

    /// <summary>How far the guest's RSP may be outside the window.</summary>
    private const ulong StackSlack = 1 << 20;

    private readonly TranslatorEngine _engine;
    private readonly AddressSpace _space;
    private readonly TranslationCache _cache;
    private readonly TranslatorStubs _stubs;
    private readonly GuestWindow _window;
    private readonly Lock _kickLock = new();
    private readonly VcpuMemory _memory;
    private readonly VcpuFrame* _frame;

    // How many targets of a page the jump table was given. Under the cache's lock.
    private readonly Dictionary<ulong, int> _given = [];
    private InterpreterVcpu? _interpreter;
    private ExitSite? _leftThrough;
    private ExitSite? _lastCall;
    private long _lastCallDepartures;
    private (ulong Fip, ulong Fdp, ushort Fop) _x87Pointers;
    private bool _leftIndirectly;
    private int _inside;
    private int _thread;
    private bool _disposed;

    public TranslatorVcpu(TranslatorEngine engine, AddressSpace space, TranslationCache cache, TranslatorStubs stubs)
    {
        _engine = engine;
        _space = space;
        _cache = cache;
        _stubs = stubs;
        _window = cache.Window;
        _memory = VcpuMemory.Take(_window.Bits, stubs.IndirectMiss);
        _frame = _memory.Frame;
        _frame->WindowBase = (ulong)_window.Base;
        _frame->NegativeWindowBase = (ulong)-(long)_window.Base;
    }

    /// <summary>Whether it runs translated code, or is about to resume it. Any thread.</summary>
    internal bool IsInside => Volatile.Read(ref _inside) != 0;

    /// <inheritdoc/>
    public override VcpuExit Run(CpuState* state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_frame->State != state)
        {
            SyncFloatingPoint(_frame->State);
            _frame->State = state;
        }

        _leftThrough = null;
        _leftIndirectly = false;
        HostThread.GsBase = (ulong)_window.Base;
        Volatile.Write(ref _thread, HostThread.Id);
        while (true)
        {
            if (Volatile.Read(ref _frame->Pending) != 0 && TakePending())
            {
                return VcpuExit.Interrupted;
            }

            _engine.BlockEnds?.AtEnd(this, state);
            if (_cache.Distant.IsInterpreted)
            {
                return InterpretWholly(state);
            }

            VcpuExit exit;
            if (!CanTranslate(state))
            {
                _leftThrough = null;
                _leftIndirectly = false;
                if (!InterpretDistant(state, (state->Rflags & (TrapFlag | AlignmentCheck)) == 0 ? DistantMemory.StepWeight : 0, out exit))
                {
                    return exit;
                }

                continue;
            }

            long departures = _cache.Departures;
            TranslatedBlock? block = Next(state->Rip);
            if (block == null)
            {
                // A branch back is a loop once it has been taken a few times.
                bool backwards = _leftThrough is { } left && left.Source >= left.Target && _engine.BlockEnds is not { HasLoops: false };
                if (backwards && ++_leftThrough!.Passes < LoopPasses)
                {
                    backwards = false;
                    _leftThrough = null;
                }

                try
                {
                    block = _cache.Get(state->Rip, backwards, out exit);
                }
                catch (CodeMemoryException)
                {
                    // Other machines hold all of the process's memory for code.
                    return Interpreter(state).Run(state);
                }

                if (block == null)
                {
                    return exit;
                }
            }

            if (_engine.BlockEnds != null)
            {
                _leftThrough = null;
                _leftIndirectly = false;
            }
            else if (_leftThrough != null)
            {
                if (!_leftThrough.Owner.IsValid)
                {
                    // Somebody has a better one by now.
                    _cache.Forget(this, _leftThrough.Owner);
                }

                _cache.Link(_leftThrough, block);
                _leftThrough = null;
            }
            else if (_leftIndirectly)
            {
                _cache.Remember(this, block);
                _leftIndirectly = false;
            }

            if (!Execute(block, departures, state, out exit))
            {
                return exit;
            }
        }
    }

    /// <inheritdoc/>
    public override void SyncFloatingPoint(CpuState* state)
    {
        if (_frame->HoldsVectors != 0 && _frame->State == state)
        {
            _stubs.Sync(_frame);
            HideHostPointers(state);
        }
    }

    /// <inheritdoc/>
    public override void RequestExit()
    {
        lock (_kickLock)
        {
            if (_disposed)
            {
                return;
            }

            Interlocked.Or(ref _frame->Pending, PendingExit);
            Volatile.Read(ref _interpreter)?.RequestExit();
            if (Volatile.Read(ref _inside) != 0)
            {
                HostSignals.Kick(Volatile.Read(ref _thread));
            }
        }
    }

    /// <summary>Returns when the vCPU is certainly outside translated code. Not for the thread that runs it.</summary>
    internal void LeaveTranslations()
    {
        SpinWait spin = default;
        lock (_kickLock)
        {
            if (_disposed)
            {
                // Its frame may be gone; no run is in progress.
                return;
            }

            Interlocked.Or(ref _frame->Pending, PendingLeave);
        }

        while (Volatile.Read(ref _inside) != 0)
        {
            HostSignals.Kick(Volatile.Read(ref _thread));
            for (int i = 0; i < 20 && Volatile.Read(ref _inside) != 0; i++)
            {
                spin.SpinOnce();
            }
        }
    }

    /// <summary>Has the vCPU leave translated code soon, whatever it does there. Doesn't wait.</summary>
    internal void RequestLeave()
    {
        lock (_kickLock)
        {
            if (!_disposed)
            {
                Interlocked.Or(ref _frame->Pending, PendingLeave);
                if (Volatile.Read(ref _inside) != 0)
                {
                    HostSignals.Kick(Volatile.Read(ref _thread));
                }
            }
        }
    }

    /// <summary>Puts code into the jump table. Under the cache's lock.</summary>
    internal void SetJump(ulong rip, byte* arrival) => _memory.Jumps.Set(rip, arrival);

    /// <summary>The same with what indirect branches to a page of an image lead to, where nothing is yet. What was given before isn't looked at again.</summary>
    internal void SetFreeJumps(ulong page, List<TranslatedBlock> targets)
    {
        ref int given = ref CollectionsMarshal.GetValueRefOrAddDefault(_given, page, out _);
        for (; given < targets.Count; given++)
        {
            TranslatedBlock target = targets[given];
            if (target.IsValid && _memory.Jumps.IsFree(target.Rip))
            {
                _memory.Jumps.Set(target.Rip, target.Arrival);
            }
        }
    }

    /// <summary>An image has gone: its pages may come to be another's.</summary>
    internal void ForgetGiven() => _given.Clear();

    /// <summary>Takes code out of the jump table. Under the cache's lock.</summary>
    internal void ClearJump(ulong rip) => _memory.Jumps.Clear(rip);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_kickLock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _interpreter?.Dispose();
        _engine.Release(_space, this);

        // No run is in progress by contract, and the cache no longer knows the vCPU.
        _memory.Return();
    }

    /// <summary>The block after the system call that was made last, if the guest goes on there.</summary>
    private TranslatedBlock? Next(ulong rip)
    {
        ExitSite? call = _lastCall;
        if (call == null)
        {
            return null;
        }

        _lastCall = null;
        if (call.Target == rip && call.Owner.IsValid && _lastCallDepartures == _cache.Departures)
        {
            if (call.Successor is { IsValid: true } known)
            {
                return known;
            }

            TranslatedBlock? next = _cache.Get(rip, false, out _);
            if (next?.Store == call.Owner.Store)
            {
                call.Successor = next;
            }

            return next;
        }

        return null;
    }

    /// <summary>Whether translated code keeps its promises with these registers; without, the interpreter goes on until it does.</summary>
    private bool CanTranslate(CpuState* state) =>
        state->Rsp + StackSlack <= _window.Size + (2 * StackSlack) && state->FsBase < _window.Size && state->GsBase < _window.Size
        && state->Rip < _window.Size && (state->Rflags & (TrapFlag | AlignmentCheck)) == 0;

    private bool TakePending()
    {
        int pending = Interlocked.Exchange(ref _frame->Pending, 0);
        if ((pending & PendingExit) == 0)
        {
            return false;
        }

        _interpreter?.ForgetExitRequest();
        return true;
    }

    /// <summary>One instruction by the interpreter. False with an exit for the kernel layer.</summary>
    private bool Interpret(CpuState* state, out VcpuExit exit)
    {
        InterpreterVcpu interpreter = Interpreter(state);
        if ((state->Rflags & TrapFlag) != 0)
        {
            exit = interpreter.Run(state);
            return false;
        }

        return interpreter.RunOne(state, out exit);
    }

    /// <summary>The interpreter, the register file being as it expects it.</summary>
    private InterpreterVcpu Interpreter(CpuState* state)
    {
        SyncFloatingPoint(state);
        if (_interpreter == null)
        {
            Volatile.Write(ref _interpreter, (InterpreterVcpu)_engine.Fallback.CreateVcpu(_space));
            Interlocked.MemoryBarrier();
            if ((Volatile.Read(ref _frame->Pending) & PendingExit) != 0)
            {
                // A request that came before there was anyone to pass it on to.
                _interpreter.RequestExit();
            }
        }

        return _interpreter;
    }
}
