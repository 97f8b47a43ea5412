using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kvm.Internal;
using HermiTux.Memory;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Kvm;

/// <summary>
/// Memory that is filled 2 MiB by 2 MiB, which the engine maps by large pages where the hardware walks its page tables, and what happens to single pages of it.
/// On other hosts the same is true of small pages.
/// </summary>
public sealed class LargePageTests
{
    private const MemoryProtection ReadWrite = MemoryProtection.Read | MemoryProtection.Write;
    private const ulong Start = 0x4000_0000;
    private const ulong LargeSize = 2 << 20;
    private const ulong Leaves = 4;
    private const ulong Middle = Start + LargeSize + (77 * Page.Size);

    [Fact]
    public void Filled_memory_is_mapped_by_large_pages_where_hardware_walks_the_tables()
    {
        using Guest guest = new();
        guest.AssertLarge((int)Leaves);
        guest.AssertHolds(Start, Start + (Leaves * LargeSize));
    }

    [Fact]
    public void Protecting_one_page_leaves_the_others_as_they_were()
    {
        using Guest guest = new();
        Assert.Equal(Errno.None, guest.Space.Protect(Middle, Page.Size, MemoryProtection.Read));
        guest.AssertLarge((int)Leaves - 1);
        Assert.Equal(Middle, guest.Load(Middle));
        Assert.Equal(MemoryFaultKind.Protection, guest.StoreFault(Middle));
        guest.Store(Middle - 8, 1);
        guest.Store(Middle + Page.Size, 2);
        Assert.Equal((1UL, 2UL), (guest.Load(Middle - 8), guest.Load(Middle + Page.Size)));
        guest.AssertLarge((int)Leaves - 1);

        Assert.Equal(Errno.None, guest.Space.Protect(Middle, Page.Size, ReadWrite));
        guest.Store(Middle, 3);
        Assert.Equal(3UL, guest.Load(Middle));
        guest.AssertLarge((int)Leaves);

        Assert.Equal(Errno.None, guest.Space.Protect(Middle, Page.Size, MemoryProtection.None));
        Assert.Equal(MemoryFaultKind.Protection, guest.LoadFault(Middle));
        guest.AssertHolds(Start, Middle);
        guest.AssertLarge((int)Leaves - 1);
    }

    [Fact]
    public void Unmapping_one_page_takes_it_alone()
    {
        using Guest guest = new();
        Assert.Equal(Errno.None, guest.Space.Unmap(Middle, Page.Size));
        Assert.Equal(MemoryFaultKind.NotMapped, guest.LoadFault(Middle + 8));
        guest.AssertHolds(Start, Middle);
        guest.AssertHolds(Middle + Page.Size, Start + (Leaves * LargeSize));
        guest.AssertLarge((int)Leaves - 1);
        guest.Map(Middle, 1, ReadWrite);
        Assert.Equal(0UL, guest.Load(Middle));
        guest.Store(Middle, 9);
        Assert.Equal(9UL, guest.Load(Middle));
    }

    [Fact]
    public void Memory_that_isnt_needed_reads_as_zero_again()
    {
        const int MADV_DONTNEED = 4;
        using Guest guest = new();
        Assert.Equal(Errno.None, guest.Space.Advise(Middle, 2 * Page.Size, MADV_DONTNEED));
        Assert.Equal((0UL, 0UL), (guest.Load(Middle), guest.Load(Middle + Page.Size)));
        guest.AssertHolds(Start, Middle);
        guest.AssertHolds(Middle + (2 * Page.Size), Start + (Leaves * LargeSize));
    }

    [Fact]
    public void Moved_memory_is_at_the_new_place_only()
    {
        const int MREMAP_MAYMOVE = 1;
        const int MREMAP_FIXED = 2;
        using Guest guest = new();
        ulong moved = Start + (64 * LargeSize);
        ulong target = moved;
        Assert.Equal(Errno.None, guest.Space.Remap(Start + LargeSize, LargeSize, LargeSize, MREMAP_MAYMOVE | MREMAP_FIXED, ref target));
        Assert.Equal(moved, target);
        Assert.Equal(MemoryFaultKind.NotMapped, guest.LoadFault(Start + LargeSize));
        Assert.Equal(MemoryFaultKind.NotMapped, guest.LoadFault(Middle));
        for (ulong offset = 0; offset < LargeSize; offset += Page.Size)
        {
            Assert.Equal(Start + LargeSize + offset, guest.Load(moved + offset));
        }

        guest.AssertHolds(Start, Start + LargeSize);
        guest.AssertHolds(Start + (2 * LargeSize), Start + (Leaves * LargeSize));
    }

    [Fact]
    public void Memory_that_becomes_executable_is_not_before()
    {
        using Guest guest = new();
        guest.Store(Middle, 0x050F);
        Assert.Equal(MemoryFaultKind.Protection, guest.JumpFault(Middle));
        Assert.Equal(Errno.None, guest.Space.Protect(Middle, Page.Size, MemoryProtection.Read | MemoryProtection.Execute));
        Assert.Equal(Middle + 2, guest.Jump(Middle));
        Assert.Equal(MemoryFaultKind.Protection, guest.StoreFault(Middle));
        Assert.Equal(MemoryFaultKind.Protection, guest.JumpFault(Middle + Page.Size));
    }

