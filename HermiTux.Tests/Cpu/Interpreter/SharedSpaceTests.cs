using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Interpreter;

/// <summary>Several vCPUs in one address space.</summary>
public sealed unsafe class SharedSpaceTests
{
    [Fact]
    public void Locked_increments_of_several_vcpus_are_not_lost()
    {
        const int Threads = 3;
        const int Rounds = 50_000;
        using GuestCode guest = new(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(rbx, GuestCode.DataAddress);
            a.Label(ref loop);
            a.@lock.inc(__qword_ptr[rbx]);
            a.mov(eax, 1);
            a.@lock.xadd(__qword_ptr[rbx + 8], rax);
            a.@lock.add(__dword_ptr[rbx + 61], 1);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
        });
        RunOnThreads(guest, Threads, Rounds);
        Assert.Equal((ulong)Threads * Rounds, guest.Read<ulong>(GuestCode.DataAddress));
        Assert.Equal((ulong)Threads * Rounds, guest.Read<ulong>(GuestCode.DataAddress + 8));
        Assert.Equal((uint)Threads * Rounds, guest.Read<uint>(GuestCode.DataAddress + 61));
    }

    [Fact]
    public void Protection_change_by_another_thread_stops_stores_at_once()
    {
        using GuestCode guest = new(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(rbx, GuestCode.DataAddress);
            a.Label(ref loop);
            a.inc(__qword_ptr[rbx]);
            a.jmp(loop);
        });
        VcpuExit exit = default;
        Thread thread = new(() => exit = guest.Run());
        thread.Start();
        while (guest.Read<ulong>(GuestCode.DataAddress) == 0)
        {
            Thread.Yield();
        }

        Assert.Equal(Errno.None, guest.Space.Protect(GuestCode.DataAddress, Page.Size, MemoryProtection.Read));
        ulong after = guest.Read<ulong>(GuestCode.DataAddress);
        thread.Join();
        Assert.Equal(7u, exit.ErrorCode);
        Assert.Equal(after, guest.Read<ulong>(GuestCode.DataAddress));
    }

    [Fact]
    public void Vcpu_notices_that_another_thread_replaced_the_code_it_runs()
    {
        using GuestCode guest = new(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(rbx, GuestCode.DataAddress);
            a.Label(ref loop);
            a.inc(__qword_ptr[rbx]);
            a.db(0x66, 0x90);
            a.jmp(loop);
        });
        ulong nop = GuestCode.CodeAddress + 10 + 3;
        Assert.Equal(0x9066, guest.Read<ushort>(nop));
        VcpuExit exit = default;
        Thread thread = new(() => exit = guest.Run());
        thread.Start();
        while (guest.Read<ulong>(GuestCode.DataAddress) == 0)
        {
            Thread.Yield();
        }

        Assert.Equal(Errno.None, guest.Space.Protect(GuestCode.CodeAddress, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute));
        guest.Write(nop, [0x0F, 0x05]);
        thread.Join();
        Assert.Equal(VcpuExit.Syscall, exit);
        Assert.Equal(nop + 2, guest.State->Rip);
    }

    private static void RunOnThreads(GuestCode guest, int threads, ulong rounds)
    {
        List<Thread> running = [];
        for (int i = 0; i < threads; i++)
        {
            Thread thread = new(() =>
            {
                using Vcpu vcpu = guest.Engine.CreateVcpu(guest.Space);
                CpuState* state = CpuState.Allocate();
                state->Rip = GuestCode.CodeAddress;
                state->Rsp = GuestCode.StackTop;
                state->Rcx = rounds;
                Assert.Equal(VcpuExit.Syscall, vcpu.Run(state));
                CpuState.Free(state);
            });
            thread.Start();
            running.Add(thread);
        }

        running.ForEach(t => t.Join());
    }
}
