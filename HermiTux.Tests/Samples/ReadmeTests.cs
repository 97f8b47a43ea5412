using System.Text.RegularExpressions;
using HermiTux.Samples.Commands;
using Xunit;

namespace HermiTux.Tests.Samples;

/// <summary>What the README says is done here as it says it.</summary>
public sealed partial class ReadmeTests
{
    // The complete program of the README, line for line; the test below compares.
    private static async Task RunProgramAsync(TextWriter console)
    {
        // README: begin
        var output = new OutputCapture();

        await using Unikernel machine = new UnikernelBuilder()
            .MountHost("/", "/")                       // the guest's file tree: this machine's, read-only
            .UseProgram("/usr/bin/sort")
            .WithArguments("-r")
            .WithMemoryLimit(64 << 20)
            .WithTimeLimit(TimeSpan.FromSeconds(10))
            .UseStandardInput(ConsoleInput.FromText("a\nb\nc\n"))
            .UseStandardOutput(ConsoleOutput.ToCapture(output))
            .Build();

        UnikernelExit exit = await machine.RunAsync();

        console.Write(output.Text);                    // c b a
        console.WriteLine(exit);                       // exited with code 0
        // README: end
    }

    [Fact]
    public async Task The_complete_program_runs_and_prints_what_its_comments_say()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/sort"), "needs /usr/bin/sort (apt install coreutils)");
        var console = new StringWriter { NewLine = "\n" };
        await RunProgramAsync(console);
        Assert.Equal("c\nb\na\nexited with code 0\n", console.ToString());
    }

    [Fact]
    public async Task The_complete_program_is_the_one_that_is_tested()
    {
        string readme = await ReadmeAsync();
        string source = await File.ReadAllTextAsync(Path.Combine(Repository, "HermiTux.Tests", "Samples", "ReadmeTests.cs"), TestContext.Current.CancellationToken);
        string tested = Between(source, "// README: begin\n", "        // README: end").Replace("\n        ", "\n", StringComparison.Ordinal).Replace("console.", "Console.", StringComparison.Ordinal);
        string shown = Between(readme, "```csharp\nusing HermiTux;\n\n", "```");
        Assert.Equal(tested.Trim(), shown.Trim());
    }

    [Fact]
    public async Task The_options_that_it_lists_are_those_that_the_command_has()
    {
        string readme = await ReadmeAsync();
        string synopsis = Between(readme, "hermitux run ", "hermitux syscalls");
        string[] listed = [.. OptionName().Matches(synopsis).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal)];
        string[] present = [.. RunCommand.Create().Options.Select(o => o.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(present, listed);
    }

    [Fact]
    public async Task Every_file_that_the_documents_link_to_is_there()
    {
        foreach (string document in Directory.EnumerateFiles(Path.Combine(Repository, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(Repository, "README.md")))
        {
            string text = await File.ReadAllTextAsync(document, TestContext.Current.CancellationToken);
            foreach (Match link in Link().Matches(text))
            {
                string target = Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value);
                Assert.True(Path.Exists(target), $"{document} links to {link.Groups[1].Value}");
            }
        }
    }

    private static string Repository
    {
        get
        {
            DirectoryInfo? directory = new(AppContext.BaseDirectory);
            while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "HermiTux.sln")))
            {
                directory = directory.Parent;
            }

            Assert.SkipWhen(directory is null, "needs the sources around the tests");
            return directory.FullName;
        }
    }

    private static Task<string> ReadmeAsync() => File.ReadAllTextAsync(Path.Combine(Repository, "README.md"), TestContext.Current.CancellationToken);

    private static string Between(string text, string from, string to)
    {
        int start = text.IndexOf(from, StringComparison.Ordinal);
        Assert.True(start >= 0, $"no '{from}'");
        start += from.Length;
        int end = text.IndexOf(to, start, StringComparison.Ordinal);
        Assert.True(end >= 0, $"no '{to}' after '{from}'");
        return text[start..end];
    }

    [GeneratedRegex("--[a-z]+")]
    private static partial Regex OptionName();

    [GeneratedRegex(@"\]\(([^):#]+)\)")]
    private static partial Regex Link();
}
