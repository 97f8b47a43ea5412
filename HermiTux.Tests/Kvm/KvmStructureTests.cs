using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using HermiTux.Kvm.Internal;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Kvm;

/// <summary>KVM's structures and numbers as the engine has them, against the C compiler's.</summary>
public sealed class KvmStructureTests
{
    private static readonly string[] s_noC = ["Entries", "Xcrs"];

    [Fact]
    public async Task Structures_have_the_size_and_offsets_of_the_headers()
    {
        var expected = new StringBuilder();
        var source = new StringBuilder("#include <stdio.h>\n#include <linux/kvm.h>\n#define P(t, f) printf(#t \".\" #f \" %lu\\n\", __builtin_offsetof(struct t, f))\nint main(void) {\n");
        foreach (Type type in new[]
                 {
                     typeof(kvm_regs), typeof(kvm_segment), typeof(kvm_dtable), typeof(kvm_sregs), typeof(kvm_userspace_memory_region), typeof(kvm_cpuid_entry2),
                     typeof(kvm_msr_entry), typeof(kvm_xcr), typeof(kvm_xcrs),
                 })
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance).Where(f => !s_noC.Contains(f.Name)))
            {
                source.AppendLine(CultureInfo.InvariantCulture, $"P({type.Name}, {field.Name});");
                expected.AppendLine(CultureInfo.InvariantCulture, $"{type.Name}.{field.Name} {Marshal.OffsetOf(type, field.Name)}");
            }

            source.AppendLine(CultureInfo.InvariantCulture, $"printf(\"{type.Name} %zu\\n\", sizeof(struct {type.Name}));");
            expected.AppendLine(CultureInfo.InvariantCulture, $"{type.Name} {Marshal.SizeOf(type)}");
        }

        // kvm_run holds unions; these are the fields that are used of it.
        foreach ((string ours, string theirs) in new[]
                 {
                     ("immediate_exit", "immediate_exit"), ("exit_reason", "exit_reason"), ("cr8", "cr8"), ("apic_base", "apic_base"),
                     ("hardware_exit_reason", "hw.hardware_exit_reason"), ("suberror", "internal.suberror"), ("kvm_valid_regs", "kvm_valid_regs"),
                     ("kvm_dirty_regs", "kvm_dirty_regs"), ("regs", "s.regs.regs"), ("sregs", "s.regs.sregs"),
                 })
        {
            source.AppendLine(CultureInfo.InvariantCulture, $"P(kvm_run, {theirs});");
            expected.AppendLine(CultureInfo.InvariantCulture, $"kvm_run.{theirs} {Marshal.OffsetOf<kvm_run>(ours)}");
        }

        source.AppendLine("printf(\"kvm_run %zu\\n\", sizeof(struct kvm_run)); return 0; }");
        expected.AppendLine(CultureInfo.InvariantCulture, $"kvm_run {Marshal.SizeOf<kvm_run>()}");
        await AssertOutput(source.ToString(), expected.ToString());
    }

    [Fact]
    public async Task Numbers_equal_the_headers()
    {
        string[] notInHeaders = ["MSR_", "SIG_", "SYS_", "PROT_", "MAP_", "MADV_", "E", "O_"];
        FieldInfo[] constants =
        [
            .. typeof(KvmNative).GetFields(BindingFlags.Public | BindingFlags.Static)
                .Where(f => f.IsLiteral && !notInHeaders.Any(p => f.Name.StartsWith(p, StringComparison.Ordinal))),
        ];
        var source = new StringBuilder("#include <stdio.h>\n#include <linux/kvm.h>\nint main(void) {\n");
        var expected = new StringBuilder();
        foreach (FieldInfo constant in constants)
        {
            source.AppendLine(CultureInfo.InvariantCulture, $"printf(\"{constant.Name} %lu\\n\", (unsigned long){constant.Name});");
            expected.AppendLine(CultureInfo.InvariantCulture, $"{constant.Name} {constant.GetRawConstantValue()}");
        }

        source.AppendLine("return 0; }");
        Assert.True(constants.Length > 25);
        await AssertOutput(source.ToString(), expected.ToString());
    }

    private static async Task AssertOutput(string source, string expected)
    {
        ProgramRun run = await NativeRunner.RunAsync(new ProgramRequest(GuestCompiler.Compile(source, Toolchain.GccStatic)));
        Assert.Equal(expected, Encoding.ASCII.GetString(run.Output));
    }
}
