using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Interpreter;
using HermiTux.Tests.Harness;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>Translations that machines share: who gets whose, and when not.</summary>
public sealed unsafe class CodeImageTests
{
    private const ulong Code = 0x40_0000;
    private const MemoryProtection ReadExecute = MemoryProtection.Read | MemoryProtection.Execute;
    private const MemoryProtection ReadWrite = MemoryProtection.Read | MemoryProtection.Write;

    /// <summary>Each test has files of its own: images live as long as the process.</summary>
    private static long s_inode;

    [Fact]
    public void The_second_machine_translates_nothing()
    {
        CodeFile file = Returning(1);
        using var first = new Guest();
        using var second = new Guest();
        first.Map(file);
        second.Map(file);

        Assert.Equal(1UL, first.Run());
        Assert.Equal(1, first.Translated);
        Assert.Equal(1UL, second.Run());
        Assert.Equal(0, second.Translated);
    }

    [Fact]
    public void Machines_with_other_content_at_the_address_run_their_own()
    {
        using var first = new Guest();
        using var second = new Guest();
        first.Map(Returning(1));
        second.Map(Returning(2));

        Assert.Equal(1UL, first.Run());
        Assert.Equal(2UL, second.Run());
        Assert.Equal(1UL, first.Run());
    }

    [Fact]
    public void A_file_without_identity_isnt_shared()
    {
        CodeFile file = Returning(1);
        file.Identity = null;
        using var first = new Guest();
        using var second = new Guest();
        first.Map(file);
        second.Map(file);

        Assert.Equal(1UL, first.Run());
        Assert.Equal(1UL, second.Run());
        Assert.Equal(1, second.Translated);
    }

    [Fact]
    public void Code_that_a_guest_has_changed_is_its_own()
    {
        CodeFile file = Returning(1);
        using var changing = new Guest();
        changing.Map(file);
        Assert.Equal(Errno.None, changing.Space.Protect(Code, Page.Size, ReadWrite));
        Assert.True(changing.Space.TryWrite(Code, Assemble(2)));
        Assert.Equal(Errno.None, changing.Space.Protect(Code, Page.Size, ReadExecute));

        Assert.Equal(2UL, changing.Run());
        using var other = new Guest();
        other.Map(file);
        Assert.Equal(1UL, other.Run());
        Assert.Equal(2UL, changing.Run());
    }

    [Fact]
    public void Code_that_a_guest_changes_after_it_ran_is_its_own_from_then_on()
    {
        CodeFile file = Returning(1);
        using var changing = new Guest();
        using var other = new Guest();
        changing.Map(file);
        other.Map(file);
        Assert.Equal(1UL, changing.Run());
        Assert.Equal(1UL, other.Run());

        Assert.Equal(Errno.None, changing.Space.Protect(Code, Page.Size, ReadWrite));
        Assert.True(changing.Space.TryWrite(Code, Assemble(2)));
        Assert.Equal(Errno.None, changing.Space.Protect(Code, Page.Size, ReadExecute));

        Assert.Equal(2UL, changing.Run());
        Assert.Equal(1UL, other.Run());
    }

    [Fact]
    public void What_is_translated_is_the_files_even_if_memory_says_otherwise()
    {
        // As if a way to write had been forgotten: the page differs, and nobody noticed.
        CodeFile file = Returning(1);
        using var odd = new Guest();
        odd.Map(file);
        Assert.True(odd.Space.TryTranslate(Code, MemoryAccess.Read, out byte* page, out _));
        Assemble(3).CopyTo(new Span<byte>(page, Page.Size));
        _ = odd.Run();

        using var other = new Guest();
        other.Map(file);
        Assert.Equal(1UL, other.Run());
    }

