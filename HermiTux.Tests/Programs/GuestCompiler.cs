using System.Security.Cryptography;
using System.Text;

namespace HermiTux.Tests.Programs;

/// <summary>How a guest test program is compiled and linked.</summary>
public enum Toolchain
{
    GccStatic,
    GccStaticPie,
    GccDynamic,
    MuslStatic,
    MuslDynamic,
    GxxStatic,
    GxxDynamic,
    GfortranDynamic,
    GccOpenMp,
    GfortranOpenMp,
}

/// <summary>Compiles guest programs of C, C++ and Fortran with the machine's compilers. A missing compiler skips the test by name.</summary>
internal static class GuestCompiler
{
    /// <summary>Compiles a file of Programs/sources; returns the program's host path.</summary>
    public static string CompileSource(string fileName, Toolchain toolchain) =>
        Compile(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Programs", "sources", fileName)), toolchain, Path.GetExtension(fileName));

    /// <summary>Compiles source text; returns the program's host path. Each text is compiled once a test run.</summary>
    public static string Compile(string source, Toolchain toolchain, string extension = ".c")
    {
        (string compiler, string package, string[] options) = toolchain switch
        {
            Toolchain.GccStatic => ("gcc", "gcc libc6-dev", new[] { "-static" }),
            Toolchain.GccStaticPie => ("gcc", "gcc libc6-dev", ["-static-pie", "-fPIE"]),
            Toolchain.GccDynamic => ("gcc", "gcc libc6-dev", []),
            Toolchain.MuslStatic => ("musl-gcc", "musl-tools", ["-static"]),
            Toolchain.MuslDynamic => ("musl-gcc", "musl-tools", []),
            Toolchain.GxxStatic => ("g++", "g++", ["-static", "-std=c++17"]),
            Toolchain.GxxDynamic => ("g++", "g++", ["-std=c++17"]),
            Toolchain.GfortranDynamic => ("gfortran", "gfortran", []),
            Toolchain.GccOpenMp => ("gcc", "gcc libc6-dev", ["-fopenmp"]),
            Toolchain.GfortranOpenMp => ("gfortran", "gfortran", ["-fopenmp"]),
            _ => throw new ArgumentOutOfRangeException(nameof(toolchain)),
        };
        string name = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(source + toolchain)))[..16];
        return CompiledGuests.Build(name, compiler, package, output =>
        {
            string input = output + extension;
            File.WriteAllText(input, source);
            return [.. options, "-O1", "-w", "-pthread", "-o", output, input, "-lm"];
        });
    }
}
