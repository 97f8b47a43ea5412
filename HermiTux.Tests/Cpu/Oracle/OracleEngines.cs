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
        ("translator", CreateTranslator),
        ("kvm", CreateKvm),
    ];

    public static IEnumerable<string> Names => s_engines.Select(engine => engine.Name).Where(GuestRunner.IsWanted);

    public static IVcpuEngine Create(string name) => s_engines.Single(engine => engine.Name == name).Create();

    public static TheoryData<string> Data() => [.. Names];

    /// <summary>Skips the test where a guest sees the host's processor instead of a model.</summary>
    public static void SkipWithoutModel(IVcpuEngine engine) =>
        Assert.SkipWhen(engine is HermiTux.Kvm.KvmEngine { Traits.HasHostCpuid: true }, "this host's KVM can't show a model of a CPU to its guests");

    private static HermiTux.Cpu.Translator.TranslatorEngine CreateTranslator()
    {
        GuestRunner.SkipWithoutTranslator();
        return new HermiTux.Cpu.Translator.TranslatorEngine();
    }

    private static HermiTux.Kvm.KvmEngine CreateKvm()
    {
        GuestRunner.SkipWithoutKvm();
        return new HermiTux.Kvm.KvmEngine();
    }
}
