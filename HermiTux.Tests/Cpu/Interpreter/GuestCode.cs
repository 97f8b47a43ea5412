using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Memory;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Interpreter;

/// <summary>A vCPU with a page of assembled code, a stack and data, and no kernel.</summary>
internal sealed unsafe class GuestCode : IDisposable
{
    public const ulong CodeAddress = 0x40_0000;
    public const ulong DataAddress = 0x60_0000;
    public const ulong StackTop = 0x80_0000;
    public const int DataPages = 16;

    private readonly FrameTable _frames;
    private readonly InterpreterEngine _engine;

    public GuestCode(Action<Assembler> assemble, CpuModel? model = null, MemoryProtection codeProtection = MemoryProtection.Read | MemoryProtection.Execute, int codePages = 4, long codeCacheLimit = 64 << 20)
    {
        _frames = new FrameTable(MemoryModel.Heap.CreateStore(1L << 26), 1L << 26);
        Space = new AddressSpace(_frames);
        Map(CodeAddress, (ulong)codePages, MemoryProtection.Read | MemoryProtection.Write);
        Map(DataAddress, DataPages, MemoryProtection.Read | MemoryProtection.Write);
        Map(StackTop - 0x1_0000, 16, MemoryProtection.Read | MemoryProtection.Write);
        Write(CodeAddress, Assemble(assemble, CodeAddress));
        Assert.Equal(Errno.None, Space.Protect(CodeAddress, (ulong)codePages * Page.Size, codeProtection));
        _engine = new InterpreterEngine(model ?? X86CpuModel.V3) { CodeCacheLimit = codeCacheLimit };
        Vcpu = _engine.CreateVcpu(Space);
        State = CpuState.Allocate();
        State->Rip = CodeAddress;
        State->Rsp = StackTop;
    }

    public AddressSpace Space { get; }

    public InterpreterEngine Engine => _engine;

    public Vcpu Vcpu { get; }

    public CpuState* State { get; }

    public static byte[] Assemble(Action<Assembler> assemble, ulong address)
    {
        Assembler assembler = new(64);
        assemble(assembler);
        MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    public void Map(ulong address, ulong pages, MemoryProtection protection)
    {
        ulong at = address;
        Assert.Equal(Errno.None, Space.Map(ref at, pages * Page.Size, protection, MappingFlags.Fixed));
    }

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => Assert.True(Space.TryWrite(address, bytes));

    public T Read<T>(ulong address) where T : unmanaged
    {
        Assert.True(Space.TryRead(address, out T value));
        return value;
    }

    public VcpuExit Run() => Vcpu.Run(State);

    /// <summary>Runs to a syscall instruction.</summary>
    public void RunToSyscall() => Assert.Equal(VcpuExit.Syscall, Run());

    public void AssertException(X86Exception exception, ulong rip, uint errorCode = 0)
    {
        VcpuExit exit = Run();
        Assert.Equal(VcpuExitReason.Exception, exit.Reason);
        Assert.Equal(exception, exit.Exception);
        Assert.Equal(errorCode, exit.ErrorCode);
        Assert.Equal(rip, State->Rip);
    }

    public void Dispose()
    {
        Vcpu.Dispose();
        _engine.Dispose();
        CpuState.Free(State);
        Space.Dispose();
        _frames.Dispose();
    }
}
