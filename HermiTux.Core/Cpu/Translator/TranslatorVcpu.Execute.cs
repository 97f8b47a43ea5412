using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <content>Entering translated code, and making the guest's state exact when it is left.</content>
/// <remarks>
/// While translated code runs, and as long as it may be resumed, the register file holds host registers by number ("raw").
/// </remarks>
internal sealed unsafe partial class TranslatorVcpu
{
    private const int PageFaultTrap = 14;
    private const int BusSignal = 7;

    /// <summary>Faults of one access in a row after which the interpreter makes it.</summary>
    private const int MaxRepeats = 8;

    /// <summary>
    /// Runs a block and whatever it leads to. False with an exit for the kernel layer; true when the guest goes on at its RIP.
    /// </summary>
    private bool Execute(TranslatedBlock block, long departures, CpuState* state, out VcpuExit exit)
    {
        exit = default;
        Volatile.Write(ref _inside, 1);
        Interlocked.MemoryBarrier();
        if (!block.IsValid || _cache.Departures != departures)
        {
            Volatile.Write(ref _inside, 0);
            return true;
        }

        try
        {
            return ExecuteInside(block, departures, state, out exit);
        }
        catch
        {
            // A bug of ours, or the host is out of memory: nobody may wait for this vCPU to leave.
            Volatile.Write(ref _inside, 0);
            throw;
        }
    }

    private bool ExecuteInside(TranslatedBlock block, long departures, CpuState* state, out VcpuExit exit)
    {
        exit = default;
        ulong kept = state->Rflags & ~HostFlags;
        _frame->FsBase = state->FsBase;
        _frame->GsBase = state->GsBase;
        _frame->Entry = (ulong)block.Entry;
        MakeRaw(state);
        _frame->FaultRip = 0;
        int repeats = 0;
        ulong lastFault = 0;
        while (true)
        {
            _stubs.Enter(_frame);
            switch ((ExitReason)(_frame->Exit & 7))
            {
                case ExitReason.Direct:
                    _leftThrough = _cache.ExitAt((int)((uint)_frame->Exit >> 3));
                    Leave(state, kept, _leftThrough.Target);
                    return true;
                case ExitReason.Indirect:
                    if (!InterpreterVcpu.IsCanonical(_frame->Target))
                    {
                        // The branch itself faults.
                        ExitSite branch = _cache.ExitAt((int)((uint)_frame->Exit >> 3));
                        Leave(state, kept, branch.Target);
                        state->Rsp -= (ulong)branch.StackDelta;
                        return Interpret(state, out exit);
                    }

                    _leftIndirectly = true;
                    Leave(state, kept, _frame->Target);
                    return true;
                case ExitReason.Syscall:
                    _lastCall = _cache.ExitAt((int)((uint)_frame->Exit >> 3));
                    _lastCallDepartures = departures;
                    Leave(state, kept, _lastCall.Target);
                    state->Rcx = state->Rip;
                    state->R11 = state->Rflags;
                    exit = VcpuExit.Syscall;
                    return false;
                case ExitReason.Interpret:
                    Leave(state, kept, _cache.ExitAt((int)((uint)_frame->Exit >> 3)).Target);
                    return Interpret(state, out exit);
                case ExitReason.Pending:
                    if (_frame->FaultRip != 0)
                    {
                        LeaveAtFault(state, kept);
                    }
                    else
                    {
                        Leave(state, kept, state->Rip);
                    }

                    return true;
                default:
                    if (_frame->FaultTrap == VcpuFrame.KickTrap)
                    {
                        LeaveAtFault(state, kept);
                        return true;
                    }

                    bool beyond = false;
                    if (_frame->FaultTrap == PageFaultTrap)
                    {
                        repeats = _frame->FaultAddress == lastFault ? repeats + 1 : 0;
                        lastFault = _frame->FaultAddress;
                        ulong address = _frame->FaultAddress - _frame->WindowBase;
                        beyond = address >= _window.Size;
                        MemoryFault fault = default;
                        MemoryAccess access = (_frame->FaultError & 2) != 0 ? MemoryAccess.Write : MemoryAccess.Read;
                        if (!beyond && repeats < MaxRepeats
                            && _window.TryResolve(address, access, out fault, _frame->FaultSignal == BusSignal))
                        {
                            TranslatedBlock? current = FaultingBlock();
                            if (_cache.IsValid(current))
                            {
                                _frame->Entry = _frame->FaultRip;

                                // The block has said so already, where it did.
                                _frame->UsesX87 = (byte)(_frame->HoldsVectors ^ 1);
                                continue;
                            }
                        }
                        else if (fault.Kind == MemoryFaultKind.LimitReached)
                        {
                            LeaveAtFault(state, kept);
                            exit = VcpuExit.PageFault(fault);
                            return false;
                        }
                    }

                    // The interpreter raises the exception exactly, or finds that there is none.
                    LeaveAtFault(state, kept);
                    return InterpretDistant(state, beyond ? DistantMemory.FaultWeight : 0, out exit);
            }
        }
    }

