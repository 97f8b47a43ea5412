using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Interpreter;
using HermiTux.Tests.Harness;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>Where indirect branches find code: the tables alone, and guests whose targets get into each other's way in them.</summary>
public sealed unsafe class JumpTableTests
{
    private const ulong Code = 0x40_0000;

    private static ulong Miss => TranslatorStubs.TryGet(out TranslatorStubs? stubs, out _) ? (ulong)stubs.IndirectMiss : 0;

    [Fact]
    public void What_is_displaced_from_the_first_table_moves_to_the_second()
    {
        using var memory = new Tables();
        JumpTable table = memory.Table;
        Assert.Equal(Miss, memory.First(0));
        Assert.Equal(Miss, memory.First(0xFFFF));
        Assert.True(table.IsFree(0x40_1230));

        table.Set(0x40_1230, (byte*)1);
        Assert.Equal(1UL, memory.First(0x1230));
        Assert.False(table.IsFree(0x41_1230));
        Assert.Null(memory.Second(0x40_1230));

        table.Set(0x41_1230, (byte*)2);
        Assert.Equal(2UL, memory.First(0x1230));
        Assert.Equal(1UL, memory.Second(0x40_1230));
        Assert.Null(memory.Second(0x41_1230));

        table.Clear(0x42_1230);
        Assert.Equal(2UL, memory.First(0x1230));
        Assert.Equal(1UL, memory.Second(0x40_1230));

        table.Clear(0x40_1230);
        Assert.Equal(2UL, memory.First(0x1230));
        Assert.Null(memory.Second(0x40_1230));

        table.Clear(0x41_1230);
        Assert.Equal(Miss, memory.First(0x1230));
        Assert.True(table.IsFree(0x41_1230));
    }

    [Fact]
    public void Address_0_is_in_neither_table_before_it_is_set()
    {
        using var memory = new Tables();
        Assert.Null(memory.Second(0));
        memory.Table.Set(0, (byte*)7);
        Assert.Equal(7UL, memory.First(0));
        memory.Table.Clear(0);
        Assert.Equal(Miss, memory.First(0));
        memory.Table.Set(0, (byte*)7);
        memory.Table.Set(0x1_0000, (byte*)8);
        Assert.Equal(8UL, memory.First(0));
        Assert.Null(memory.Second(0));
    }

    [Fact]
    public void A_table_that_is_cleared_is_as_new()
    {
        using var memory = new Tables();
        ulong[] addresses = [0, 0x1_0000, 0x40_1230, 0x41_1230, 0x7F_FFFF, 0x8F_FFFF];
        foreach (ulong address in addresses)
        {
            memory.Table.Set(address, (byte*)1);
        }

        memory.Table.Clear();

        foreach (ulong address in addresses)
        {
            Assert.Equal(Miss, memory.First((int)(address & 0xFFFF)));
            Assert.Null(memory.Second(address));
            Assert.True(memory.Table.IsFree(address));
        }
    }

    [Fact]
    public void A_new_tables_entries_are_not_another_ones()
    {
        using var one = new Tables();
        using var other = new Tables();
        one.Table.Set(0x40_1230, (byte*)1);
        Assert.Equal(Miss, other.First(0x1230));
    }

    [Theory]
    [InlineData(0x1_0000, 2)]
    [InlineData(0x1_0000, 6)]
    [InlineData(0x10_0000, 3)]
    [InlineData(0x1000_0000, 3)]
    public void Functions_that_share_entries_are_told_apart(int distance, int count)
    {
        GuestRunner.SkipWithoutTranslator();
        using var engine = new TranslatorEngine();
        using var guest = new Functions(engine, distance, count);
        Assert.Equal(VcpuExit.Syscall, guest.Vcpu.Run(guest.State));
        Assert.Equal(3000UL * (ulong)(count * (count + 1) / 2), guest.State->Rax);
    }

