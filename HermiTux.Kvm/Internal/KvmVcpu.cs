using System.Runtime.InteropServices;
using HermiTux.Cpu;
using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// Runs guest threads of one address space on a vCPU of KVM. This file has the run loop and the faults of memory, <c>KvmVcpu.Registers.cs</c> the
/// registers, <c>KvmVcpu.Kick.cs</c> what other threads do to it.
/// </summary>
/// <remarks>
/// An exit is one KVM_RUN: registers go in and out through the shared page, and the vCPU starts directly at user level with what it is given, wherever the
/// exit left it. Floating-point state stays in the processor until somebody asks for it.
/// </remarks>
internal sealed unsafe partial class KvmVcpu : Vcpu, IPageMapper
{
    /// <summary>The same fault handled so often in a row within one run is a bug of ours or of KVM, not the guest's.</summary>
    private const int RepeatedFaultLimit = 1000;

    private readonly KvmEngine _engine;
    private readonly AddressSpace _space;
    private readonly GuestPageTables _tables;
    private readonly Processor _processor;
    private readonly kvm_run* _run;
    private readonly FaultStreams _streams = new();
    private ReferenceStep? _reference;
    private CpuState* _owner;
    private ulong _lastFault;
    private ulong _lastFaultRip;
    private int _repeatedFaults;
    private bool _disposed;

    /// <summary>Creates the vCPU.</summary>
    public KvmVcpu(KvmEngine engine, AddressSpace space, GuestPageTables tables, Processor processor)
    {
        _engine = engine;
        _space = space;
        _tables = tables;
        _processor = processor;
        _run = processor.Run;
        tables.Add(this);
    }

    /// <summary>Its space.</summary>
    public AddressSpace Space => _space;

    /// <summary>Its page tables.</summary>
    public GuestPageTables Tables => _tables;

    /// <summary>Whether the last exit was by the stub of the page fault: for the first look at a host.</summary>
    public bool IsAtPageFaultStub => SupervisorImage.StubAt(_run->regs.rip) == (int)X86Exception.PageFault;

    /// <summary>What it runs on.</summary>
    public Processor Processor => _processor;

    /// <inheritdoc/>
    public override VcpuExit Run(CpuState* state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int thread = ThreadKick.EnterThread(out ulong mask);
        _processor.SetSignalMask(mask);
        if (_owner != state)
        {
            SyncFloatingPoint(_owner);
            _processor.LoadFloatingPoint(state);
            _owner = state;
        }

        _repeatedFaults = 0;
        LoadRegisters(state);
        while (true)
        {
            if (!TryEnter(thread, out int error))
            {
                StoreInterrupted(state);
                return VcpuExit.Interrupted;
            }

            if (error is KvmNative.EINTR or KvmNative.EAGAIN)
            {
                _run->kvm_dirty_regs = 0;
                continue;
            }

            if (error != 0)
            {
                throw Crash($"KVM_RUN fails with error {error} ({Marshal.GetPInvokeErrorMessage(error)})");
            }

            if (_run->exit_reason != KvmNative.KVM_EXIT_HLT)
            {
                throw Crash(CrashReport.ExitName(_run));
            }

            if (TryFinish(state, out VcpuExit exit))
            {
                return exit;
            }
        }
    }

    /// <inheritdoc/>
    public override void SyncFloatingPoint(CpuState* state)
    {
        if (state != null && _owner == state)
        {
            _owner = null;
            _processor.StoreFloatingPoint(state);
        }
    }

