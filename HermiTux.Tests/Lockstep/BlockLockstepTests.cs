using System.Text;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Lockstep;

/// <summary>Real programs on translator and interpreter, the same at the end of every block.</summary>
/// <remarks>HERMITUX_LOCKSTEP_ENDS is how many ends are compared for each program and kind of translation (.ci/lockstep).</remarks>
public sealed class BlockLockstepTests
{
    private static readonly int s_ends = int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_LOCKSTEP_ENDS"), out int n) ? n : 2000;

    /// <summary>Programs, and how many system calls they make before what is interesting.</summary>
    private static readonly Dictionary<string, (Func<ProgramRequest> Request, int Skip)> s_programs = new()
    {
        ["python"] = (() => Installed("python3", "-I", "-c", "import json, re\nd = {str(i): [i * 0.5, 'x' * (i % 7)] for i in range(300)}\ns = json.dumps(d, sort_keys=True)\n" +
            "print(len(s), len(re.findall(r'x{3,}', s)), sum(v[0] for v in json.loads(s).values()), hash((1, 2, 3)))\nprint(sorted(d)[:5], 7 ** 300 % 1000007)"), 300),
        ["perl"] = (() => Installed("perl", "-e", "my %h; $h{$_ % 97} .= chr(65 + $_ % 26) for 1..3000; my $s = join ',', map { \"$_=$h{$_}\" } sort keys %h; " +
            "my $n = () = $s =~ /(A.C|[XYZ]+)/g; print length($s), ' ', $n, ' ', sprintf('%.6f', sqrt($n)), \"\\n\";"), 60),
        ["sqlite3"] = (() => Installed("sqlite3", ":memory:", "create table t(a integer primary key, b text, c real); with recursive n(i) as (select 1 union all select i + 1 from n where i < 400) " +
            "insert into t select i, 'row ' || i, i * 1.25 from n; create index x on t(b); select count(*), sum(c), max(b), group_concat(a % 7) from t where b like '%7%' group by a % 3;"), 20),
        ["gawk"] = (() => Installed("gawk", "BEGIN { for (i = 0; i < 2000; i++) { a[i % 31] += sin(i) * i; s = s substr(\"abcdefgh\", i % 8 + 1, 2) } n = gsub(/bc|fg/, \"-\", s); " +
            "for (i = 0; i < 31; i++) t += a[i]; printf \"%d %.9f %s\\n\", n, t, substr(s, 1, 40) }"), 30),
        ["xz"] = (() => Installed("xz", "-0", "-c", "-T1") with { Input = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i * i % 1013} of {i % 17}\n"))) }, 20),
        ["fortran"] = (() => new ProgramRequest(GuestCompiler.CompileSource("numeric.f90", Toolchain.GfortranDynamic)), 20),
        ["long double"] = (() => new ProgramRequest(GuestCompiler.CompileSource("longdouble.c", Toolchain.GccStatic)), 0),
        ["locale"] = (() => new ProgramRequest(GuestCompiler.CompileSource("locale.c", Toolchain.GccDynamic)), 0),
    };

    public static TheoryData<string, bool> Programs
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string program in s_programs.Keys)
            {
                data.Add(program, false);
                data.Add(program, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Every_block_ends_where_the_interpreter_is(string program, bool loops)
    {
        Assert.SkipUnless(GuestRunner.IsWanted("translator"), "the translator isn't wanted in this run");
        (Func<ProgramRequest> make, int skip) = s_programs[program];
        ProgramRequest request = make();

        // xz asks how much memory is free, which differs, and keeps the answer on its stack.
        // Lazy binding leaves the processor's XSAVE areas behind on the stack, in which engines may leave out what is in its initial state.
        var environment = new Dictionary<string, string>(request.Environment) { ["LD_BIND_NOW"] = "1" };
        int ends = await BlockLockstep.CompareAsync(request with { Limit = TimeSpan.FromMinutes(30), Environment = environment }, s_ends, skip, loops, memory: program != "xz");
        TestContext.Current.TestOutputHelper?.WriteLine($"{ends} block ends");
        Assert.InRange(ends, Math.Min(s_ends, 1000), s_ends);
    }

    private static ProgramRequest Installed(string name, params string[] arguments)
    {
        string path = "/usr/bin/" + name;
        Assert.SkipUnless(File.Exists(path), $"needs {path}");
        return new ProgramRequest(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path, arguments);
    }
}
