using System.Text;
using System.Text.RegularExpressions;
using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Syscalls;

/// <summary>
/// Files of /proc, /sys and /dev as programs parse them, compared with the host's: what differs from machine to machine is replaced by
/// placeholders, and what this kernel has and ours hasn't may be missing, but nothing may be there in another form.
/// </summary>
public sealed partial class ProcFilesTests
{
    /// <summary>Files whose lines are "key: value", and the form of their values.</summary>
    [Theory]
    [InlineData("/proc/self/status")]
    [InlineData("/proc/meminfo")]
    [InlineData("/proc/cpuinfo")]
    [InlineData("/proc/vmstat")]
    [InlineData("/proc/self/smaps")]
    [InlineData("/proc/self/io")]
    [InlineData("/sys/devices/system/node/node0/meminfo")]
    public async Task Keys_and_the_form_of_their_values_are_Linuxs(string file)
    {
        string guest = await ReadAsync(file, native: false);
        string native = await ReadAsync(file, native: true);
        Dictionary<string, HashSet<string>> known = Forms(native);
        foreach ((string key, HashSet<string> forms) in Forms(guest))
        {
            Assert.True(known.TryGetValue(key, out HashSet<string>? expected), $"{file}: Linux has no '{key}'");
            if (forms.Overlaps(expected) || IsText(key))
            {
                continue;
            }

            Assert.Fail($"{file}: '{key}' is '{string.Join("' or '", forms)}', Linux's '{string.Join("' or '", expected)}'");
        }
    }

    /// <summary>Files whose form is the same line for line.</summary>
    [Theory]
    [InlineData("/proc/self/statm")]
    [InlineData("/proc/self/stat")]
    [InlineData("/proc/self/limits")]
    [InlineData("/proc/self/comm")]
    [InlineData("/proc/self/cmdline")]
    [InlineData("/proc/self/environ")]
    [InlineData("/proc/uptime")]
    [InlineData("/proc/loadavg")]
    [InlineData("/proc/sys/kernel/ostype")]
    [InlineData("/proc/sys/kernel/random/boot_id")]
    [InlineData("/proc/sys/kernel/random/uuid")]
    [InlineData("/proc/sys/kernel/pid_max")]
    [InlineData("/proc/sys/fs/nr_open")]
    [InlineData("/proc/sys/fs/pipe-max-size")]
    [InlineData("/proc/sys/vm/max_map_count")]
    [InlineData("/proc/sys/vm/overcommit_memory")]
    [InlineData("/sys/devices/system/node/has_cpu")]
    [InlineData("/sys/devices/system/node/node0/cpumap")]
    [InlineData("/sys/devices/system/node/node0/distance")]
    [InlineData("/sys/devices/system/node/node0/numastat")]
    public async Task The_form_is_Linuxs(string file)
    {
        string native = await ReadAsync(file, native: true);
        Assert.SkipWhen(native.Length == 0, $"this host has no {file}");
        string guest = await ReadAsync(file, native: false);
        Assert.Equal(Form(native), Form(guest));
    }

    [Fact]
    public async Task Every_line_of_maps_parses_and_the_known_regions_are_there()
    {
        string text = await ReadAsync("/proc/self/maps", native: false);
        ulong last = 0;
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Match match = MapsLine().Match(line);
            Assert.True(match.Success, line);
            ulong start = ulong.Parse(match.Groups[1].Value, System.Globalization.NumberStyles.HexNumber, null);
            ulong end = ulong.Parse(match.Groups[2].Value, System.Globalization.NumberStyles.HexNumber, null);
            Assert.True(start >= last && end > start && (start & 4095) == 0 && (end & 4095) == 0, line);

            // proc(5): the name begins in column 74.
            Assert.True(match.Groups[7].Length == 0 || match.Groups[7].Index == 73, line);
            last = end;
        }