    [Fact]
    public void A_request_to_leave_is_met_on_the_way_through_the_second_table()
    {
        GuestRunner.SkipWithoutTranslator();
        using var engine = new TranslatorEngine();
        using var guest = new Functions(engine, 0x1_0000, 2);
        for (int i = 0; i < 300; i++)
        {
            guest.State->Rcx = 1UL << 40;
            guest.State->Rip = guest.State->Rip == Code ? Code + guest.AfterStart : guest.State->Rip;
            using var timer = new Timer(_ => guest.Vcpu.RequestExit(), null, i % 3, Timeout.Infinite);
            Assert.Equal(VcpuExit.Interrupted, guest.Vcpu.Run(guest.State));
        }
    }

    /// <summary>Calls each of some functions in turn, 3,000 times, by address; each adds its number to RAX.</summary>
    private sealed class Functions : IDisposable
    {
        private readonly FrameTable _frames = new(MemoryModel.ForHost.CreateStore(1L << 24), 1L << 24);
        private readonly AddressSpace _space;

        public Functions(IVcpuEngine engine, int distance, int count)
        {
            _space = new AddressSpace(_frames);
            Map(Code);
            Map(0x20_0000);
            byte[] start = GuestCode.Assemble(a => a.mov(ecx, 3000), Code);
            AfterStart = (ulong)start.Length;
            Assert.True(_space.TryWrite(Code, GuestCode.Assemble(a =>
            {
                Iced.Intel.Label again = a.CreateLabel();
                a.mov(ecx, 3000);
                a.Label(ref again);
                for (int i = 1; i <= count; i++)
                {
                    a.mov(edx, (int)Code + 0x800 + (i * distance));
                    a.call(rdx);
                }

                a.dec(rcx);
                a.jne(again);
                a.syscall();
            }, Code)));
            for (int i = 1; i <= count; i++)
            {
                ulong address = Code + 0x800 + (ulong)(i * distance);
                Map(address & ~Page.OffsetMask);
                int number = i;
                Assert.True(_space.TryWrite(address, GuestCode.Assemble(
                    a =>
                    {
                        a.add(rax, number);
                        a.ret();
                    },
                    address)));
            }

            Vcpu = engine.CreateVcpu(_space);
            State = CpuState.Allocate();
            State->Rip = Code;
            State->Rsp = 0x20_0000 + Page.Size;
        }

        public ulong AfterStart { get; }

        public Vcpu Vcpu { get; }

        public CpuState* State { get; }

        public void Dispose()
        {
            Vcpu.Dispose();
            _space.Clear();
            _frames.Dispose();
            CpuState.Free(State);
        }

        private void Map(ulong page)
        {
            ulong at = page;
            Assert.Equal(Errno.None, _space.Map(ref at, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed));
        }
    }

    private sealed class Tables : IDisposable
    {
        private readonly byte* _memory;

        public Tables()
        {
            GuestRunner.SkipWithoutTranslator();
            const int Flags = LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_ANONYMOUS | LinuxMemory.MAP_NORESERVE;

            // SAFETY: unmapped by Dispose.
            _memory = (byte*)LinuxMemory.mmap(null, JumpTable.BytesWithFrame, LinuxMemory.PROT_READ | LinuxMemory.PROT_WRITE, Flags, -1, 0);
            Assert.True(_memory != LinuxMemory.MAP_FAILED);
            Table = new JumpTable((VcpuFrame*)(_memory + 40), (byte*)Miss);
        }

        public JumpTable Table { get; }

        public ulong First(int index) => At(JumpTable.First, index);

        /// <summary>What the second table has for an address, as the code that looks there finds it.</summary>
        public ulong? Second(ulong rip)
        {
            int index = JumpTable.SecondIndex(rip);
            return unchecked(At(JumpTable.SecondKeys, index) + rip) == 0 ? At(JumpTable.SecondHosts, index) : null;
        }

        public void Dispose() => _ = LinuxMemory.munmap(_memory, JumpTable.BytesWithFrame);

        private ulong At(int table, int index) => *(ulong*)(_memory + 40 + table + (index * 8));
    }
}
