using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Interpreter;
using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>
/// Signals of translated code and signals of others in one process: each gets its own. The guest's faults here are real page faults of this
/// process, in the middle of everything that the .NET runtime does with signals itself.
/// </summary>
public sealed partial class HostSignalTests
{
    private const ulong CodeAddress = 0x40_0000;
    private const ulong DataAddress = 0x1000_0000;
    private const int Pages = 64;
    private const int AdviceDontNeed = 4;

    /// <summary>SS_DISABLE.</summary>
    private const int DisableStack = 2;

    /// <summary>SIGWINCH: ignored unless somebody handles it.</summary>
    private const int Harmless = 28;

    private static readonly TimeSpan s_generous = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Faults_of_guests_and_of_managed_code_go_each_where_they_belong_while_the_collector_runs()
    {
        using var stop = new CancellationTokenSource();
        long nulls = 0;
        long divisions = 0;
        long foreign = 0;
        using PosixSignalRegistration registration = PosixSignalRegistration.Create((PosixSignal)Harmless, _ => Interlocked.Increment(ref foreign));
        Task[] others =
        [
            Loop(() =>
            {
                Assert.Throws<NullReferenceException>(() => LengthOf(null!));
                nulls++;
            }),
            Loop(() =>
            {
                Assert.Throws<DivideByZeroException>(() => Divide(1, 0));
                divisions++;
            }),

            // With a pause: collections without one let no other thread of the process run, so that time-outs of other tests passed all at once.
            Loop(() =>
            {
                GC.Collect(Random.Shared.Next(3));
                Thread.Sleep(1);
            }),
            Loop(() =>
            {
                Assert.Equal(0, kill(Environment.ProcessId, Harmless));
                Thread.Sleep(0);
            }),
            Loop(() => Assert.Equal(120, Recurse(120))),
        ];
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                using var guest = new Guest(Fill);
                for (ulong round = 1; round <= 500; round++)
                {
                    Assert.Equal(Errno.None, guest.Space.Advise(DataAddress, Pages * Page.Size, AdviceDontNeed));
                    guest.Restart();
                    guest[Register.RDI] = DataAddress;
                    guest[Register.RCX] = Pages;
                    guest[Register.RBX] = round;
                    Assert.Equal(VcpuExit.Syscall, guest.Run());
                    Assert.Equal(DataAddress + (Pages * Page.Size), guest[Register.RDI]);
                    for (ulong page = 0; page < Pages; page++)
                    {
                        Assert.True(guest.Space.TryRead(DataAddress + (page * Page.Size), out ulong value));
                        Assert.Equal(DataAddress + (page * Page.Size) + round, value);
                    }

                    // And one that can't be resolved.
                    guest.Restart();
                    guest[Register.RDI] = DataAddress + (Pages * Page.Size);
                    guest[Register.RCX] = 1;
                    VcpuExit exit = guest.Run();
                    Assert.Equal(X86Exception.PageFault, exit.Exception);
                    Assert.Equal(new MemoryFault(DataAddress + (Pages * Page.Size), MemoryAccess.Write, MemoryFaultKind.NotMapped), exit.Fault);
                    Assert.Equal(CodeAddress, guest.Rip - 4);
                }
            })));
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(others);
        }

        // .NET tells of signals on its thread pool, when that gets to it.
        for (long began = Stopwatch.GetTimestamp(); Interlocked.Read(ref foreign) == 0 && Stopwatch.GetElapsedTime(began) < s_generous;)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.True(nulls > 0 && divisions > 0 && foreign > 0, $"{nulls} null references, {divisions} divisions, {foreign} signals");

        Task Loop(Action action) => Task.Factory.StartNew(() =>
        {
            do
            {
                action();
            }
            while (!stop.IsCancellationRequested);
        }, TaskCreationOptions.LongRunning);
    }

    [Fact]
    public async Task A_thread_that_is_interrupted_stops_between_two_instructions_with_everything_exact()
    {
        using var guest = new Guest(Count);
        guest[Register.RDI] = DataAddress;
        using var stop = new CancellationTokenSource();
        Task kicking = Task.Factory.StartNew(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                guest.Vcpu.RequestExit();
                Thread.SpinWait(Random.Shared.Next(2000));
            }
        }, TaskCreationOptions.LongRunning);
        try
        {
            var places = new HashSet<ulong>();
            ulong last = 0;
            for (int i = 0; i < 1000; i++)
            {
                Assert.Equal(VcpuExit.Interrupted, guest.Run());
                ulong place = guest.Rip - CodeAddress;
                Assert.Contains(place, guest.Boundaries);
                places.Add(place);

                // RAX is counted, then RBX, then RCX, then memory: whoever comes later lags by one at most, as the place says.
                ulong rax = guest[Register.RAX];
                Assert.True(rax >= last);
                last = rax;
                int at = guest.Boundaries.IndexOf(place);
                Assert.Equal(rax - (at == 1 ? 1UL : 0), guest[Register.RBX]);
                Assert.Equal(rax - (at is 1 or 2 ? 1UL : 0), guest[Register.RCX]);
                Assert.True(guest.Space.TryRead(DataAddress, out ulong stored));
                Assert.Equal(rax - (at is 1 or 2 or 3 ? 1UL : 0), stored);
            }

            Assert.True(last > 0);
        }
        finally
        {
            await stop.CancelAsync();
            await kicking;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Faults_are_caught_with_and_without_an_alternate_signal_stack(bool alternate) =>
        await Task.Factory.StartNew(() =>
        {
            // The runtime gives each of its threads one; a thread of this test's own can do without for a while.
            SignalStack old = default;
            SignalStack none = new() { Flags = DisableStack };
            Assert.Equal(0, alternate ? 0 : Exchange(none, out old));
            try
            {
                using var guest = new Guest(Fill);
                guest[Register.RDI] = DataAddress;
                guest[Register.RCX] = Pages + 1;
                VcpuExit exit = guest.Run();
                Assert.Equal(new MemoryFault(DataAddress + (Pages * Page.Size), MemoryAccess.Write, MemoryFaultKind.NotMapped), exit.Fault);
                Assert.Equal(1UL, guest[Register.RCX]);
            }
            finally
            {
                Assert.Equal(0, alternate ? 0 : Exchange(old, out _));
            }
        }, TaskCreationOptions.LongRunning);

    private static unsafe int Exchange(SignalStack stack, out SignalStack old)
    {
        fixed (SignalStack* saved = &old)
        {
            return sigaltstack(&stack, saved);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int LengthOf(string text) => text.Length;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int dividend, int divisor) => dividend / divisor;

    /// <summary>Frames of more than a page: each probes the stack.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe int Recurse(int depth)
    {
        byte* frame = stackalloc byte[6000];
        frame[depth] = 1;
        return depth == 0 ? 0 : Recurse(depth - 1) + frame[depth];
    }

    private static void Fill(Assembler a)
    {
        Label next = a.CreateLabel();
        a.Label(ref next);
        a.lea(rdx, __[rdi + rbx]);
        a.mov(__[rdi], rdx);
        a.add(rdi, Page.Size);
        a.dec(rcx);
        a.jne(next);
        a.syscall();
    }

    private static void Count(Assembler a)
    {
        Label next = a.CreateLabel();
        a.Label(ref next);
        a.inc(rax);
        a.inc(rbx);
        a.inc(rcx);
        a.mov(__[rdi], rax);
        a.jmp(next);
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static unsafe partial int sigaltstack(SignalStack* stack, SignalStack* old);

    /// <summary>stack_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SignalStack
    {
        public nint Pointer;
        public int Flags;
        public nint Size;
    }

    /// <summary>A vCPU of the translator with code and data, and no kernel.</summary>
    private sealed unsafe class Guest : IDisposable
    {
        private readonly FrameTable _frames;
        private readonly TranslatorEngine _engine;
        private readonly CpuState* _state;

        public Guest(Action<Assembler> code)
        {
            try
            {
                _engine = new TranslatorEngine();
            }
            catch (PlatformNotSupportedException e)
            {
                Assert.Skip(e.Message);
            }

            _frames = new FrameTable(MemoryModel.MemoryFile.CreateStore(1L << 28), 1L << 28);
            Space = new AddressSpace(_frames) { DefaultMapWindow = _engine.DefaultMapWindow };
            ulong address = CodeAddress;
            Assert.Equal(Errno.None, Space.Map(ref address, Page.Size, MemoryProtection.Read | MemoryProtection.Write, MappingFlags.Fixed));
            byte[] bytes = GuestCode.Assemble(code, CodeAddress);
            Assert.True(Space.TryWrite(CodeAddress, bytes));
            Assert.Equal(Errno.None, Space.Protect(CodeAddress, Page.Size, MemoryProtection.Read | MemoryProtection.Execute));
            address = DataAddress;
            Assert.Equal(Errno.None, Space.Map(ref address, Pages * Page.Size, MemoryProtection.Read | MemoryProtection.Write, MappingFlags.Fixed));
            var decoder = Decoder.Create(64, bytes);
            while (decoder.IP < (ulong)bytes.Length)
            {
                Boundaries.Add(decoder.IP);
                decoder.Decode();
            }

            Vcpu = _engine.CreateVcpu(Space);
            _state = CpuState.Allocate();
            Restart();
        }

        public AddressSpace Space { get; } = null!;

        public Vcpu Vcpu { get; } = null!;

        public ulong Rip => _state->Rip;

        /// <summary>Where instructions begin, from the start of the code.</summary>
        public List<ulong> Boundaries { get; } = [];

        public ulong this[Register register]
        {
            get => _state->Gpr[register - Register.RAX];
            set => _state->Gpr[register - Register.RAX] = value;
        }

        public VcpuExit Run() => Vcpu.Run(_state);

        public void Restart() => _state->Rip = CodeAddress;

        public void Dispose()
        {
            Vcpu.Dispose();
            _engine.Dispose();
            Space.Dispose();
            _frames.Dispose();
            CpuState.Free(_state);
        }
    }
}