    [Fact]
    public void Unmapped_code_faults_and_other_code_in_its_place_runs()
    {
        CodeFile file = Returning(1);
        using var guest = new Guest();
        guest.Map(file);
        Assert.Equal(1UL, guest.Run());

        Assert.Equal(Errno.None, guest.Space.Unmap(Code, Page.Size));
        Assert.Equal(X86Exception.PageFault, guest.Exit().Exception);
        guest.Map(Returning(2));
        Assert.Equal(2UL, guest.Run());
        guest.Map(file);
        Assert.Equal(1UL, guest.Run());
    }

    [Fact]
    public void Code_that_may_no_longer_be_executed_faults()
    {
        using var guest = new Guest();
        guest.Map(Returning(1));
        Assert.Equal(1UL, guest.Run());

        Assert.Equal(Errno.None, guest.Space.Protect(Code, Page.Size, MemoryProtection.Read));
        Assert.Equal(X86Exception.PageFault, guest.Exit().Exception);
        Assert.Equal(Errno.None, guest.Space.Protect(Code, Page.Size, ReadExecute));
        Assert.Equal(1UL, guest.Run());
    }

    [Fact]
    public void A_file_that_changed_since_it_was_mapped_isnt_read_for_others()
    {
        CodeFile file = Returning(1);
        using var early = new Guest();
        early.Map(file);
        Assert.Equal(1UL, early.Run());

        // The second function is reached only after the change.
        ContentIdentity before = file.Identity!.Value;
        file.Bytes = Assemble(5, 6);
        file.Identity = before with { Changed = before.Changed + 1 };
        _ = early.Run(Page.Size / 2);

        using var late = new Guest();
        var former = new CodeFile(Assemble(1, 2)) { Identity = before };
        late.Map(former);
        Assert.Equal(2UL, late.Run(Page.Size / 2));
    }

