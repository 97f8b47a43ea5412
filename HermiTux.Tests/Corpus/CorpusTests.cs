using System.Runtime.Versioning;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Corpus;

/// <summary>The program corpus: each command of programs.txt run natively and on every engine.</summary>
[SupportedOSPlatform("linux")]
public sealed class CorpusTests
{
    private static readonly Dictionary<int, CorpusProgram> s_programs = CorpusProgram.ReadAll().ToDictionary(p => p.Line);

    public static TheoryData<string, int, string> Programs
    {
        get
        {
            string selection = Environment.GetEnvironmentVariable("HERMITUX_CORPUS") ?? "";
            var data = new TheoryData<string, int, string>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (CorpusProgram program in s_programs.Values)
                {
                    if (selection == "all" || (selection == "" ? program.InSample : program.CommandLine.Contains(selection, StringComparison.Ordinal)))
                    {
                        data.Add(engine, program.Line, program.CommandLine);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Runs_as_natively(string engine, int line, string command)
    {
        CorpusProgram program = s_programs[line];
        Assert.Equal(program.CommandLine, command);
        Assert.SkipWhen(program.Executable is null, $"needs {program.Arguments[0]} (apt install {program.Package})");

        using var nativeSandbox = new CorpusSandbox();
        using var guestSandbox = new CorpusSandbox();
        var request = new ProgramRequest(program.Executable!, [.. program.Arguments.Skip(1)])
        {
            Directory = nativeSandbox.WorkDirectory,
            Input = program.InputFile is { } file ? await File.ReadAllBytesAsync(Path.Combine(nativeSandbox.WorkDirectory, file), TestContext.Current.CancellationToken) : [],
        };
        ProgramRun expected = await NativeRunner.RunAsync(request);
        ProgramRun actual = await GuestRunner.RunAsync(engine,
            request with { Directory = guestSandbox.WorkDirectory, GuestDirectory = nativeSandbox.WorkDirectory });

        Assert.True(expected.Summary == actual.Summary,
            $"native: {expected.Summary}\n{expected.ErrorText}\nguest: {actual.Summary}\n{actual.ErrorText}");
        Assert.Equal(nativeSandbox.Describe(), guestSandbox.Describe());
    }
}