        foreach (string name in new[] { "/cat", "[heap]", "[stack]", "/libc.so.6" })
        {
            Assert.Contains(name, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Mounts_and_mountinfo_describe_the_same_tree()
    {
        string mounts = await ReadAsync("/proc/self/mounts", native: false);
        string info = await ReadAsync("/proc/self/mountinfo", native: false);
        Assert.All(mounts.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Matches(@"^\S+ /\S* \S+ \S+ 0 0$", l));
        Assert.All(info.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Matches(@"^\d+ \d+ \d+:\d+ /\S* /\S* \S+ (\S+ )*- \S+ \S+ \S+$", l));
        Assert.Equal(mounts.Split('\n').Select(l => l.Split(' ').ElementAtOrDefault(1)).Where(p => p is not null).Order(),
            info.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[4]).Order());
    }

    [Fact]
    public async Task Links_lead_where_they_say()
    {
        ProgramRun run = await RunAsync("/usr/bin/readlink", "/proc/self/exe", "/proc/self/cwd", "/proc/self/root", "/proc/self/fd/0", "/proc/mounts", "/dev/stdin", "/dev/fd");
        string[] lines = Encoding.UTF8.GetString(run.Output).Split('\n');
        Assert.Equal("/usr/bin/readlink", lines[0]);
        Assert.Equal(("/", "/"), (lines[1], lines[2]));
        Assert.Matches(@"^pipe:\[\d+\]$", lines[3]);
        Assert.Equal(("self/mounts", "/proc/self/fd/0", "/proc/self/fd"), (lines[4], lines[5], lines[6]));
    }

    [Fact]
    public async Task Directories_list_what_can_be_opened()
    {
        ProgramRun run = await RunAsync("/usr/bin/find", "/proc", "/sys", "-maxdepth", "4", "-not", "-path", "*/task/*", "-not", "-path", "*/fd*/*", "-type", "f", "-readable", "-size", "-1000k");
        string[] files = Encoding.UTF8.GetString(run.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(files.Length > 40, run.ErrorText);
        ProgramRun read = await RunAsync(["/usr/bin/wc", "-c", .. files.Where(f => !f.EndsWith("/mem", StringComparison.Ordinal)).Select(f => Regex.Replace(f, "^/proc/[0-9]+/", "/proc/self/"))]);
        Assert.Equal((0, ""), (read.Status, read.ErrorText));
    }

    private static bool IsText(string key) => key is "Name" or "model name" or "vendor_id" or "flags" or "bugs" or "address sizes" or "power management" or "State" or "Umask" or "Groups"
        or "VmFlags" or "microcode" or "cpu MHz" or "bogomips" or "fpu" or "wp" or "Cpus_allowed" or "Cpus_allowed_list" or "Mems_allowed" or "Mems_allowed_list" or "Speculation_Store_Bypass" or "SpeculationIndirectBranch" or "TLB size" or "cache size";

    private static Dictionary<string, HashSet<string>> Forms(string text)
    {
        var forms = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
        {
            Match match = KeyLine().Match(line);
            if (match.Success && !MapsLine().IsMatch(line))
            {
                string key = match.Groups[1].Value.Trim();
                (forms.TryGetValue(key, out HashSet<string>? known) ? known : forms[key] = []).Add(Form(match.Groups[2].Value));
            }
        }

        return forms;
    }

    /// <summary>Numbers to N, hexadecimal ones of many digits to H, UUIDs to U, runs of blanks to one.</summary>
    private static string Form(string text)
    {
        text = Uuid().Replace(text, "U");
        text = Hexadecimal().Replace(text, "H");
        text = Number().Replace(text, "N").Replace("unlimited", "N", StringComparison.Ordinal);
        return Blanks().Replace(text, " ");
    }

    private static async Task<string> ReadAsync(string file, bool native)
    {
        ProgramRun run = native ? await NativeRunner.RunAsync(Request(["/usr/bin/cat", file])) : await RunAsync("/usr/bin/cat", file);
        if (!native)
        {
            Assert.True(run.Status == 0, run.ErrorText);
        }

        return Encoding.UTF8.GetString(run.Output);
    }

    private static Task<ProgramRun> RunAsync(params string[] command) => GuestRunner.RunAsync(GuestRunner.Engines[0], Request(command));

    private static ProgramRequest Request(string[] command)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(command[0]), $"needs Linux and {command[0]} (apt install coreutils findutils)");
        return new ProgramRequest(command[0], command[1..]);
    }

    [GeneratedRegex("^([0-9a-f]{8,16})-([0-9a-f]{8,16}) ([r-][w-][x-][ps]) ([0-9a-f]{8,16}) ([0-9a-f]{2,}:[0-9a-f]{2,}) ([0-9]+) *(.*)$")]
    private static partial Regex MapsLine();

    [GeneratedRegex(@"^([A-Za-z_][\w() ]*?)[ \t]*(?::[ \t]*| (?=\d))(.*)$")]
    private static partial Regex KeyLine();

    [GeneratedRegex("\\b(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\\b|\\b[0-9a-f]{16}\\b")]
    private static partial Regex Hexadecimal();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"-?\d+")]
    private static partial Regex Number();

    [GeneratedRegex("[ \\t]+")]
    private static partial Regex Blanks();
}
