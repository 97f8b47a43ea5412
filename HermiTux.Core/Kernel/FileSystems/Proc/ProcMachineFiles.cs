using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HermiTux.Cpu;

namespace HermiTux.Kernel.FileSystems;

/// <summary>The files of /proc that describe the machine, in the formats of Linux (proc(5)).</summary>
internal static class ProcMachineFiles
{
    private const long NanosecondsPerTick = 10_000_000;

    // Flag names by CPUID leaf, register and bit, spelled as in the kernel's cpufeatures.h.
    private static readonly string?[] Leaf1Edx =
    [
        "fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", null, "sep", "mtrr", "pge", "mca", "cmov",
        "pat", "pse36", "pn", "clflush", null, "dts", "acpi", "mmx", "fxsr", "sse", "sse2", "ss", "ht", "tm", "ia64", "pbe",
    ];

    private static readonly string?[] Leaf1Ecx =
    [
        "pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est", "tm2", "ssse3", "cid", "sdbg", "fma", "cx16", "xtpr", "pdcm",
        null, "pcid", "dca", "sse4_1", "sse4_2", "x2apic", "movbe", "popcnt", "tsc_deadline_timer", "aes", "xsave", null, "avx", "f16c", "rdrand", "hypervisor",
    ];

    private static readonly string?[] Leaf7Ebx =
    [
        "fsgsbase", "tsc_adjust", "sgx", "bmi1", "hle", "avx2", null, "smep", "bmi2", "erms", "invpcid", "rtm", "cqm", null, "mpx", "rdt_a",
        "avx512f", "avx512dq", "rdseed", "adx", "smap", "avx512ifma", null, "clflushopt", "clwb", "intel_pt", "avx512pf", "avx512er", "avx512cd", "sha_ni", "avx512bw", "avx512vl",
    ];

    private static readonly string?[] Extended1Edx =
    [
        null, null, null, null, null, null, null, null, null, null, null, "syscall", null, null, null, null,
        null, null, null, "mp", "nx", null, "mmxext", null, null, "fxsr_opt", "pdpe1gb", "rdtscp", null, "lm", "3dnowext", "3dnow",
    ];

    private static readonly string?[] Extended1Ecx =
    [
        "lahf_lm", "cmp_legacy", "svm", "extapic", "cr8_legacy", "abm", "sse4a", "misalignsse", "3dnowprefetch", "osvw", "ibs", "xop", "skinit", "wdt", null, "lwp",
        "fma4", "tce", null, "nodeid_msr", null, "tbm", "topoext", "perfctr_core", "perfctr_nb", null, "bpext", "ptsc", "perfctr_llc", "mwaitx", null, null,
    ];

    public static string CpuInfo(Machine machine)
    {
        CpuModel model = machine.Engine.Model;
        CpuidResult vendor = model.Query(0, 0);
        CpuidResult features = model.Query(1, 0);
        CpuidResult structured = vendor.Eax >= 7 ? model.Query(7, 0) : default;
        uint maxExtended = model.Query(0x80000000, 0).Eax;
        CpuidResult extended = maxExtended >= 0x80000001 ? model.Query(0x80000001, 0) : default;
        uint family = (features.Eax >> 8) & 0xF;
        uint baseFamily = family;
        family += family == 15 ? (features.Eax >> 20) & 0xFF : 0;
        uint number = (features.Eax >> 4) & 0xF;
        number += baseFamily is 6 or 15 ? ((features.Eax >> 16) & 0xF) << 4 : 0;
        string name = maxExtended >= 0x80000004
            ? Registers(model.Query(0x80000002, 0)) + Registers(model.Query(0x80000003, 0)) + Registers(model.Query(0x80000004, 0)) : "unknown";
        uint addresses = maxExtended >= 0x80000008 ? model.Query(0x80000008, 0).Eax : 0x3028;
        string flags = string.Join(' ', Names(features.Edx, Leaf1Edx).Concat(Names(extended.Edx, Extended1Edx)).Concat(["constant_tsc", "rep_good", "nopl", "nonstop_tsc"])
            .Concat(Names(features.Ecx, Leaf1Ecx)).Concat(Names(extended.Ecx, Extended1Ecx)).Concat(Names(structured.Ebx, Leaf7Ebx))
            .Concat((structured.Ecx & (1 << 9)) != 0 ? ["vaes"] : []).Concat((structured.Ecx & (1 << 10)) != 0 ? ["vpclmulqdq"] : []));
        double megahertz = model.TscFrequency / 1e6;
        var text = new StringBuilder();
        for (int cpu = 0; cpu < machine.CpuCount; cpu++)
        {
            text.Append(string.Create(CultureInfo.InvariantCulture, $"""
                processor	: {cpu}
                vendor_id	: {Characters(vendor.Ebx)}{Characters(vendor.Edx)}{Characters(vendor.Ecx)}
                cpu family	: {family}
                model		: {number}
                model name	: {name.TrimEnd('\0', ' ').TrimStart()}
                stepping	: {features.Eax & 0xF}
                microcode	: 0x1
                cpu MHz		: {megahertz:F3}
                cache size	: 512 KB
                physical id	: 0
                siblings	: {machine.CpuCount}
                core id		: {cpu}
                cpu cores	: {machine.CpuCount}
                apicid		: {cpu}
                initial apicid	: {cpu}
                fpu		: yes
                fpu_exception	: yes
                cpuid level	: {vendor.Eax}
                wp		: yes
                flags		: {flags}
                bugs		:
                bogomips	: {megahertz * 2:F2}
                clflush size	: 64
                cache_alignment	: 64
                address sizes	: {addresses & 0xFF} bits physical, {(addresses >> 8) & 0xFF} bits virtual
                power management:


                """).ReplaceLineEndings("\n"));
        }

        return text.ToString();
    }

