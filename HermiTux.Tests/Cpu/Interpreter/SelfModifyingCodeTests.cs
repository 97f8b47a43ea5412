using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Interpreter;

public sealed unsafe class SelfModifyingCodeTests
{
    private const MemoryProtection All = MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute;

    [Fact]
    public void Store_to_the_next_instruction_takes_effect_before_it_executes()
    {
        using GuestCode guest = new(a =>
        {
            Label patched = a.CreateLabel();
            a.lea(rbx, __[patched]);
            a.mov(__byte_ptr[rbx + 1], 42);
            a.Label(ref patched);
            a.mov(eax, 1);
            a.syscall();
        }, codeProtection: All);
        guest.RunToSyscall();
        Assert.Equal(42u, guest.State->Rax);
    }

    [Fact]
    public void Loop_that_patches_its_own_immediate_sees_every_value()
    {
        using GuestCode guest = new(a =>
        {
            Label loop = a.CreateLabel();
            Label patched = a.CreateLabel();
            a.xor(edx, edx);
            a.mov(ecx, 1);
            a.lea(rbx, __[patched]);
            a.Label(ref loop);
            a.mov(__dword_ptr[rbx + 1], ecx);
            a.Label(ref patched);
            a.mov(eax, 0x1111_1111);
            a.add(edx, eax);
            a.inc(ecx);
            a.cmp(ecx, 100);
            a.jbe(loop);
            a.syscall();
        }, codeProtection: All);
        guest.RunToSyscall();
        Assert.Equal(5050u, guest.State->Rdx);
    }

    [Fact]
    public void Code_that_changes_endlessly_keeps_the_decode_cache_within_its_limit()
    {
        using GuestCode guest = new(a =>
        {
            Label loop = a.CreateLabel();
            Label patched = a.CreateLabel();
            a.xor(edx, edx);
            a.mov(ecx, 1);
            a.lea(rbx, __[patched]);
            a.Label(ref loop);
            a.mov(__dword_ptr[rbx + 1], ecx);
            a.Label(ref patched);
            a.mov(eax, 0x1111_1111);
            a.add(rdx, rax);
            a.inc(ecx);
            a.cmp(ecx, 20_000);
            a.jbe(loop);
            a.syscall();
        }, codeProtection: All, codeCacheLimit: 1 << 20);
        guest.RunToSyscall();
        Assert.Equal(20_000ul * 20_001 / 2, guest.State->Rdx);
        Assert.InRange(guest.Engine.TranslatedBytes, 1, 5 << 20);
    }

    [Fact]
    public void Function_rewritten_by_a_write_of_the_kernel_is_decoded_again()
    {
        using GuestCode guest = new(a =>
        {
            Label again = a.CreateLabel();
            a.mov(rbx, GuestCode.CodeAddress + 0x800);
            a.Label(ref again);
            a.call(rbx);
            a.syscall();
            a.jmp(again);
        }, codeProtection: All);
        guest.Write(GuestCode.CodeAddress + 0x800, [0xB8, 1, 0, 0, 0, 0xC3]);
        guest.RunToSyscall();
        Assert.Equal(1u, guest.State->Rax);
        guest.Write(GuestCode.CodeAddress + 0x801, [7]);
        guest.RunToSyscall();
        Assert.Equal(7u, guest.State->Rax);
    }

    [Fact]
    public void Direct_branch_to_code_that_was_replaced_by_mapping_something_else_there_runs_the_new_code()
    {
        ulong function = 0x50_0000;
        using GuestCode guest = new(a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.call(function);
            a.call(function);
            a.syscall();
            a.jmp(again);
        });
        guest.Map(function, 1, All);
        guest.Write(function, [0xB8, 1, 0, 0, 0, 0xC3]);
        guest.RunToSyscall();
        Assert.Equal(1u, guest.State->Rax);
        guest.Map(function, 1, All);
        guest.Write(function, [0xB8, 2, 0, 0, 0, 0xC3]);
        guest.RunToSyscall();
        Assert.Equal(2u, guest.State->Rax);
        Assert.Equal(Errno.None, guest.Space.Unmap(function, Page.Size));
        VcpuExit exit = guest.Run();
        Assert.Equal(new MemoryFault(function, MemoryAccess.Execute, MemoryFaultKind.NotMapped), exit.Fault);
        Assert.Equal(function, guest.State->Rip);
    }

    [Fact]
    public void Code_without_execute_permission_faults()
    {
        using GuestCode guest = new(a => a.syscall(), codeProtection: MemoryProtection.Read);
        VcpuExit exit = guest.Run();
        Assert.Equal(0x15u, exit.ErrorCode);
        Assert.Equal(GuestCode.CodeAddress, exit.Fault.Address);
    }
}