    /// <summary>Turns the register file into host registers.</summary>
    private void MakeRaw(CpuState* state)
    {
        _frame->Slots[HostRegister.R10] = state->R10;
        _frame->Slots[HostRegister.R11] = state->R11;
        state->Gpr[HostRegister.Stack] = state->Rsp;
        if (_frame->HoldsVectors != 0)
        {
            return;
        }

        // The guest's last x87 instruction, to be put back unless another one is executed: the processor shall only ever tell of ours.
        _x87Pointers = (state->Fip, state->Fdp, state->Fop);
        (state->Fip, state->Fdp, state->Fop) = (0, 0, 0);

        // What XRSTOR insists on.
        state->Mxcsr &= 0xFFFF;
        state->XstateBv = HasUpperHalves(state) ? 7u : 3u;
        ulong* header = &state->XstateBv;
        header[1] = 0;
        header[2] = 0;
    }

    /// <summary>Whether any upper half of a YMM register isn't zero; the processor had better know if none is.</summary>
    private static bool HasUpperHalves(CpuState* state)
    {
        Vector128<ulong> all = default;
        for (int i = 0; i < 16; i++)
        {
            all |= Vector128.Load((ulong*)((byte*)state + CpuState.YmmHighOffset + (i * 16)));
        }

        return all != default;
    }

    /// <summary>Makes the register file the guest's, between two instructions.</summary>
    private void Leave(CpuState* state, ulong kept, ulong rip) => Leave(state, kept, rip, RegisterMap.Canonical);

    private void Leave(CpuState* state, ulong kept, ulong rip, RegisterMap map)
    {
        if (map == RegisterMap.Canonical)
        {
            state->Rsp = state->Gpr[HostRegister.Stack];
            state->R10 = _frame->Slots[HostRegister.R10];
            state->R11 = _frame->Slots[HostRegister.R11];
        }
        else
        {
            // RSP and R11 first: they are in other registers' places.
            ulong stack = map.StackPointer >= 0 ? state->Gpr[map.StackPointer] : _frame->Slots[HostRegister.Rsp];
            int eleventh = map.HostOf(HostRegister.R11);
            state->R11 = eleventh >= 0 ? state->Gpr[eleventh] : _frame->Slots[HostRegister.R11];
            state->Rsp = stack;
            for (int guest = HostRegister.Rbp; guest <= HostRegister.R15; guest++)
            {
                if (guest != HostRegister.R11 && map.HostOf(guest) < 0)
                {
                    state->Gpr[guest] = _frame->Slots[guest];
                }
            }
        }

        state->Rflags = (state->Rflags & HostFlags) | kept;
        if (_frame->HoldsVectors == 0)
        {
            HideHostPointers(state);
        }

        state->Rip = rip;
        Volatile.Write(ref _inside, 0);
    }

    /// <summary>The same at the instruction that was interrupted: its own code has changed nothing yet but what the fixups say.</summary>
    private void LeaveAtFault(CpuState* state, ulong kept)
    {
        TranslatedBlock block = FaultingBlock();
        byte* host = (byte*)_frame->FaultRip;
        int offset = (int)(host - block.Code);
        foreach (RegisterFixup fixup in block.Fixups)
        {
            if (offset >= fixup.From && offset < fixup.To)
            {
                ref ulong register = ref state->Gpr[fixup.Register];
                register = fixup.SavedAt < 0 ? register + _frame->NegativeWindowBase : *(ulong*)((byte*)_frame + fixup.SavedAt);
            }
        }

        InstructionMark mark = block.MarkAt(host);
        Leave(state, kept, block.Rip + (ulong)(long)mark.GuestOffset, block.MapAt(host));
        state->Rsp += (ulong)(long)mark.StackOffset;
    }

    private TranslatedBlock FaultingBlock() => _cache.TryFindByHost((byte*)_frame->FaultRip, out TranslatedBlock? block)
        ? block
        : throw new InvalidOperationException($"Translated code was interrupted at {_frame->FaultRip:x}, where there is none.");

    /// <summary>
    /// The last x87 instruction's address as the guest knows it. Like AMD's processors, only when an unmasked exception is pending.
    /// </summary>
    private void HideHostPointers(CpuState* state)
    {
        const ushort ErrorSummary = 0x80;
        if (state->Fip == 0)
        {
            (state->Fip, state->Fdp, state->Fop) = _x87Pointers;
            return;
        }

        if ((state->Fsw & ErrorSummary) != 0 && _cache.TryFindByHost((byte*)state->Fip, out TranslatedBlock? block))
        {
            state->Fip = block.Rip + (ulong)(long)block.MarkAt((byte*)state->Fip).GuestOffset;
            state->Fdp = state->Fdp == 0 ? 0 : state->Fdp - _frame->WindowBase;
        }
        else
        {
            (state->Fip, state->Fdp, state->Fop) = (0, 0, 0);
        }
    }
}