    public static string MemoryInfo(Machine machine)
    {
        long total = machine.Frames.LimitBytes >> 10;
        long used = Math.Min(total, machine.Frames.ResidentBytes >> 10);
        long free = total - used;
        (string Name, long Kilobytes)[] rows =
        [
            ("MemTotal", total), ("MemFree", free), ("MemAvailable", free), ("Buffers", 0), ("Cached", 0), ("SwapCached", 0),
            ("Active", used), ("Inactive", 0), ("Active(anon)", used), ("Inactive(anon)", 0), ("Active(file)", 0), ("Inactive(file)", 0),
            ("Unevictable", 0), ("Mlocked", 0), ("SwapTotal", 0), ("SwapFree", 0), ("Dirty", 0), ("Writeback", 0), ("AnonPages", used),
            ("Mapped", 0), ("Shmem", 0), ("KReclaimable", 0), ("Slab", 0), ("SReclaimable", 0), ("SUnreclaim", 0), ("KernelStack", 0), ("PageTables", 0),
            ("NFS_Unstable", 0), ("Bounce", 0), ("WritebackTmp", 0), ("CommitLimit", total), ("Committed_AS", used), ("VmallocTotal", 34359738367),
            ("VmallocUsed", 0), ("VmallocChunk", 0), ("Percpu", 0), ("AnonHugePages", 0), ("ShmemHugePages", 0), ("ShmemPmdMapped", 0),
        ];
        var text = new StringBuilder();
        foreach ((string name, long kilobytes) in rows)
        {
            // The number ends in column 24, whatever the name's length.
            text.Append(name).Append(':').Append(kilobytes.ToString(CultureInfo.InvariantCulture).PadLeft(23 - name.Length)).Append(" kB\n");
        }

        return text.Append("HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\nHugepagesize:       2048 kB\nHugetlb:               0 kB\n").ToString();
    }

    public static string Stat(Machine machine)
    {
        long uptime = machine.MonotonicNanoseconds / NanosecondsPerTick;
        long user = machine.Processes.Sum(p => p.UserTime) / NanosecondsPerTick;
        long system = machine.Processes.Sum(p => p.SystemTime) / NanosecondsPerTick;
        long idle = Math.Max(0, (uptime * machine.CpuCount) - user - system);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"cpu  {user} 0 {system} {idle} 0 0 0 0 0 0\n");
        for (int cpu = 0; cpu < machine.CpuCount; cpu++)
        {
            text.Append(CultureInfo.InvariantCulture, $"cpu{cpu} {user / machine.CpuCount} 0 {system / machine.CpuCount} {idle / machine.CpuCount} 0 0 0 0 0 0\n");
        }

        long boot = (machine.RealtimeNanoseconds - machine.MonotonicNanoseconds) / 1_000_000_000;
        int threads = machine.Processes.Sum(p => p.Threads.Count);
        text.Append(CultureInfo.InvariantCulture, $"intr 0\nctxt 0\nbtime {boot}\nprocesses {threads}\nprocs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n");
        return text.ToString();
    }

    public static string Uptime(Machine machine)
    {
        double seconds = machine.MonotonicNanoseconds / 1e9;
        double busy = machine.Processes.Sum(p => p.CpuTime) / 1e9;
        return string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} {Math.Max(0, (seconds * machine.CpuCount) - busy):F2}\n");
    }

    public static string LoadAverage(Machine machine)
    {
        int threads = machine.Processes.Sum(p => p.Threads.Count);
        int last = machine.Processes.Select(p => p.Pid).DefaultIfEmpty(1).Max();
        return string.Create(CultureInfo.InvariantCulture, $"0.00 0.00 0.00 1/{threads} {last}\n");
    }

    public static string VmStat(Machine machine) => string.Create(CultureInfo.InvariantCulture,
        $"nr_free_pages {(machine.Frames.LimitBytes - machine.Frames.ResidentBytes) >> 12}\nnr_anon_pages {machine.Frames.ResidentBytes >> 12}\npgfault 0\npgmajfault 0\npswpin 0\npswpout 0\n");

    private static IEnumerable<string> Names(uint bits, string?[] names)
    {
        for (int i = 0; i < 32; i++)
        {
            if ((bits & (1u << i)) != 0 && names[i] is { } name)
            {
                yield return name;
            }
        }
    }

    private static string Characters(uint register) => Encoding.Latin1.GetString(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in register)));

    private static string Registers(CpuidResult result) => Characters(result.Eax) + Characters(result.Ebx) + Characters(result.Ecx) + Characters(result.Edx);
}