    [Fact]
    public void A_thread_in_a_loop_of_the_code_leaves_when_it_is_unmapped()
    {
        using var guest = new Guest();
        guest.Map(NewFile(a =>
        {
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.inc(rbx);
            a.jmp(loop);
        }));
        VcpuExit exit = default;
        var thread = new Thread(() => exit = guest.Exit());
        thread.Start();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref guest.State->Rip) != 0 && guest.Vcpu.IsInside, TimeSpan.FromMinutes(1)));

        Assert.Equal(Errno.None, guest.Space.Unmap(Code, Page.Size));

        Assert.True(thread.Join(TimeSpan.FromMinutes(1)));
        Assert.Equal(X86Exception.PageFault, exit.Exception);
        Assert.InRange(guest.State->Rip, Code, Code + 16);
    }

    [Fact]
    public void Own_code_that_calls_into_an_image_finds_what_is_there_at_the_time()
    {
        const ulong Caller = Code + 0x10_0000;
        using var guest = new Guest();
        guest.Map(Returning(1));
        ulong at = Caller;
        Assert.Equal(Errno.None, guest.Space.Map(ref at, Page.Size, ReadWrite | MemoryProtection.Execute, MappingFlags.Fixed));
        byte[] calls = GuestCode.Assemble(
            a =>
            {
                a.call(Code + Callee);
                a.syscall();
            },
            Caller);
        Assert.True(guest.Space.TryWrite(Caller, calls));

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(101UL, guest.Run(Caller - Code));
        }

        guest.Map(Returning(2));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(102UL, guest.Run(Caller - Code));
        }

        Assert.Equal(Errno.None, guest.Space.Unmap(Code, Page.Size));
        guest.State->Rip = Caller;
        Assert.Equal(X86Exception.PageFault, guest.Vcpu.Run(guest.State).Exception);
        Assert.Equal(Code + Callee, guest.State->Rip);
    }

    [Fact]
    public void Loops_that_one_machine_found_serve_those_that_came_before()
    {
        CodeFile file = NewFile(a =>
        {
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.inc(rax);
            a.dec(rcx);
            a.jne(loop);
            a.syscall();
        });
        using var first = new Guest();
        using var second = new Guest();
        first.Map(file);
        second.Map(file);
        first.State->Rcx = 1;
        second.State->Rcx = 1;
        Assert.Equal(1UL, first.Run());
        Assert.Equal(1UL, second.Run());

        // Only now does the branch back make it a loop, and a block of the same address takes over.
        first.State->Rax = 0;
        first.State->Rcx = 1000;
        Assert.Equal(1000UL, first.Run());
        Assert.Equal(1, first.Translated - 1);
        second.State->Rax = 0;
        second.State->Rcx = 1000;
        Assert.Equal(1000UL, second.Run());
        Assert.Equal(0, second.Translated);
    }

    [Fact]
    public void Branches_out_of_a_file_are_proven_and_find_what_each_machine_has_there()
    {
        const ulong Outside = Code + 0x20_0000;
        CodeFile file = NewFile(a =>
        {
            // A loop with registers of its own, left to somewhere else, and a call there.
            Label loop = a.CreateLabel();
            a.mov(edx, 100);
            a.Label(ref loop);
            a.add(r10, r11);
            a.add(rsi, r10);
            a.cmp(edx, 7);
            a.je(Outside);
            a.dec(edx);
            a.jne(loop);
            a.syscall();
        });
        var audit = new BlockAudit(shared: true);
        using var first = new Guest(audit.Engine);
        using var second = new Guest(audit.Engine);
        foreach ((Guest guest, int number) in new[] { (first, 1), (second, 2) })
        {
            guest.Map(file);
            ulong at = Outside;
            Assert.Equal(Errno.None, guest.Space.Map(ref at, Page.Size, ReadWrite | MemoryProtection.Execute, MappingFlags.Fixed));
            Assert.True(guest.Space.TryWrite(Outside, GuestCode.Assemble(
                a =>
                {
                    a.mov(eax, number);
                    a.syscall();
                },
                Outside)));
        }

        for (int i = 0; i < 5; i++)
        {
            foreach ((Guest guest, ulong number) in new[] { (first, 1UL), (second, 2UL) })
            {
                guest.State->R10 = 0;
                guest.State->R11 = 3;
                guest.State->Rsi = 0;
                Assert.Equal(number, guest.Run());
                Assert.Equal(7UL, guest.State->Rdx);
                Assert.Equal(3UL * 94, guest.State->R10);
                Assert.Equal(3UL * 94 * 95 / 2, guest.State->Rsi);
            }
        }

        audit.AssertAllProven();
        Assert.True(audit.Blocks > 3);
    }

    [Fact]
    public void A_guest_that_maps_code_everywhere_gets_no_more_than_its_share()
    {
        Assert.True(TranslatorStubs.TryGet(out TranslatorStubs? stubs, out _));
        using var guest = new Guest(new TranslatorEngine { CodeCacheLimit = 2 << 20 });
        stubs.Images.Trim();
        long before = stubs.Images.Bytes;
        CodeFile file = Returning(1);
        for (ulong i = 0; i < 100; i++)
        {
            ulong at = Code + (i * 0x10_0000) + 0x1000_0000;
            Assert.Equal(Errno.None, guest.Space.Map(ref at, Page.Size, ReadExecute, MappingFlags.Fixed, file));
            Assert.Equal(1UL, guest.Run(at - Code));
        }

        Assert.InRange(stubs.Images.Bytes - before, 1, 3 << 20);
    }

    [Fact]
    public void Nothing_is_kept_of_a_machine_that_is_gone()
    {
        Assert.True(TranslatorStubs.TryGet(out TranslatorStubs? stubs, out _));
        CodeFile file = Returning(1);
        var guest = new Guest();
        guest.Map(file);
        Assert.Equal(1UL, guest.Run());
        Assert.Equal(1, file.Mappings);
        guest.Dispose();

        Assert.Equal(0, file.Mappings);
        long before = stubs.Images.Bytes;
        stubs.Images.Trim();
        Assert.True(stubs.Images.Bytes < before);
    }

    private const ulong Callee = Page.Size - 64;

    /// <summary>Code that makes a system call with a number in RAX, at its start and in its middle, and a function that returns it and 100 near its end.</summary>
    private static CodeFile Returning(int number) => new(Assemble(number, number + 1)) { Identity = NewIdentity() };

    private static CodeFile NewFile(Action<Assembler> write) => new(GuestCode.Assemble(write, Code)) { Identity = NewIdentity() };

    private static ContentIdentity NewIdentity() => new(0xFEED, (ulong)Interlocked.Increment(ref s_inode), Page.Size, 1, 1);

    private static byte[] Assemble(int number, int second = 0)
    {
        var page = new byte[Page.Size];
        At(0, number, false);
        At(Page.Size / 2, second, false);
        At((int)Callee, number + 100, true);
        return page;

        void At(int offset, int value, bool returns) => GuestCode.Assemble(
            a =>
            {
                a.mov(eax, value);
                if (returns)
                {
                    a.ret();
                }
                else
                {
                    a.syscall();
                }
            },
            Code + (ulong)offset).CopyTo(page, offset);
    }

    private sealed class CodeFile(byte[] bytes) : IMemoryObject
    {
        public byte[] Bytes { get; set; } = bytes;

        public ContentIdentity? Identity { get; set; }

        public int Mappings { get; private set; }

        public long Length => Bytes.Length;

        public MemoryObjectName Name => new("/code", 1, 2);

        public Errno GetPage(FrameTable frames, long pageIndex, out long frame)
        {
            frame = -1;
            return Errno.ENODEV;
        }

        public int ReadPage(long pageIndex, Span<byte> destination)
        {
            ReadOnlySpan<byte> rest = Bytes.AsSpan(Math.Min((int)pageIndex * Page.Size, Bytes.Length));
            int count = Math.Min(rest.Length, destination.Length);
            rest[..count].CopyTo(destination);
            return count;
        }

        public Errno WriteBack(FrameTable frames, long firstPage, long count) => Errno.None;

        public void Mapped() => Mappings++;

        public void Unmapped() => Mappings--;
    }

    private sealed class Guest : IDisposable
    {
        private const ulong Stack = 0x70_0000;

        private readonly FrameTable _frames;
        private readonly TranslatorEngine _engine;

        public Guest(TranslatorEngine? engine = null)
        {
            GuestRunner.SkipWithoutTranslator();
            _engine = engine ?? new TranslatorEngine { Observer = (_, _) => Translated++ };
            _frames = new FrameTable(MemoryModel.ForHost.CreateStore(1L << 24), 1L << 24);
            Space = new AddressSpace(_frames);
            ulong at = Stack;
            Assert.Equal(Errno.None, Space.Map(ref at, Page.Size, ReadWrite, MappingFlags.Fixed));
            Vcpu = (TranslatorVcpu)_engine.CreateVcpu(Space);
            State = CpuState.Allocate();
        }

        public AddressSpace Space { get; }

        public TranslatorVcpu Vcpu { get; }

        public CpuState* State { get; }

        /// <summary>Blocks translated for this machine.</summary>
        public int Translated { get; private set; }

        public void Map(CodeFile file)
        {
            ulong at = Code;
            Assert.Equal(Errno.None, Space.Map(ref at, Page.Size, ReadExecute, MappingFlags.Fixed, file));
        }

        public ulong Run(ulong offset = 0)
        {
            State->Rip = Code + offset;
            State->Rsp = Stack + Page.Size;
            Assert.Equal(VcpuExitReason.Syscall, Vcpu.Run(State).Reason);
            return State->Rax;
        }

        public VcpuExit Exit()
        {
            State->Rip = Code;
            State->Rsp = Stack + Page.Size;
            return Vcpu.Run(State);
        }

        public void Dispose()
        {
            Vcpu.Dispose();
            Space.Dispose();
            _frames.Dispose();
            CpuState.Free(State);
        }
    }
}
