using HermiTux.Abi;
using HermiTux.Syscalls;
using Xunit;

namespace HermiTux.Tests.Syscalls;

public sealed class SyscallTableTests
{
    [Fact]
    public void Document_in_docs_is_what_the_table_prints()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "HermiTux.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        if (folder is null)
        {
            Assert.Skip("needs the repository around the test binaries");
        }

        using var writer = new StringWriter();
        SyscallTableDocument.Write(SyscallTable.CreateDefault(), writer);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "docs", "syscalls.md")), writer.ToString());
    }

    [Fact]
    public void Every_number_of_the_abi_has_a_row_with_its_name()
    {
        var table = SyscallTable.CreateDefault();
        foreach (SyscallNumber number in Enum.GetValues<SyscallNumber>())
        {
            Assert.True(table[(int)number] is { } row && row.Name == number.ToString(), $"{number} has no row");
        }
    }

    [Fact]
    public void Rows_without_a_handler_say_why()
    {
        foreach (SyscallEntry row in SyscallTable.CreateDefault().Entries)
        {
            Assert.True(row.Handler is not null || row.AsyncHandler is not null || row.Level == SupportLevel.None, row.Name);
            Assert.True(row.Level == SupportLevel.Full || row.Note.Length > 0, $"{row.Name} is not full and says nothing");
            Assert.True(row.Arguments.Length <= 6, row.Name);
        }
    }

    [Fact]
    public async Task Wrap_runs_around_what_was_there_and_the_last_runs_first()
    {
        var order = new List<string>();
        var table = new SyscallTable();
        table.Replace(SyscallNumber.getpid, (_, _) => 7);
        table.Wrap(SyscallNumber.getpid, async (context, args, next) =>
        {
            order.Add("inner");
            return await next(context, args);
        });
        table.Wrap(SyscallNumber.getpid, async (context, args, next) =>
        {
            order.Add("outer");
            return (await next(context, args)).Raw + 1;
        });
        SyscallResult result = await table.Invoke(null!, (int)SyscallNumber.getpid, default);
        Assert.Equal(8, result.Raw);
        Assert.Equal(["outer", "inner"], order);
    }

    [Fact]
    public async Task Deny_makes_a_call_fail_with_its_error()
    {
        var table = SyscallTable.CreateDefault();
        table.Deny(SyscallNumber.openat, Errno.EACCES);
        Assert.Equal(Errno.EACCES, (await table.Invoke(null!, (int)SyscallNumber.openat, default)).Error);
        Assert.Equal(SupportLevel.None, table[(int)SyscallNumber.openat]!.Level);
    }

    [Fact]
    public async Task Set_adds_a_call_with_a_number_beyond_the_kernels()
    {
        var table = SyscallTable.CreateDefault();
        table.Set(new SyscallEntry(100_000, "mine", SupportLevel.Full, "", []) { Handler = (_, args) => args.Arg0 + 1 });
        Assert.Equal(42, (await table.Invoke(null!, 100_000, new SyscallArguments(41, 0, 0, 0, 0, 0))).Raw);
        Assert.Contains(table.Entries, e => e.Name == "mine");
    }
}
