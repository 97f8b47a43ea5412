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

    public static void Write(TextWriter output) => SyscallTableDocument.Write(SyscallTable.CreateDefault(), output);
}
