using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>Programs compiled from Programs/sources: what they print and how they end must equal the native run, on every engine.</summary>
public sealed class CompiledProgramTests
{
    public static TheoryData<string, string, Toolchain> Programs
    {
        get
        {
            var data = new TheoryData<string, string, Toolchain>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string c in new[] { "longdouble.c", "setjmp.c", "tls.c", "locale.c", "memory.c", "files.c", "signals.c" })
                {
                    data.Add(engine, c, Toolchain.GccStatic);
                    data.Add(engine, c, Toolchain.GccDynamic);
                }

                data.Add(engine, "tls.c", Toolchain.GccStaticPie);
                foreach (string c in new[] { "longdouble.c", "setjmp.c", "tls.c" })
                {
                    data.Add(engine, c, Toolchain.MuslStatic);
                    data.Add(engine, c, Toolchain.MuslDynamic);
                }

                data.Add(engine, "exceptions.cpp", Toolchain.GxxStatic);
                data.Add(engine, "exceptions.cpp", Toolchain.GxxDynamic);
                data.Add(engine, "numeric.f90", Toolchain.GfortranDynamic);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Prints_and_exits_as_natively(string engine, string source, Toolchain toolchain)
    {
        string program = GuestCompiler.CompileSource(source, toolchain);
        DirectoryInfo native = Directory.CreateTempSubdirectory("hermitux-test-");
        DirectoryInfo guest = Directory.CreateTempSubdirectory("hermitux-test-");
        try
        {
            var request = new ProgramRequest(program) { Directory = native.FullName };
            ProgramRun expected = await NativeRunner.RunAsync(request);
            ProgramRun actual = await GuestRunner.RunAsync(engine, request with { Directory = guest.FullName, GuestDirectory = native.FullName });
            Assert.Equal(expected.Summary, actual.Summary);
            Assert.Equal(expected.ErrorText, actual.ErrorText);
        }
        finally
        {
            native.Delete(recursive: true);
            guest.Delete(recursive: true);
        }
    }
}
