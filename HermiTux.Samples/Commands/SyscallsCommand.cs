using System.CommandLine;
using HermiTux.Syscalls;

namespace HermiTux.Samples.Commands;

/// <summary><c>hermitux syscalls</c>: the support table, as Markdown. docs/syscalls.md is this output.</summary>
internal static class SyscallsCommand
{
    public static Command Create()
    {
        var command = new Command("syscalls", "Prints the table of system calls and how much of each is there.");
        command.SetAction(_ => Write(Console.Out));
        return command;
    }

    public static void Write(TextWriter output)
    {
        SyscallEntry[] entries = [.. SyscallTable.CreateDefault().Entries];
        output.WriteLine("# System calls");
        output.WriteLine();
        output.WriteLine($"{entries.Count(e => e.Level == SupportLevel.Full)} full, {entries.Count(e => e.Level == SupportLevel.Partial)} partial, " +
            $"{entries.Count(e => e.Level == SupportLevel.Stub)} accepted without effect, {entries.Count(e => e.Level == SupportLevel.None)} refused. " +
            "Numbers that are not here give ENOSYS. Printed by `hermitux syscalls`.");
        output.WriteLine();
        output.WriteLine("| number | name | support | note |");
        output.WriteLine("| ---: | --- | --- | --- |");
        foreach (SyscallEntry entry in entries)
        {
            output.WriteLine($"| {entry.Number} | {entry.Name} | {entry.Level.ToString().ToLowerInvariant()} | {entry.Note} |");
        }
    }
}
