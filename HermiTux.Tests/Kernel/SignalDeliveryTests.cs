using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kernel;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Kernel;

public sealed class SignalDeliveryTests
{
    private const ulong Exit = 1;
    private const ulong Wait = 2;
    private const ulong Return = 3;
    private const ulong Handler = 0x40_0000;
    private const ulong Restorer = 0x40_1000;
    private const ulong CodeAddress = 0x40_2000;

    [Theory]
    [InlineData(Errno.ERESTARTSYS, SignalConstants.SA_RESTART, true)]
    [InlineData(Errno.ERESTARTSYS, 0UL, false)]
    [InlineData(Errno.ERESTARTNOHAND, SignalConstants.SA_RESTART, false)]
    [InlineData(Errno.ERESTARTNOINTR, 0UL, true)]
    [InlineData(Errno.ERESTART_RESTARTBLOCK, SignalConstants.SA_RESTART, false)]
    public async Task A_handler_decides_whether_a_call_is_made_again(Errno code, ulong flags, bool again)
    {
        ulong rip = 0, rax = 0;
        await using var machine = new ScriptedMachine(Calls);
        machine.Process.ChangeSignalAction((int)Signal.SIGUSR1, Action(flags), out _);
        GuestThread thread = machine.AddThread(
            ScriptedMachine.Syscall(Wait),
            Leave,
            state =>
            {
                (rip, rax) = (state.Rip, state.Rax);
                return VcpuExit.Interrupted;
            },
            ScriptedMachine.Syscall(Exit));
        Registers.Of(thread).Rip = CodeAddress;
        await machine.RunAsync();
        Assert.Equal(again ? (CodeAddress, Wait) : (CodeAddress + 2, unchecked((ulong)-(long)Errno.EINTR)), (rip, rax));

        ValueTask<long> Calls(GuestThread caller)
        {
            switch (Registers.Of(caller).Rax)
            {
                case Wait:
                    caller.Post(new SigInfo { Signo = (int)Signal.SIGUSR1 });
                    return new(-(long)code);
                case Return:
                    return new(caller.ReturnFromSignal());
                default:
                    caller.Exit(0);
                    return new(0);
            }
        }
    }

    [Fact]
    public async Task A_call_with_a_restart_block_goes_on_through_restart_syscall_when_no_handler_runs()
    {
        ulong rip = 0, rax = 0;
        await using var machine = new ScriptedMachine(Calls);
        GuestThread thread = machine.AddThread(
            ScriptedMachine.Syscall(Wait),
            state =>
            {
                (rip, rax) = (state.Rip, state.Rax);
                return VcpuExit.Interrupted;
            },
            ScriptedMachine.Syscall(Exit));
        Registers.Of(thread).Rip = CodeAddress;
        await machine.RunAsync();
        Assert.Equal((CodeAddress, (ulong)SyscallNumber.restart_syscall), (rip, rax));

        static ValueTask<long> Calls(GuestThread caller)
        {
            if (Registers.Of(caller).Rax == Wait)
            {
                return new(-(long)Errno.ERESTART_RESTARTBLOCK);
            }

            caller.Exit(0);
            return new(0);
        }
    }

