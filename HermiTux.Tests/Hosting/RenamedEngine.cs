using HermiTux.Cpu;

namespace HermiTux.Tests.Hosting;

/// <summary>The interpreter under another name: an embedder's own engine.</summary>
internal sealed class RenamedEngine : IVcpuEngine
{
    private readonly HermiTux.Cpu.Interpreter.InterpreterEngine _inner = new();

    public RenamedEngine(string name)
    {
        Name = name;
    }

    public string Name { get; }

    public CpuModel Model => _inner.Model;

    public long TranslatedBytes => _inner.TranslatedBytes;

    public ulong AddressLimit { get; init; } = HermiTux.Memory.Page.UserEnd;

    public Vcpu CreateVcpu(HermiTux.Memory.AddressSpace space) => _inner.CreateVcpu(space);

    public void Dispose() => _inner.Dispose();
}
