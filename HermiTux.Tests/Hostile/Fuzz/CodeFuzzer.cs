using System.Runtime.CompilerServices;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Oracle;
using Xunit;

namespace HermiTux.Tests.Hostile.Fuzz;

/// <summary>
/// Runs nonsense as guest code on an engine and looks whether anything but the guest suffers: a second guest beside it, memory of the host, the
/// engine's own promises about its exits.
/// </summary>
internal sealed unsafe class CodeFuzzer : IDisposable
{
    private const ulong Code = 0x1000_0000;
    private const int CodeSize = 0x4000;
    private const ulong Data = 0x2000_0000;
    private const int DataSize = 0x4000;
    private const ulong ReadOnly = Data + DataSize;
    private const ulong Stack = 0x3000_0000;
    private const int StackSize = 0x2000;
    private const int Entries = 6;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(3);

    private readonly IVcpuEngine _engine;
    private readonly FrameTable _frames = new(MemoryModel.ForHost.CreateStore(64L << 20), 64L << 20);
    private readonly AddressSpace _space;
    private readonly Vcpu _vcpu;
    private readonly CpuState* _state = CpuState.Allocate();
    private readonly Neighbour _neighbour;
    private readonly HostCanaries _canaries = new();
    private readonly CodeSoup _soup = new();
    private readonly Timer _watchdog;
    private readonly byte[] _bytes = new byte[CodeSize];
    private long _started;

