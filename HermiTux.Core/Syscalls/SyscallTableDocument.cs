namespace HermiTux.Syscalls;

/// <summary>Prints a table of system calls as Markdown: <c>hermitux syscalls</c>, docs/syscalls.md.</summary>
public static class SyscallTableDocument
{
    /// <summary>Writes the document. Lines end in LF whatever the writer's own is, so that the output is the same everywhere.</summary>
    public static void Write(SyscallTable table, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(output);
        SyscallEntry[] entries = [.. table.Entries.OrderBy(e => e.Number)];
        output.Write("# System calls\n\n");
        output.Write($"{Count(SupportLevel.Full)} full, {Count(SupportLevel.Partial)} partial, {Count(SupportLevel.Stub)} accepted without effect, ");
        output.Write($"{Count(SupportLevel.None)} refused. Numbers that are not here give ENOSYS and one line in the log.\n\n");
        output.Write("Printed by `hermitux syscalls` from the table that dispatches them; how to add one is in [adding-a-syscall.md](adding-a-syscall.md).\n\n");
        output.Write("| number | name | support | note |\n");
        output.Write("| ---: | --- | --- | --- |\n");
        foreach (SyscallEntry entry in entries)
        {
            output.Write($"| {entry.Number} | {entry.Name} | {NameOf(entry.Level)} | {entry.Note.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        int Count(SupportLevel level) => entries.Count(e => e.Level == level);
    }

    private static string NameOf(SupportLevel level) => level switch
    {
        SupportLevel.Full => "full",
        SupportLevel.Partial => "partial",
        SupportLevel.Stub => "no effect",
        _ => "refused",
    };
}
