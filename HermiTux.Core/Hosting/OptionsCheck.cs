namespace HermiTux.Hosting;

/// <summary>Finds everything that is wrong with a builder's options by themselves.</summary>
internal static class OptionsCheck
{
    private const long SmallestMemory = 1 << 20;
    private const int LargestCpuCount = 1024;
    private const int LargestHostName = 64;
    private const int LargestOpenFileLimit = 1 << 20;

    /// <summary>One sentence for each problem.</summary>
    public static List<string> Check(UnikernelOptions options)
    {
        var problems = new List<string>();
        if (options.Program is null)
        {
            problems.Add("There is no program: call UseProgram, UseHostProgram or UseProgramImage.");
        }
        else if (options.Program.Path.Length == 0)
        {
            problems.Add("The program's path is empty.");
        }

        Require(options.MemoryLimit >= SmallestMemory, $"The memory limit of {options.MemoryLimit} bytes is below {SmallestMemory}.");
        Require(options.TimeLimit is not { } time || (time > TimeSpan.Zero && time.TotalMilliseconds < uint.MaxValue - 1),
            $"The time limit {options.TimeLimit} isn't a positive time below 49 days.");
        Require(options.OpenFileLimit is >= 3 and <= LargestOpenFileLimit, $"The open-file limit {options.OpenFileLimit} isn't between 3 and {LargestOpenFileLimit}.");
        Require(options.ThreadLimit >= 1, $"The thread limit {options.ThreadLimit} is below 1.");
        Require(options.CpuCount is >= 1 and <= LargestCpuCount, $"The CPU count {options.CpuCount} isn't between 1 and {LargestCpuCount}.");
        Require(options.HostName.Length is >= 1 and <= LargestHostName && options.HostName.All(c => c is > ' ' and < '\x7F'),
            $"The host name '{options.HostName}' isn't 1 to {LargestHostName} printable ASCII characters.");
        Require(IsAbsolute(options.WorkingDirectory), $"The working directory '{options.WorkingDirectory}' isn't an absolute path.");
        Require(options.ArgumentZero?.Contains('\0') != true, "argv[0] contains a NUL character.");
        for (int i = 0; i < options.Arguments.Count; i++)
        {
            Require(options.Arguments[i]?.Contains('\0') == false, $"Argument {i + 1} is null or contains a NUL character.");
        }

        foreach ((string name, string value) in options.Environment)
        {
            Require(name.Length > 0 && !name.Contains('=') && !name.Contains('\0') && value?.Contains('\0') == false,
                $"The environment variable '{name}' has an empty name, or '=' or NUL where they can't be.");
        }

        ConsoleOptions console = options.Console;
        Require(console.Terminal is not null || (console.Input != ConsoleInput.Terminal && console.Output != ConsoleOutput.Terminal && console.Error != ConsoleOutput.Terminal),
            "Standard input, output or error is the machine's terminal, and it has none: call UseTerminal.");
        Require(console.Terminal is not { } terminal || (terminal.Input != ConsoleInput.Terminal && terminal.Output != ConsoleOutput.Terminal),
            "The terminal's own input or output is the terminal.");
        Require(console.Terminal is not { } sized || (sized is { Columns: >= 0 and <= ushort.MaxValue, Rows: >= 0 and <= ushort.MaxValue }),
            $"The terminal's size of {console.Terminal?.Columns} by {console.Terminal?.Rows} isn't between 0 and 65535.");
        Require(console.Terminal?.Type.Contains('\0') != true, "The terminal's type contains a NUL character.");
        foreach (MountDefinition mount in options.Mounts)
        {
            Require(IsAbsolute(mount.GuestPath), $"The mount point '{mount.GuestPath}' isn't an absolute path.");
            Require(mount.HostPath is null || Directory.Exists(mount.HostPath) || File.Exists(mount.HostPath),
                $"The host path {mount.HostPath}, to be mounted at {mount.GuestPath}, doesn't exist.");
        }

        if (options.Program is ProgramSource.HostProgram { HostPath: var hostPath } && hostPath.Length > 0)
        {
            Require(File.Exists(hostPath), $"The program {hostPath} doesn't exist on the host{(Directory.Exists(hostPath) ? ": it is a directory" : "")}.");
        }

        return problems;

        void Require(bool condition, string problem)
        {
            if (!condition)
            {
                problems.Add(problem);
            }
        }
    }

    private static bool IsAbsolute(string path) => path.StartsWith('/') && !path.Contains('\0');
}