    /// <inheritdoc/>
    public bool Map(ulong start, ReadOnlySpan<ulong> entries, int first, int count)
    {
        int behind = entries[first..].IndexOf(0UL);
        _streams.Mapped(start + ((ulong)(behind < 0 ? entries.Length : first + behind) << Page.Shift));
        return _tables.Map(start, entries, first, count);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _owner = null;
            _reference?.Dispose();
            _engine.Release(this);
        }
    }

    /// <summary>A stub was reached: sees to what it stands for. False when the guest is to go on.</summary>
    private bool TryFinish(CpuState* state, out VcpuExit exit)
    {
        int vector = SupervisorImage.StubAt(_run->regs.rip);
        if (vector == -1)
        {
            StoreSyscall(state, _run->regs.rsp);
            exit = VcpuExit.Syscall;
            return true;
        }

        if (vector < 0)
        {
            throw Crash("the guest stopped outside every stub");
        }

        ExceptionFrame frame = _processor.Page.ReadFrame(SupervisorImage.HasErrorCode(vector));
        if (IsSyscall(vector, frame))
        {
            StoreSyscall(state, frame.Rsp);
            exit = VcpuExit.Syscall;
            return true;
        }

        if ((frame.Cs & 3) != 3)
        {
            throw Crash($"exception {vector} (error code {frame.ErrorCode:x}) in supervisor code at {frame.Rip:x}");
        }

        if (vector == (int)X86Exception.PageFault)
        {
            if (TryHandlePageFault(frame, out MemoryFault fault))
            {
                ResumeAt(frame);
                exit = default;
                return false;
            }

            exit = VcpuExit.PageFault(fault);
        }
        else if (Enum.IsDefined((X86Exception)vector))
        {
            exit = VcpuExit.Raise((X86Exception)vector, frame.ErrorCode);
        }
        else
        {
            throw Crash($"unexpected exception {vector} (error code {frame.ErrorCode:x})");
        }

        StoreException(state, frame);
        if (_engine.Traits.RewritesFaults && vector is (int)X86Exception.InvalidOpcode or (int)X86Exception.GeneralProtection or (int)X86Exception.StackSegment)
        {
            return TryCorrect(state, ref exit);
        }

        if (vector is (int)X86Exception.X87FloatingPoint or (int)X86Exception.SimdFloatingPoint)
        {
            // Whoever handles it looks at the status words.
            SyncFloatingPoint(state);
        }

        return true;
    }

    /// <summary>Whether an exception is really a system call.</summary>
    private bool IsSyscall(int vector, in ExceptionFrame frame)
    {
        if (frame.Rip != SupervisorImage.SyscallEntry)
        {
            return false;
        }

        // A single step that was held back by mov ss arrives behind the syscall instruction, in the stub.
        if (vector == (int)X86Exception.Debug && (frame.Cs & 3) == 0)
        {
            return true;
        }

        // Software virtualisation of a nested guest stays at user level in syscall, so that the entry can't be fetched. A jump there looks the same,
        // but for what is before the return address.
        return _engine.Traits.SyscallFaults && vector == (int)X86Exception.PageFault && _run->sregs.cr2 == SupervisorImage.SyscallEntry &&
            (frame.ErrorCode & 0x10) != 0 && _space.TryRead(_run->regs.rcx - 2, out ushort opcode) && opcode == 0x050F;
    }

    /// <summary>Finds out what the processor would have raised. False, with the registers loaded, when nothing: the instruction is done.</summary>
    private bool TryCorrect(CpuState* state, ref VcpuExit exit)
    {
        SyncFloatingPoint(state);
        _reference ??= new ReferenceStep(_space, _engine.Model);
        if (_reference.TryExecute(state, out VcpuExit actual))
        {
            _processor.LoadFloatingPoint(state);
            _owner = state;
            LoadRegisters(state);
            return false;
        }

        // What the interpreter doesn't know either, KVM must have got right.
        if (actual is not { Reason: VcpuExitReason.Exception, Exception: X86Exception.InvalidOpcode })
        {
            exit = actual;
        }

        return true;
    }

    private bool TryHandlePageFault(in ExceptionFrame frame, out MemoryFault fault)
    {
        const uint Write = 2;
        const uint Reserved = 8;
        const uint Fetch = 16;
        ulong address = _run->sregs.cr2;
        if ((frame.ErrorCode & Reserved) != 0 && address < Page.UserEnd)
        {
            throw Crash($"reserved bits in the page tables at {address:x}");
        }

        MemoryAccess access = (frame.ErrorCode & Fetch) != 0 ? MemoryAccess.Execute : (frame.ErrorCode & Write) != 0 ? MemoryAccess.Write : MemoryAccess.Read;
        if (address != _lastFault || frame.Rip != _lastFaultRip)
        {
            (_lastFault, _lastFaultRip, _repeatedFaults) = (address, frame.Rip, 0);
        }
        else if (++_repeatedFaults > RepeatedFaultLimit)
        {
            throw Crash($"a page fault at {address:x} (error code {frame.ErrorCode:x}) that doesn't go away");
        }

        return _space.TryMap(address, access, _streams.PagesAhead(address), this, out fault);
    }

    private KvmCrashException Crash(string what) =>
        new(CrashReport.Create(what, _run, _processor.Page, _space));
}
