using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>A vCPU with a page of code and a page of random bytes that is its stack; nothing else is mapped.</summary>
internal sealed unsafe class BareGuest : IDisposable
{
    public const ulong Code = 0x40_0000;
    public const ulong Stack = 0x50_0000;

    private readonly FrameTable _frames = new(MemoryModel.ForHost.CreateStore(1L << 24), 1L << 24);
    private readonly AddressSpace _space;

    public BareGuest(IVcpuEngine engine, byte[] code)
    {
        _space = new AddressSpace(_frames);
        ulong at = Code;
        Assert.Equal(Errno.None, _space.Map(ref at, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed));
        at = Stack;
        Assert.Equal(Errno.None, _space.Map(ref at, Page.Size, MemoryProtection.Read | MemoryProtection.Write, MappingFlags.Fixed));
        Assert.True(_space.TryWrite(Code, code));
        var bytes = new byte[Page.Size];
        new Random(7).NextBytes(bytes);
        Assert.True(_space.TryWrite(Stack, bytes));
        Vcpu = engine.CreateVcpu(_space);
        State = CpuState.Allocate();
        State->Rip = Code;
    }

    public Vcpu Vcpu { get; }

    public CpuState* State { get; }

    public byte[] StackBytes()
    {
        var bytes = new byte[Page.Size];
        Assert.True(_space.TryRead(Stack, bytes));
        return bytes;
    }

    public void Dispose()
    {
        Vcpu.Dispose();
        _space.Clear();
        _frames.Dispose();
        CpuState.Free(State);
    }
}
