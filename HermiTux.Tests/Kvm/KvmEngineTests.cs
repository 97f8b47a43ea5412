using System.Diagnostics;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Kvm;
using HermiTux.Kvm.Internal;
using HermiTux.Memory;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Hosting;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Kvm;

/// <summary>What is special about running guests in a virtual machine.</summary>
public sealed class KvmEngineTests
{
    private const ulong Supervisor = PhysicalLayout.SupervisorVirtual;

    public static TheoryData<ulong> SupervisorAddresses => [Supervisor, Supervisor + PhysicalLayout.IdtPage, Supervisor + PhysicalLayout.LeafTable, Supervisor + PhysicalLayout.FirstVcpuPage];

    [Fact]
    public unsafe void Floating_point_state_survives_exits_and_moves_to_another_vcpu_and_another_engine()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(eax, 0x12345678);
            a.movd(xmm15, eax);
            a.vbroadcastss(ymm14, xmm15);
            a.fldpi();
            a.syscall();
            a.syscall();
            a.vmovups(__ymmword_ptr[KvmGuest.DataAddress], ymm14);
            a.fstp(__qword_ptr[KvmGuest.DataAddress + 64]);
            a.syscall();
        });
        Assert.SkipWhen(guest.Engine.Model.Xcr0 < 7, "needs AVX");
        Assert.Equal(VcpuExit.Syscall, guest.Run());
        (KvmVcpu other, KvmGuest.Registers _) = guest.AddThread();
        guest.Vcpu.SyncFloatingPoint(guest.State);
        Assert.Equal(VcpuExit.Syscall, other.Run(guest.State));
        other.SyncFloatingPoint(guest.State);
        using var interpreter = new InterpreterEngine();
        using Vcpu third = interpreter.CreateVcpu(guest.Space);
        Assert.Equal(VcpuExit.Syscall, third.Run(guest.State));
        byte[] vector = new byte[32];
        Assert.True(guest.Space.TryRead(KvmGuest.DataAddress, vector));
        Assert.All(vector.Chunk(4), part => Assert.Equal(0x12345678, BitConverter.ToInt32(part)));
        Assert.True(guest.Space.TryRead(KvmGuest.DataAddress + 64, out double pi));
        Assert.Equal(Math.PI, pi);
    }

    [Fact]
    public unsafe void Registers_and_segment_bases_go_in_and_out()
    {
        using KvmGuest guest = new(a => a.syscall());
        for (int i = 0; i < 16; i++)
        {
            guest.State->Gpr[i] = 0x1111_1111_1111_1111UL * (ulong)i;
        }

        guest.State->FsBase = 0x7FFF_1234_5000;
        guest.State->GsBase = 0x1234_5678;
        guest.State->Rflags = 0x202 | 0x8D5;
        Assert.Equal(VcpuExit.Syscall, guest.Run());
        for (int i = 0; i < 16; i++)
        {
            ulong expected = i switch
            {
                1 => KvmGuest.CodeAddress + 2,
                11 => 0x202 | 0x8D5,
                _ => 0x1111_1111_1111_1111UL * (ulong)i,
            };
            Assert.Equal(expected, guest.State->Gpr[i]);
        }

        Assert.Equal((0x7FFF_1234_5000UL, 0x1234_5678UL), (guest.State->FsBase, guest.State->GsBase));
        Assert.Equal((KvmGuest.CodeAddress + 2, 0x202UL | 0x8D5), (guest.State->Rip, guest.State->Rflags));
    }

    [Fact]
    public async Task A_request_to_exit_is_never_lost()
    {
        using KvmGuest guest = new(a =>
        {
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.inc(rax);
            a.jmp(loop);
        });
        const int Rounds = 300;
        (KvmVcpu vcpu, KvmGuest.Registers state) = guest.AddThread();
        int returned = 0;
        Task runner = Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    Assert.Equal(VcpuExit.Interrupted, KvmGuest.Run(vcpu, state));
                    Volatile.Write(ref returned, i + 1);
                }
            },
            TaskCreationOptions.LongRunning);
        for (int i = 0; i < Rounds; i++)
        {
            // Sometimes before the vCPU runs, sometimes on its way in, sometimes in the middle.
            if (i % 3 != 0)
            {
                Thread.SpinWait(i * 37 % 4000);
            }

            vcpu.RequestExit();
            while (Volatile.Read(ref returned) <= i)
            {
                Assert.False(runner.IsFaulted, runner.Exception?.ToString());
                Thread.Yield();
            }
        }

        await runner;
    }

    [Theory]
    [MemberData(nameof(SupervisorAddresses))]
    public unsafe void The_supervisors_memory_is_out_of_reach(ulong address)
    {
        foreach (int what in new[] { 0, 1, 2 })
        {
            using KvmGuest guest = new(a =>
            {
                a.mov(rax, address);
                switch (what)
                {
                    case 0:
                        a.mov(rbx, __qword_ptr[rax]);
                        break;
                    case 1:
                        a.mov(__qword_ptr[rax], rbx);
                        break;
                    default:
                        a.jmp(rax);
                        break;
                }
            });
            VcpuExit exit = guest.Run();
            Assert.Equal((VcpuExitReason.Exception, X86Exception.PageFault, address), (exit.Reason, exit.Exception, exit.Fault.Address));
            Assert.Equal(what == 2 ? address : KvmGuest.CodeAddress + 10, guest.State->Rip);
        }
    }

    [Fact]
    public async Task Taking_a_right_away_takes_effect_on_a_running_vcpu_at_once()
    {
        using KvmGuest guest = new(a =>
        {
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.inc(__dword_ptr[KvmGuest.DataAddress]);
            a.jmp(loop);
        });
        (KvmVcpu vcpu, KvmGuest.Registers state) = guest.AddThread();
        for (int round = 0; round < 20; round++)
        {
            Task<VcpuExit> running = Task.Factory.StartNew(() => KvmGuest.Run(vcpu, state), TaskCreationOptions.LongRunning);
            Assert.True(guest.Space.TryRead(KvmGuest.DataAddress, out int before));
            int now = before;
            while (now - before < 1000)
            {
                Assert.False(running.IsCompleted);
                Assert.True(guest.Space.TryRead(KvmGuest.DataAddress, out now));
            }

            Assert.Equal(Errno.None, guest.Space.Protect(KvmGuest.DataAddress, Page.Size, MemoryProtection.Read));
            Assert.True(guest.Space.TryRead(KvmGuest.DataAddress, out int first));
            VcpuExit exit = await running;
            Assert.True(guest.Space.TryRead(KvmGuest.DataAddress, out int later));
            Assert.Equal(first, later);
            Assert.Equal((X86Exception.PageFault, KvmGuest.DataAddress, MemoryFaultKind.Protection), (exit.Exception, exit.Fault.Address, exit.Fault.Kind));
            Assert.Equal(7u, exit.ErrorCode);
            Assert.Equal(Errno.None, guest.Space.Protect(KvmGuest.DataAddress, Page.Size, MemoryProtection.Read | MemoryProtection.Write));
        }
    }

    [Fact]
    public unsafe void Memory_that_was_unmapped_and_mapped_again_reads_as_zero()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(rax, __qword_ptr[KvmGuest.DataAddress]);
            a.mov(rbx, 0x5555UL);
            a.mov(__qword_ptr[KvmGuest.DataAddress], rbx);
            a.syscall();
        });
        for (int round = 0; round < 50; round++)
        {
            guest.State->Rip = KvmGuest.CodeAddress;
            guest.State->Rax = 1;
            Assert.Equal(VcpuExit.Syscall, guest.Run());
            Assert.Equal(0UL, guest.State->Rax);
            Assert.Equal(Errno.None, guest.Space.Unmap(KvmGuest.DataAddress, KvmGuest.Pages * Page.Size));
            guest.Map(KvmGuest.DataAddress, KvmGuest.Pages, MemoryProtection.Read | MemoryProtection.Write);
        }
    }

    [Fact]
    public unsafe void A_program_that_touches_ever_new_places_doesnt_pile_up_page_tables()
    {
        const ulong Start = 0x1_0000_0000;
        const ulong Step = 2 << 20;
        using KvmGuest guest = new(a =>
        {
            a.mov(__qword_ptr[rbx], rbx);
            a.syscall();
        });
        for (ulong i = 0; i < 3000; i++)
        {
            ulong place = Start + (i * Step);
            guest.Map(place, 1, MemoryProtection.Read | MemoryProtection.Write);
            guest.State->Rip = KvmGuest.CodeAddress;
            guest.State->Rbx = place;
            Assert.Equal(VcpuExit.Syscall, guest.Run());
            Assert.True(guest.Space.TryRead(place, out ulong stored));
            Assert.Equal(place, stored);
            Assert.Equal(Errno.None, guest.Space.Unmap(place, Page.Size));
        }

        Assert.InRange(guest.Vcpu.Tables.Bytes, 1, 1100L * Page.Size);
    }

    [Fact]
    public unsafe void A_machine_that_triple_faults_is_reported_with_registers_and_code()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(rax, 0x1234_5678_9ABC);
            a.ud2();
        });

        // No program can do this: the descriptor table is the supervisor's.
        guest.Vcpu.Processor.Run->sregs.idt.limit = 0;
        KvmCrashException crash = Assert.Throws<KvmCrashException>(() => guest.Run());
        Assert.Contains("rip ", crash.Message, StringComparison.Ordinal);
        Assert.Contains("KVM", crash.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_isnt_a_file_is_refused_with_the_remedy()
    {
        GuestRunner.SkipWithoutKvm();
        using var frames = new FrameTable(MemoryModel.Heap.CreateStore(1 << 20), 1 << 20);
        using var space = new AddressSpace(frames);
        using var engine = new KvmEngine();
        PlatformNotSupportedException refused = Assert.Throws<PlatformNotSupportedException>(() => engine.CreateVcpu(space));
        Assert.Contains("MemoryModel.MemoryFile", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hardware_isolation_can_be_required()
    {
        GuestRunner.SkipWithoutKvm();
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(Guests.Exit(4)).AddKvm().RequireHardwareIsolation().Build();
        Assert.Equal(4, (await machine.RunAsync(TestContext.Current.CancellationToken)).ExitCode);
        Assert.Equal("kvm", machine.Statistics.Engine);
    }

    [Fact]
    public async Task Creating_running_and_disposing_machines_leaks_nothing()
    {
        GuestRunner.SkipWithoutKvm();
        byte[] program = Guests.Exit(0);
        for (int i = 0; i < 50; i++)
        {
            await RunMachine(program);
        }

        (int Descriptors, int Mappings) before = CountResources();
        int machines = 0;
        for (long start = Stopwatch.GetTimestamp(); machines < 600 || (machines < 1000 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(3)); machines++)
        {
            await RunMachine(program);
        }

        (int Descriptors, int Mappings) after = CountResources();

        // The runtime's own and those of tests at the same time come and go; a leak would show with each machine.
        Assert.InRange(after.Descriptors - before.Descriptors, int.MinValue, 500);
        Assert.InRange(after.Mappings - before.Mappings, int.MinValue, 500);
    }

    private static async Task RunMachine(byte[] program)
    {
        await using Unikernel machine = new UnikernelBuilder().UseProgramImage(program).UseKvm().Build();
        Assert.True((await machine.RunAsync()).IsSuccess);
    }

    private static (int Descriptors, int Mappings) CountResources() =>
        (Directory.GetFileSystemEntries("/proc/self/fd").Length, File.ReadLines("/proc/self/maps").Count());
}