    [Fact]
    public async Task Taking_a_page_away_takes_effect_on_a_running_vcpu_at_once()
    {
        using Guest guest = new();
        for (int round = 0; round < 10; round++)
        {
            guest.Store(Middle, 0);
            Task<VcpuExit> running = guest.StartCounting(Middle);
            Assert.True(guest.Space.TryRead(Middle, out ulong now));
            while (now < 1000)
            {
                Assert.False(running.IsCompleted);
                Assert.True(guest.Space.TryRead(Middle, out now));
            }

            Assert.Equal(Errno.None, guest.Space.Protect(Middle, Page.Size, MemoryProtection.Read));
            Assert.True(guest.Space.TryRead(Middle, out ulong first));
            VcpuExit exit = await running;
            Assert.True(guest.Space.TryRead(Middle, out ulong later));
            Assert.Equal(first, later);
            Assert.Equal((X86Exception.PageFault, Middle, MemoryFaultKind.Protection), (exit.Exception, exit.Fault.Address, exit.Fault.Kind));
            Assert.Equal(Errno.None, guest.Space.Protect(Middle, Page.Size, ReadWrite));
            guest.Store(Middle, 0);
            guest.AssertLarge((int)Leaves);
        }
    }

    /// <summary>A guest with <see cref="Leaves"/> times 2 MiB, each page of which holds its address, and code that does what RDI says.</summary>
    private sealed unsafe class Guest : IDisposable
    {
        private readonly KvmGuest _guest = new(Assemble);

        public Guest()
        {
            Map(Start, Leaves * LargeSize / Page.Size, ReadWrite);
            _guest.State->Rcx = Start + (Leaves * LargeSize);
            Assert.Equal(VcpuExit.Syscall, Do(0, Start, 0));
        }

        public AddressSpace Space => _guest.Space;

        public void Map(ulong address, ulong pages, MemoryProtection protection) => _guest.Map(address, pages, protection);

        public void AssertLarge(int count) => Assert.Equal(_guest.Engine.Traits.NestedPaging ? count : 0, _guest.Vcpu.Tables.LargePages);

        public void AssertHolds(ulong start, ulong end)
        {
            for (ulong page = start; page < end; page += Page.Size)
            {
                Assert.Equal(page, Load(page));
            }
        }

        public ulong Load(ulong address)
        {
            Assert.Equal(VcpuExit.Syscall, Do(1, address, 0));
            return _guest.State->Rax;
        }

        public void Store(ulong address, ulong value) => Assert.Equal(VcpuExit.Syscall, Do(2, address, value));

        /// <summary>Executes a system call at an address; where that ended.</summary>
        public ulong Jump(ulong address)
        {
            Assert.Equal(VcpuExit.Syscall, Do(3, address, 0));
            return _guest.State->Rip;
        }

        public MemoryFaultKind LoadFault(ulong address) => FaultOf(1, address, MemoryAccess.Read);

        public MemoryFaultKind StoreFault(ulong address) => FaultOf(2, address, MemoryAccess.Write);

        public MemoryFaultKind JumpFault(ulong address) => FaultOf(3, address, MemoryAccess.Execute);

        /// <summary>Increments a number for ever on another vCPU.</summary>
        public Task<VcpuExit> StartCounting(ulong address)
        {
            (KvmGuest.Registers state, KvmVcpu vcpu) = NewThread(address);
            return Task.Factory.StartNew(() => KvmGuest.Run(vcpu, state), TaskCreationOptions.LongRunning);
        }

        public void Dispose() => _guest.Dispose();

        private static void Assemble(Assembler a)
        {
            Label load = a.CreateLabel();
            Label store = a.CreateLabel();
            Label jump = a.CreateLabel();
            Label count = a.CreateLabel();
            Label fill = a.CreateLabel();
            a.cmp(edi, 1);
            a.je(load);
            a.cmp(edi, 2);
            a.je(store);
            a.cmp(edi, 3);
            a.je(jump);
            a.cmp(edi, 4);
            a.je(count);
            a.Label(ref fill);
            a.mov(__qword_ptr[rbx], rbx);
            a.add(rbx, (int)Page.Size);
            a.cmp(rbx, rcx);
            a.jb(fill);
            a.syscall();
            a.Label(ref load);
            a.mov(rax, __qword_ptr[rbx]);
            a.syscall();
            a.Label(ref store);
            a.mov(__qword_ptr[rbx], rdx);
            a.syscall();
            a.Label(ref jump);
            a.jmp(rbx);
            a.Label(ref count);
            a.inc(__qword_ptr[rbx]);
            a.jmp(count);
        }

        private (KvmGuest.Registers State, KvmVcpu Vcpu) NewThread(ulong address)
        {
            (KvmVcpu vcpu, KvmGuest.Registers state) = _guest.AddThread();
            CpuState* registers = state;
            registers->Rdi = 4;
            registers->Rbx = address;
            return (state, vcpu);
        }

        private VcpuExit Do(ulong what, ulong address, ulong value)
        {
            _guest.State->Rip = KvmGuest.CodeAddress;
            _guest.State->Rdi = what;
            _guest.State->Rbx = address;
            _guest.State->Rdx = value;
            return _guest.Run();
        }

        private MemoryFaultKind FaultOf(ulong what, ulong address, MemoryAccess access)
        {
            VcpuExit exit = Do(what, address, 0);
            Assert.Equal((X86Exception.PageFault, address, access), (exit.Exception, exit.Fault.Address, exit.Fault.Access));
            return exit.Fault.Kind;
        }
    }
}
