using System.Runtime.CompilerServices;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>An engine under test: runs the cases of a batch in an address space laid out like that of the native process.</summary>
internal sealed unsafe class EngineCpu : IDisposable
{
    /// <summary>Stand-ins for a vector when a case didn't end in an exception.</summary>
    public const uint SyscallOutcome = 0x100;
    public const uint InterruptedOutcome = 0x101;
    public const uint CrashOutcome = 0x102;

    private readonly IVcpuEngine _engine;
    private readonly FrameTable _frames;
    private readonly AddressSpace _space;
    private readonly Vcpu _vcpu;
    private readonly CpuState* _state;

    public EngineCpu(IVcpuEngine engine)
    {
        _engine = engine;
        _frames = new FrameTable(MemoryModel.ForHost.CreateStore(64L << 20), 64L << 20);
        _space = new AddressSpace(_frames);
        Map(OracleMemory.CodeBase, OracleMemory.CodeSize, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute);
        Map(OracleMemory.DataBase, OracleMemory.DataSize + OracleMemory.ReadOnlySize, MemoryProtection.Read | MemoryProtection.Write);
        Assert.True(_space.TryWrite(OracleMemory.DataBase, OracleMemory.Background));
        Assert.True(_space.TryWrite(OracleMemory.ReadOnlyBase, OracleMemory.Background.AsSpan(0, OracleMemory.ReadOnlySize)));
        Assert.Equal(Errno.None, _space.Protect(OracleMemory.ReadOnlyBase, OracleMemory.ReadOnlySize, MemoryProtection.Read));
        _vcpu = engine.CreateVcpu(_space);
        _state = CpuState.Allocate();
    }

    public CpuModel Model => _engine.Model;

    /// <summary>The exception that the engine itself threw last; always a bug.</summary>
    public Exception? Crash { get; private set; }

    /// <summary>Runs every case of a batch; <paramref name="results"/> has room for as many images.</summary>
    public void Run(CaseBatch batch, CpuImage* results)
    {
        Assert.True(_space.TryWrite(OracleMemory.CodeBase, batch.CodeBytes));
        using Timer watchdog = new(_ => _vcpu.RequestExit(), null, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60));
        for (int i = 0; i < batch.Count; i++)
        {
            Run(batch.Images + i, results + i);
        }
    }

    public void Dispose()
    {
        _vcpu.Dispose();
        _space.Clear();
        _frames.Dispose();
        CpuState.Free(_state);
    }

    private void Run(CpuImage* input, CpuImage* result)
    {
        Load(input);
        *result = *input;
        result->Cr2 = 0;
        result->ErrorCode = 0;
        try
        {
            VcpuExit exit = _vcpu.Run(_state);
            _vcpu.SyncFloatingPoint(_state);
            switch (exit.Reason)
            {
                case VcpuExitReason.Exception:
                    result->Vector = (uint)exit.Exception;
                    result->ErrorCode = exit.ErrorCode;
                    result->Cr2 = exit.Exception == X86Exception.PageFault ? exit.Fault.Address : 0;
                    break;
                case VcpuExitReason.Syscall:
                    result->Vector = SyscallOutcome;
                    break;
                default:
                    result->Vector = InterruptedOutcome;
                    break;
            }
        }
        catch (Exception e)
        {
            Crash = e;
            result->Vector = CrashOutcome;
        }

        Store(result);
    }

    private void Load(CpuImage* image)
    {
        _state->Reset();
        // SAFETY: both structures begin with the 16 general registers, RIP, RFLAGS and the two bases; the XSAVE image fits both.
        Unsafe.CopyBlockUnaligned(_state->Gpr, image->Gpr, 160);
        Unsafe.CopyBlockUnaligned(&_state->Fcw, image->Xsave, 24);
        _state->Mxcsr = image->Mxcsr;
        Unsafe.CopyBlockUnaligned((byte*)_state + CpuState.StOffset, image->Xsave + CpuImage.StOffset(0), 384);
        Unsafe.CopyBlockUnaligned((byte*)_state + CpuState.YmmHighOffset, image->Xsave + CpuImage.YmmHighOffset(0), 256);
        _state->Rflags = image->Rflags | 0x202;
        if (!_space.TryWrite(image->Window, new ReadOnlySpan<byte>(image->Memory, CpuImage.WindowSize)))
        {
            throw new InvalidOperationException($"The window {image->Window:x} isn't in the data pages.");
        }
    }

    private void Store(CpuImage* image)
    {
        // SAFETY: as in Load.
        Unsafe.CopyBlockUnaligned(image->Gpr, _state->Gpr, 160);
        Unsafe.CopyBlockUnaligned(image->Xsave, &_state->Fcw, 416);
        Unsafe.CopyBlockUnaligned(image->Xsave + CpuImage.YmmHighOffset(0), (byte*)_state + CpuState.YmmHighOffset, 256);
        image->Selectors[0] = _state->Ds;
        image->Selectors[1] = _state->Es;
        image->Selectors[2] = _state->Fs;
        image->Selectors[3] = _state->Gs;
        image->Selectors[4] = _state->Cs;
        image->Selectors[5] = _state->Ss;
        Span<byte> window = new(image->Memory, CpuImage.WindowSize);
        ReadOnlySpan<byte> background = OracleMemory.Background;
        Assert.True(_space.TryRead(image->Window, window));
        Assert.True(_space.TryWrite(image->Window, background.Slice((int)(image->Window - OracleMemory.DataBase), CpuImage.WindowSize)));
        Span<byte> data = stackalloc byte[OracleMemory.DataSize];
        Assert.True(_space.TryRead(OracleMemory.DataBase, data));
        image->Dirty = data.SequenceEqual(background) ? 0u : 1;
        if (image->Dirty != 0)
        {
            Assert.True(_space.TryWrite(OracleMemory.DataBase, background));
        }
    }

    private void Map(ulong address, ulong length, MemoryProtection protection)
    {
        ulong at = address;
        Assert.Equal(Errno.None, _space.Map(ref at, length, protection, MappingFlags.Fixed));
    }
}
