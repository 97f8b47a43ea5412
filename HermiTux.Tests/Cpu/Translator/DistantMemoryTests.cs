using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Interpreter;
using HermiTux.Tests.Harness;
using Iced.Intel;
using Microsoft.Extensions.Logging;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>When the translator leaves a program that uses memory beyond the window to the interpreter, and when it doesn't.</summary>
public sealed unsafe class DistantMemoryTests
{
    private const ulong Far = 0x1000_0000_0000;
    private const ulong Code = 0x40_0000;
    private const ulong Data = 0x50_0000;
    private const int Accesses = 1000;

    public static TheoryData<ulong> Windows => [1UL << 32, 1UL << 40];

    [Theory, MemberData(nameof(Windows))]
    public void Much_use_of_memory_beyond_the_window_makes_the_interpreter_run_the_program_and_says_so_once(ulong window)
    {
        using var guest = new Guest(window);
        guest.Map(Far);

        Assert.Equal(Accesses, guest.Count(Far));
        Assert.True(guest.IsInterpreted);
        Assert.Equal(Accesses, guest.Count(Far + 8));

        string line = Assert.Single(guest.Messages);
        Assert.Contains($"0x{window:x}", line, StringComparison.Ordinal);
        Assert.Contains("UseKvm", line, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Windows))]
    public void A_reservation_beyond_the_window_that_is_hardly_touched_changes_nothing(ulong window)
    {
        using var guest = new Guest(window);
        guest.Map(Far);

        Assert.Equal(20, guest.Count(Far, 20));
        Assert.Equal(100 * Accesses, guest.Count(Data, 100 * Accesses));

        Assert.False(guest.IsInterpreted);
        Assert.Empty(guest.Messages);
    }

    [Fact]
    public void Wild_addresses_are_not_use_of_memory()
    {
        using var guest = new Guest(1UL << 40);
        for (int i = 0; i < Accesses; i++)
        {
            guest.State->Rdi = Far;
            Assert.Equal(X86Exception.PageFault, guest.RunToExit(5).Exception);
            Assert.Equal(Far, guest.LastFault);
        }

        Assert.False(guest.IsInterpreted);
    }

    [Fact]
    public void The_next_program_of_the_process_is_translated_again()
    {
        using var guest = new Guest(1UL << 40);
        guest.Map(Far);
        guest.Count(Far);
        Assert.True(guest.IsInterpreted);

        guest.Load();

        Assert.False(guest.IsInterpreted);
        Assert.Equal(Accesses, guest.Count(Data));
    }

    [Theory, MemberData(nameof(Windows))]
    public void Code_and_stack_beyond_the_window_work_and_count(ulong window)
    {
        using var guest = new Guest(window);
        guest.Map(Far);
        guest.Map(Far + (1 << 20));
        guest.WriteCode(Far);
        guest.State->Rsp = Far + (1 << 20) + 4096;

        Assert.Equal(10, guest.Count(Far + (1 << 20), 10, at: Far));
        Assert.False(guest.IsInterpreted);
        Assert.Equal(10 * Accesses, guest.Count(Data, 10 * Accesses, at: Far));
        Assert.True(guest.IsInterpreted);
    }

    [Theory, MemberData(nameof(Windows))]
    public void A_request_to_exit_is_answered_once_in_the_interpreter(ulong window)
    {
        using var guest = new Guest(window);
        guest.Map(Far);
        guest.Count(Far);
        Assert.True(guest.IsInterpreted);

        guest.State->Rip = Code;
        (guest.State->Rdi, guest.State->Rcx) = (Far, 5);
        guest.Vcpu.RequestExit();
        Assert.Equal(VcpuExitReason.Interrupted, guest.Vcpu.Run(guest.State).Reason);
        Assert.Equal(VcpuExitReason.Syscall, guest.Vcpu.Run(guest.State).Reason);
    }

    [Fact]
    public void A_request_to_exit_ends_an_endless_loop_in_the_interpreter()
    {
        using var guest = new Guest(1UL << 40);
        guest.Map(Far);
        guest.Count(Far);
        guest.State->Rip = Code;
        (guest.State->Rdi, guest.State->Rcx) = (Far, 0);
        using var stopped = new ManualResetEventSlim();
        var asking = new Thread(() =>
        {
            // Again and again, since what comes before the run is answered by it at once.
            while (!stopped.Wait(1))
            {
                guest.Vcpu.RequestExit();
            }
        });
        asking.Start();
        int interrupted = 0;
        while (interrupted < 20)
        {
            Assert.Equal(VcpuExitReason.Interrupted, guest.Vcpu.Run(guest.State).Reason);
            interrupted++;
        }

        stopped.Set();
        asking.Join();
    }

    private sealed class Guest : IDisposable
    {
        private readonly TranslatorEngine _engine;
        private readonly FrameTable _frames;
        private readonly AddressSpace _space;
        private readonly Messages _messages = new();

        public Guest(ulong window)
        {
            GuestRunner.SkipWithoutTranslator();
            Assert.SkipWhen(window > 1UL << GuestWindow.AvailableBits, "the host gives small windows only");
            _engine = new TranslatorEngine { DefaultMapWindow = window, Logger = _messages };
            _frames = new FrameTable(MemoryModel.ForHost.CreateStore(1L << 24), 1L << 24);
            _space = new AddressSpace(_frames) { DefaultMapWindow = window };
            State = CpuState.Allocate();
            Vcpu = (TranslatorVcpu)_engine.CreateVcpu(_space);
            Load();
        }

        public TranslatorVcpu Vcpu { get; }

        public CpuState* State { get; }

        public bool IsInterpreted => _engine.CacheOf(_space)!.Distant.IsInterpreted;

        public List<string> Messages => _messages.Lines;

        public ulong LastFault { get; private set; }

        /// <summary>What execve(2) does with the space.</summary>
        public void Load()
        {
            _space.Clear();
            Map(Code);
            Map(Data);
            WriteCode(Code);
            State->Rsp = Data + Page.Size;
        }

        public void Map(ulong address) =>
            Assert.Equal(Errno.None, _space.Map(ref address, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed));

        /// <summary>Counts RCX times up at RDI, with the stack in use, and makes a system call.</summary>
        public void WriteCode(ulong at) => Assert.True(_space.TryWrite(at, GuestCode.Assemble(a =>
        {
            Label loop = a.CreateLabel();
            a.Label(ref loop);
            a.inc(__qword_ptr[rdi]);
            a.push(rcx);
            a.pop(rcx);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
        }, at)));

        public long Count(ulong data, int times = Accesses, ulong at = Code)
        {
            Assert.True(_space.TryWrite(data, 0L));
            State->Rdi = data;
            Assert.Equal(VcpuExitReason.Syscall, RunToExit(times, at).Reason);
            Assert.True(_space.TryRead(data, out long count));
            return count;
        }

        public VcpuExit RunToExit(int times, ulong at = Code)
        {
            State->Rip = at;
            State->Rcx = (ulong)times;
            VcpuExit exit = Vcpu.Run(State);
            LastFault = exit.Fault.Address;
            return exit;
        }

        public void Dispose()
        {
            Vcpu.Dispose();
            _space.Clear();
            _frames.Dispose();
            CpuState.Free(State);
            _engine.Dispose();
        }
    }

    private sealed class Messages : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