    public CodeFuzzer(string engineName)
    {
        _engine = OracleEngines.Create(engineName);
        _space = new AddressSpace(_frames) { DefaultMapWindow = _engine.DefaultMapWindow };
        Map(Code, CodeSize, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
        Map(Data, DataSize, MemoryProtection.Read | MemoryProtection.Write);
        Map(ReadOnly, 0x1000, MemoryProtection.Read);
        Map(Stack, StackSize, MemoryProtection.Read | MemoryProtection.Write);
        _neighbour = new Neighbour(_engine, engineName);
        _vcpu = _engine.CreateVcpu(_space);
        _watchdog = new Timer(_ => Kick(), null, s_patience, s_patience);
    }

    /// <summary>How the runs ended, for the report.</summary>
    public SortedDictionary<string, long> Outcomes { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs one case; the same seed makes the same case.</summary>
    public void Run(ulong seed)
    {
        var random = new OracleRandom(seed);
        int length = random.Percent(30) ? CodeSize : 64 + random.Next(512);
        ulong place = length == CodeSize ? Code : Code + (ulong)random.Next(CodeSize - length);
        Span<byte> code = _bytes.AsSpan(0, length);
        _soup.Fill(random, code, place);
        Assert.True(_space.TryWrite(place, code));
        SetRegisters(random, place, length);
        for (int entry = 0; entry < Entries; entry++)
        {
            Volatile.Write(ref _started, System.Diagnostics.Stopwatch.GetTimestamp());
            VcpuExit exit = _vcpu.Run(_state);
            Volatile.Write(ref _started, 0);
            _vcpu.SyncFloatingPoint(_state);
            Check(exit);
            Count(exit);
            if (exit.Reason == VcpuExitReason.Syscall)
            {
                _state->Rax = random.NextUInt64();
            }
            else if (random.Percent(50))
            {
                break;
            }
            else
            {
                // As a handler would, somewhere else.
                _state->Rip = random.Percent(80) ? place + (ulong)random.Next(length) : random.Pick<ulong>([.. HostileAddresses.All]);
            }

            if (random.Percent(10))
            {
                ChangeMemory(random);
            }
        }
    }

    /// <summary>Looks at what must not have changed.</summary>
    public void CheckSurroundings()
    {
        _neighbour.Check();
        _canaries.Check();
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        _vcpu.Dispose();
        _neighbour.Dispose();
        _engine.Dispose();
        _space.Dispose();
        _frames.Dispose();
        _canaries.Dispose();
        CpuState.Free(_state);
    }

    private void SetRegisters(OracleRandom random, ulong place, int length)
    {
        _state->Reset();
        for (int i = 0; i < 16; i++)
        {
            _state->Gpr[i] = random.Next(6) switch
            {
                0 => random.Pick<ulong>([.. HostileAddresses.All]),
                1 => Data + (ulong)random.Next(DataSize),
                2 => random.NextUInt64(),
                3 => (ulong)random.Next(256),
                4 => place + (ulong)random.Next(length),
                _ => Data + (ulong)(random.Next(DataSize) & ~63),
            };
        }

        _state->Rsp = random.Percent(85) ? Stack + (ulong)(random.Next(StackSize) & ~7) : random.Pick<ulong>([.. HostileAddresses.All]);
        _state->Rip = place;
        _state->Rflags = 0x202 | (random.NextUInt64() & (UndefinedResults.Arithmetic | (random.Percent(5) ? UndefinedResults.Df : 0) | (random.Percent(2) ? 0x100UL : 0) | (random.Percent(2) ? UndefinedResults.Ac : 0)));
        _state->FsBase = random.Percent(50) ? Data : Canonical(random.Pick<ulong>([.. HostileAddresses.All]));
        _state->GsBase = random.Percent(50) ? Data + 0x100 : Canonical(random.NextUInt64());
        _state->Mxcsr = random.Percent(80) ? 0x1F80u : (uint)random.NextUInt64() & 0xFFFF;
        _state->XstateBv = 7;
        byte* vectors = (byte*)_state + CpuState.XmmOffset;
        for (int i = 0; i < 256; i += 8)
        {
            // SAFETY: sixteen registers of 16 bytes each.
            Unsafe.WriteUnaligned(vectors + i, random.Percent(50) ? random.NextUInt64() : random.Pick<ulong>([.. HostileAddresses.All]));
        }
    }

    private void ChangeMemory(OracleRandom random)
    {
        ulong page = Code + (ulong)(random.Next(CodeSize / 0x1000) * 0x1000);
        switch (random.Next(3))
        {
            case 0:
                _space.Protect(page, 0x1000, MemoryProtection.Read);
                _space.Protect(page, 0x1000, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
                break;
            case 1:
                Map(page, 0x1000, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
                break;
            default:
                _soup.Fill(random, _bytes.AsSpan(0, 256), page);
                Assert.True(_space.TryWrite(page + (ulong)random.Next(0xF00), _bytes.AsSpan(0, 256)));
                break;
        }
    }

    private void Check(VcpuExit exit)
    {
        string at = $"{exit} at {_state->Rip:x}";
        Assert.True(_state->Cs == 0x33 && _state->Ss == 0x2B, $"CS {_state->Cs:x} SS {_state->Ss:x}: {at}");
        Assert.True((_state->Mxcsr & 0xFFFF_0000) == 0, $"MXCSR {_state->Mxcsr:x}: {at}");
        Assert.True((_state->Rflags & ~0x0025_4FD7UL & ~0x1_0000UL) == 0, $"RFLAGS {_state->Rflags:x}: {at}");
        Assert.True(HostileAddresses.IsCanonical(_state->FsBase) && HostileAddresses.IsCanonical(_state->GsBase), $"bases {_state->FsBase:x} {_state->GsBase:x}: {at}");
        if (exit.Reason != VcpuExitReason.Exception)
        {
            Assert.True(exit.Reason is VcpuExitReason.Syscall or VcpuExitReason.Interrupted, at);
            return;
        }

        Assert.True(Enum.IsDefined(exit.Exception), at);
        if (exit.Exception == X86Exception.PageFault && exit.Fault.Address < Page.UserEnd)
        {
            // What a guest may not touch it must not have been able to touch, and the other way round.
            Assert.False(_space.TryTranslate(exit.Fault.Address, exit.Fault.Access, out _, out _), $"the page is there: {at}");
        }
    }

    private void Count(VcpuExit exit)
    {
        string name = exit.Reason == VcpuExitReason.Exception ? exit.Exception.ToString() : exit.Reason.ToString();
        Outcomes[name] = Outcomes.GetValueOrDefault(name) + 1;
    }

    private void Kick()
    {
        long started = Volatile.Read(ref _started);
        if (started != 0 && System.Diagnostics.Stopwatch.GetElapsedTime(started) > s_patience)
        {
            _vcpu.RequestExit();
        }
    }

    private void Map(ulong address, int length, MemoryProtection protection)
    {
        ulong at = address;
        Assert.Equal(Errno.None, _space.Map(ref at, (ulong)length, protection, MappingFlags.Fixed));
    }

    private static ulong Canonical(ulong value) => (ulong)((long)value << 16 >> 16);

    /// <summary>Another guest of the same engine, whose memory is full of a pattern and who runs a little now and then.</summary>
    private sealed class Neighbour : IDisposable
    {
        private const ulong Base = 0x2000_0000;
        private const int Size = 0x8_0000;
        private readonly FrameTable _frames = new(MemoryModel.ForHost.CreateStore(16L << 20), 16L << 20);
        private readonly AddressSpace _space;
        private readonly IVcpuEngine _engine;
        private readonly Vcpu _vcpu;
        private readonly CpuState* _state = CpuState.Allocate();
        private readonly byte[] _pattern = new byte[Size];
        private readonly byte[] _now = new byte[Size];

        public Neighbour(IVcpuEngine sibling, string engineName)
        {
            // An engine belongs to one machine.
            _engine = OracleEngines.Create(engineName);
            Assert.Equal(sibling.Name, _engine.Name);
            _space = new AddressSpace(_frames) { DefaultMapWindow = _engine.DefaultMapWindow };
            new Random(7).NextBytes(_pattern);

            // add rax, [rbx]; dec ecx; jnz; syscall
            ((ReadOnlySpan<byte>)[0x48, 0x03, 0x03, 0xFF, 0xC9, 0x75, 0xF9, 0x0F, 0x05]).CopyTo(_pattern);
            ulong at = Base;
            Assert.Equal(Errno.None, _space.Map(ref at, Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed));
            Assert.True(_space.TryWrite(Base, _pattern));
            _vcpu = _engine.CreateVcpu(_space);
        }

        public void Check()
        {
            _state->Reset();
            _state->Rip = Base;
            _state->Rbx = Base + 0x1000;
            _state->Rcx = 1000;
            Assert.Equal(VcpuExit.Syscall, _vcpu.Run(_state));
            Assert.Equal(unchecked(BitConverter.ToUInt64(_pattern, 0x1000) * 1000), _state->Rax);
            Assert.True(_space.TryRead(Base, _now));
            Assert.True(_now.AsSpan().SequenceEqual(_pattern), "another guest's memory changed");
        }

        public void Dispose()
        {
            _vcpu.Dispose();
            _engine.Dispose();
            _space.Dispose();
            _frames.Dispose();
            CpuState.Free(_state);
        }
    }
}
