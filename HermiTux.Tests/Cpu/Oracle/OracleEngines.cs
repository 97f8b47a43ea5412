using HermiTux.Cpu;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>The engines that can run on this host. A new engine is one line here and inherits every test.</summary>
internal static class OracleEngines
{
    private static readonly (string Name, Func<IVcpuEngine> Create)[] s_engines =
    [
        ("interpreter", () => new HermiTux.Cpu.Interpreter.InterpreterEngine()),
        ("kvm", CreateKvm),
    ];

    public static IEnumerable<string> Names => s_engines.Select(engine => engine.Name);

    public static IVcpuEngine Create(string name) => s_engines.Single(engine => engine.Name == name).Create();

    public static TheoryData<string> Data() => [.. Names];

    private static HermiTux.Kvm.KvmEngine CreateKvm()
    {
        GuestRunner.SkipWithoutKvm();
        return new HermiTux.Kvm.KvmEngine();
    }
}
