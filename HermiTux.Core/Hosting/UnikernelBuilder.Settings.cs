using HermiTux.Cpu;

namespace HermiTux;

public sealed partial class UnikernelBuilder
{
    /// <summary>Runs a program of the guest's tree; a name without a slash is looked up in the guest's PATH.</summary>
    public UnikernelBuilder UseProgram(string guestPath) => UseProgram(ProgramSource.Guest(guestPath));

    /// <summary>Runs a file of the host, which is placed in the guest's tree.</summary>
    /// <param name="hostPath">The file.</param>
    /// <param name="guestPath">Where the guest sees it; null is its absolute path on the host.</param>
    public UnikernelBuilder UseHostProgram(string hostPath, string? guestPath = null) => UseProgram(ProgramSource.Host(hostPath, guestPath));

    /// <summary>Runs a program that is in memory.</summary>
    /// <param name="image">The bytes of an ELF file or script.</param>
    /// <param name="guestPath">Where the guest sees it.</param>
    public UnikernelBuilder UseProgramImage(ReadOnlyMemory<byte> image, string guestPath = "/program") => UseProgram(ProgramSource.Image(image, guestPath));

    /// <summary>Says what to run.</summary>
    public UnikernelBuilder UseProgram(ProgramSource program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return Configure(o => o.Program = program);
    }

    /// <summary>Appends arguments (argv from 1 on).</summary>
    public UnikernelBuilder WithArguments(params IEnumerable<string> arguments)
    {
        string[] copy = [.. arguments];
        return Configure(o =>
        {
            foreach (string argument in copy)
            {
                o.Arguments.Add(argument);
            }
        });
    }

    /// <summary>Sets argv[0], which otherwise is the program's path.</summary>
    public UnikernelBuilder WithArgumentZero(string value) => Configure(o => o.ArgumentZero = value);

    /// <summary>Sets a variable of the guest's environment.</summary>
    public UnikernelBuilder WithEnvironment(string name, string value) => Configure(o => o.Environment[name] = value);

    /// <summary>Sets variables of the guest's environment.</summary>
    public UnikernelBuilder WithEnvironment(IEnumerable<KeyValuePair<string, string>> variables)
    {
        KeyValuePair<string, string>[] copy = [.. variables];
        return Configure(o =>
        {
            foreach ((string name, string value) in copy)
            {
                o.Environment[name] = value;
            }
        });
    }

    /// <summary>Sets the working directory in the guest's tree.</summary>
    public UnikernelBuilder WithWorkingDirectory(string guestPath) => Configure(o => o.WorkingDirectory = guestPath);

    /// <summary>Sets the user and group ids of the program; the default is root, of the machine only.</summary>
    public UnikernelBuilder WithUser(uint userId, uint groupId, params IEnumerable<uint> supplementaryGroups)
    {
        uint[] groups = [.. supplementaryGroups];
        return Configure(o =>
        {
            o.UserId = userId;
            o.GroupId = groupId;
            o.SupplementaryGroups.Clear();
            foreach (uint group in groups)
            {
                o.SupplementaryGroups.Add(group);
            }
        });
    }

    /// <summary>Sets the host name that the guest sees.</summary>
    public UnikernelBuilder WithHostName(string name) => Configure(o => o.HostName = name);

    /// <summary>Most bytes of memory that the guest may touch (what it only reserves is free). Beyond it the machine is stopped.</summary>
    public UnikernelBuilder WithMemoryLimit(long bytes) => Configure(o => o.MemoryLimit = bytes);

    /// <summary>Longest wall-clock time of a run. Beyond it the machine is stopped, wherever its guest is.</summary>
    public UnikernelBuilder WithTimeLimit(TimeSpan limit) => Configure(o => o.TimeLimit = limit);

    /// <summary>Most open files of the guest (RLIMIT_NOFILE): more give EMFILE.</summary>
    public UnikernelBuilder WithOpenFileLimit(int count) => Configure(o => o.OpenFileLimit = count);

    /// <summary>Most threads of the guest: more give EAGAIN.</summary>
    public UnikernelBuilder WithThreadLimit(int count) => Configure(o => o.ThreadLimit = count);

    /// <summary>How many CPUs the guest sees and how many of its threads run at the same time; the default is 1.</summary>
    /// <remarks>
    /// With more than one the interpreter gives the guest the memory ordering of the host. That is x86's on x86 hosts; on Arm64 it is weaker, so
    /// programs that share memory without locked instructions may fail there.
    /// </remarks>
    public UnikernelBuilder WithCpuCount(int count) => Configure(o => o.CpuCount = count);

    /// <summary>What CPUID tells the guest; the engine must implement what the model claims.</summary>
    public UnikernelBuilder WithCpuModel(CpuModel model) => Configure(o => o.CpuModel = model);

    /// <summary>Whether addresses are random (the default) or the same in each run.</summary>
    public UnikernelBuilder WithLayoutRandomization(bool enabled) => Configure(o => o.RandomizeLayout = enabled);

    /// <summary>Leaves out /proc, /dev, /sys, /tmp and /etc: the guest sees what is mounted and nothing else.</summary>
    public UnikernelBuilder WithoutDefaultTree() => Configure(o => o.HasDefaultTree = false);

    /// <summary>Sets standard input.</summary>
    public UnikernelBuilder UseStandardInput(ConsoleInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Configure(o => o.Console.Input = input);
    }

    /// <summary>Sets standard output.</summary>
    public UnikernelBuilder UseStandardOutput(ConsoleOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Configure(o => o.Console.Output = output);
    }

    /// <summary>Sets standard error. Pass the same object as for standard output to make both one pipe.</summary>
    public UnikernelBuilder UseStandardError(ConsoleOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Configure(o => o.Console.Error = output);
    }

    /// <summary>
    /// Gives the guest a terminal and makes it its standard input, output and error. Call <c>UseStandard...</c> afterwards for what is to be something else; the
    /// terminal stays the controlling one, /dev/tty.
    /// </summary>
    public UnikernelBuilder UseTerminal(TerminalOptions terminal)
    {
        ArgumentNullException.ThrowIfNull(terminal);
        return Configure(o => (o.Console.Terminal, o.Console.Input, o.Console.Output, o.Console.Error) =
            (terminal, ConsoleInput.Terminal, ConsoleOutput.Terminal, ConsoleOutput.Terminal));
    }
}