    [Fact]
    public async Task A_frame_is_laid_out_as_Linux_does_and_brings_every_register_back()
    {
        ulong frame = 0;
        UContext context = default;
        SigInfo info = default;
        ulong[] entry = [];
        ulong[] before = [];
        ulong[] after = [];
        await using var machine = new ScriptedMachine(Calls);
        AddressSpace memory = machine.Process.Memory;
        machine.Process.ChangeSignalAction((int)Signal.SIGSEGV, Action(SignalConstants.SA_SIGINFO), out _);
        GuestThread thread = machine.AddThread(
            state =>
            {
                for (int i = 0; i < 16; i++)
                {
                    state[i] = i == 4 ? state.Rsp - 5 : 0x1111_0000UL + (ulong)i;
                }

                state.Rip = CodeAddress;
                state.Rflags = 0x202 | 0x400 | 0x1;
                state.Mxcsr = 0x9F80;
                state.Xmm1 = 0xABCDEF;
                state.Ymm2High = 0x123456;
                before = state.All;
                return VcpuExit.PageFault(new MemoryFault(0xDEAD0, MemoryAccess.Write, MemoryFaultKind.Protection));
            },
            state =>
            {
                entry = state.All;
                frame = state.Rsp;
                memory.TryRead(frame + 8, out context);
                memory.TryRead(state.Rsi, out info);
                Assert.Equal(0x1F80u, state.Mxcsr);
                Assert.Equal(0UL, state.Xmm1);
                return Leave(state);
            },
            state =>
            {
                after = state.All;
                return VcpuExit.Interrupted;
            },
            ScriptedMachine.Syscall(Exit));
        await machine.RunAsync();

        Assert.Equal(0, machine.Process.WaitStatus);
        Assert.Equal(8UL, frame % 16);
        Assert.True(frame + 440 <= before[4] - 128, "the red zone stays untouched");
        Assert.Equal((ulong)Signal.SIGSEGV, entry[7]);
        Assert.Equal(frame + 8, entry[2]);
        Assert.Equal(frame + 8 + 304, entry[6]);
        Assert.Equal((0UL, Handler), (entry[0], entry[16]));
        Assert.Equal(0UL, entry[17] & 0x400);
        Assert.Equal(((int)Signal.SIGSEGV, SignalConstants.SEGV_ACCERR, 0xDEAD0UL), (info.Signo, info.Code, info.Address));
        Assert.Equal((14UL, 7UL, 0xDEAD0UL), (context.Context.Trapno, context.Context.Err, context.Context.Cr2));
        Assert.Equal(0UL, context.Context.FpState % 64);
        Assert.Equal(before, after);

        static ValueTask<long> Calls(GuestThread caller)
        {
            if (Registers.Of(caller).Rax == Return)
            {
                return new(caller.ReturnFromSignal());
            }

            caller.Exit(0);
            return new(0);
        }
    }

    [Fact]
    public async Task A_fault_whose_signal_is_blocked_kills()
    {
        await using var machine = new ScriptedMachine(_ => new(0));
        machine.Process.ChangeSignalAction((int)Signal.SIGFPE, Action(0), out _);
        GuestThread thread = machine.AddThread(_ => VcpuExit.Raise(X86Exception.DivideError));
        thread.Signals.Mask = ulong.MaxValue;
        Assert.Equal((int)Signal.SIGFPE, await machine.RunAsync());
        Assert.Equal(SignalConstants.FPE_INTDIV, machine.Process.FatalSignal.Code);
    }

    [Fact]
    public async Task A_stack_that_cant_take_the_frame_kills_with_SIGSEGV()
    {
        await using var machine = new ScriptedMachine(_ => new(0));
        machine.Process.ChangeSignalAction((int)Signal.SIGILL, Action(0), out _);
        GuestThread thread = machine.AddThread(_ => VcpuExit.Raise(X86Exception.InvalidOpcode));
        Registers.Of(thread).Rsp = 0x1000;
        Assert.Equal((int)Signal.SIGSEGV, await machine.RunAsync());
    }

    [Fact]
    public async Task A_bad_frame_kills_with_SIGSEGV()
    {
        await using var machine = new ScriptedMachine(thread => new(thread.ReturnFromSignal()));
        GuestThread thread = machine.AddThread(ScriptedMachine.Syscall(Return));
        Registers.Of(thread).Rsp = 0x10;
        Assert.Equal((int)Signal.SIGSEGV, await machine.RunAsync());
    }

    private static KernelSigAction Action(ulong flags) =>
        new() { Handler = Handler, Flags = flags | SignalConstants.SA_RESTORER, Restorer = Restorer };

    /// <summary>The handler returns: pops the restorer's address and calls rt_sigreturn.</summary>
    private static VcpuExit Leave(Registers state)
    {
        state.Rsp += 8;
        state.Rip = Restorer + 2;
        state.Rax = Return;
        return VcpuExit.Syscall;
    }
}
