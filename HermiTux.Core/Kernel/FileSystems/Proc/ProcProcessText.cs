using System.Globalization;
using System.Text;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>What the files of /proc/[pid] say, in the formats of Linux 6.1 (proc(5)).</summary>
internal static class ProcProcessText
{
    private const long NanosecondsPerTick = 10_000_000;
    private const int PathColumn = 73;

    private static readonly (string Name, string Unit)[] LimitNames =
    [
        ("Max cpu time", "seconds"), ("Max file size", "bytes"), ("Max data size", "bytes"), ("Max stack size", "bytes"), ("Max core file size", "bytes"),
        ("Max resident set", "bytes"), ("Max processes", "processes"), ("Max open files", "files"), ("Max locked memory", "bytes"), ("Max address space", "bytes"),
        ("Max file locks", "locks"), ("Max pending signals", "signals"), ("Max msgqueue size", "bytes"), ("Max nice priority", ""), ("Max realtime priority", ""),
        ("Max realtime timeout", "us"),
    ];

    public static GuestThread? Thread(Process process, int tid) => process.Threads.FirstOrDefault(t => t.Tid == tid);

    public static string Maps(Process process)
    {
        var text = new StringBuilder();
        foreach (VmaInfo vma in process.Memory.Mappings)
        {
            AppendMapping(text, vma);
        }

        return text.ToString();
    }

    public static string Smaps(Process process)
    {
        var text = new StringBuilder();
        foreach (VmaInfo vma in process.Memory.Mappings)
        {
            AppendMapping(text, vma);
            long size = (long)(vma.End - vma.Start) >> 10;
            long resident = vma.ResidentPages * 4;
            bool anonymous = vma.Name.Inode == 0;
            (string Name, long Value)[] rows =
            [
                ("Size", size), ("KernelPageSize", 4), ("MMUPageSize", 4), ("Rss", resident), ("Pss", resident), ("Pss_Dirty", anonymous ? resident : 0), ("Shared_Clean", 0), ("Shared_Dirty", 0),
                ("Private_Clean", anonymous ? 0 : resident), ("Private_Dirty", anonymous ? resident : 0), ("Referenced", resident), ("Anonymous", anonymous ? resident : 0),
                ("LazyFree", 0), ("AnonHugePages", 0), ("ShmemPmdMapped", 0), ("FilePmdMapped", 0), ("Shared_Hugetlb", 0), ("Private_Hugetlb", 0), ("Swap", 0), ("SwapPss", 0), ("Locked", 0),
            ];
            foreach ((string name, long value) in rows)
            {
                text.Append((name + ":").PadRight(16)).Append(value.ToString(CultureInfo.InvariantCulture).PadLeft(8)).Append(" kB\n");
            }

            text.Append("THPeligible:    0\nVmFlags: ")
                .Append((vma.Protection & MemoryProtection.Read) != 0 ? "rd " : "").Append((vma.Protection & MemoryProtection.Write) != 0 ? "wr " : "")
                .Append((vma.Protection & MemoryProtection.Execute) != 0 ? "ex " : "").Append(vma.Shared ? "sh " : "").Append("mr mw me \n");
        }

        return text.ToString();
    }

    /// <summary>The sums of smaps, in one mapping from the lowest to the highest address.</summary>
    public static string SmapsRollup(Process process)
    {
        IReadOnlyList<VmaInfo> mappings = process.Memory.Mappings;
        long resident = mappings.Sum(m => m.ResidentPages) * 4;
        long anonymous = mappings.Where(m => m.Name.Inode == 0).Sum(m => m.ResidentPages) * 4;
        (string Name, long Value)[] rows =
        [
            ("Rss", resident), ("Pss", resident), ("Pss_Dirty", anonymous), ("Pss_Anon", anonymous), ("Pss_File", resident - anonymous), ("Pss_Shmem", 0),
            ("Shared_Clean", 0), ("Shared_Dirty", 0), ("Private_Clean", resident - anonymous), ("Private_Dirty", anonymous), ("Referenced", resident), ("Anonymous", anonymous),
            ("KSM", 0), ("LazyFree", 0), ("AnonHugePages", 0), ("ShmemPmdMapped", 0), ("FilePmdMapped", 0), ("Shared_Hugetlb", 0), ("Private_Hugetlb", 0), ("Swap", 0), ("SwapPss", 0), ("Locked", 0),
        ];
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{mappings[0].Start:x8}-{mappings[^1].End:x8} ---p 00000000 00:00 0 ");
        text.Append(' ', Math.Max(0, PathColumn - text.Length)).Append("[rollup]\n");
        foreach ((string name, long value) in rows)
        {
            text.Append((name + ":").PadRight(16)).Append(value.ToString(CultureInfo.InvariantCulture).PadLeft(8)).Append(" kB\n");
        }

        return text.ToString();
    }

    public static string Status(Process process, int tid)
    {
        Usage usage = Measure(process);
        GuestThread? thread = Thread(process, tid);
        Credentials ids = process.Credentials;
        (ulong ignored, ulong caught) = Dispositions(process);
        bool root = ids.Euid == 0;
        const ulong AllCapabilities = (1UL << 41) - 1;
        ulong capabilities = root ? AllCapabilities : 0;
        ulong cpus = (thread?.Affinity ?? ulong.MaxValue) & (process.Machine.CpuCount >= 64 ? ulong.MaxValue : (1UL << process.Machine.CpuCount) - 1);
        var text = new StringBuilder();
        CultureInfo c = CultureInfo.InvariantCulture;
        text.Append(c, $"Name:\t{Escape(thread?.Name is { Length: > 0 } n ? n : process.CommandName)}\nUmask:\t0{Convert.ToString(process.Fs.Umask, 8).PadLeft(3, '0')}\n");
        text.Append(c, $"State:\t{State(process, thread)}\nTgid:\t{process.Pid}\nNgid:\t0\nPid:\t{tid}\nPPid:\t{process.ParentPid}\nTracerPid:\t0\n");
        text.Append(c, $"Uid:\t{ids.Uid}\t{ids.Euid}\t{ids.Suid}\t{ids.Fsuid}\nGid:\t{ids.Gid}\t{ids.Egid}\t{ids.Sgid}\t{ids.Fsgid}\n");
        text.Append(c, $"FDSize:\t{Math.Max(64, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(process.Descriptors.OpenDescriptors.LastOrDefault() + 1)))}\n");
        text.Append("Groups:\t").AppendJoin(' ', ids.Groups).Append(ids.Groups.Length > 0 ? " \n" : " \n");
        text.Append(c, $"NStgid:\t{process.Pid}\nNSpid:\t{tid}\nNSpgid:\t{process.ProcessGroup}\nNSsid:\t{process.Session}\n");
        (string Name, long Kilobytes)[] memory =
        [
            ("VmPeak", usage.Size >> 10), ("VmSize", usage.Size >> 10), ("VmLck", 0), ("VmPin", 0), ("VmHWM", Math.Max(usage.Resident << 2, 0)), ("VmRSS", usage.Resident << 2),
            ("RssAnon", (usage.Resident - usage.ResidentFile) << 2), ("RssFile", usage.ResidentFile << 2), ("RssShmem", 0), ("VmData", usage.Data >> 10), ("VmStk", usage.Stack >> 10), ("VmExe", usage.Code >> 10),
            ("VmLib", usage.Library >> 10), ("VmPTE", 4), ("VmSwap", 0), ("HugetlbPages", 0),
        ];
        foreach ((string name, long kilobytes) in memory)
        {
            text.Append(c, $"{name}:\t{kilobytes,8} kB\n");
        }

        text.Append(c, $"CoreDumping:\t0\nTHP_enabled:\t0\nThreads:\t{process.Threads.Count}\nSigQ:\t{QueuedSignals(process)}/{process.ResourceLimits[11].Soft}\n");
        text.Append(c, $"SigPnd:\t{thread?.Signals.Pending ?? 0:x16}\nShdPnd:\t{process.SharedPending.Set:x16}\nSigBlk:\t{thread?.Signals.Mask ?? 0:x16}\nSigIgn:\t{ignored:x16}\nSigCgt:\t{caught:x16}\n");
        text.Append(c, $"CapInh:\t{0:x16}\nCapPrm:\t{capabilities:x16}\nCapEff:\t{capabilities:x16}\nCapBnd:\t{AllCapabilities:x16}\nCapAmb:\t{0:x16}\n");
        text.Append(c, $"NoNewPrivs:\t{(process.NoNewPrivileges ? 1 : 0)}\nSeccomp:\t{thread?.SeccompMode ?? 0}\nSeccomp_filters:\t{thread?.SeccompFilters?.Count ?? 0}\nSpeculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\tunknown\n");
        text.Append(c, $"Cpus_allowed:\t{cpus:x}\nCpus_allowed_list:\t{CpuList(cpus)}\nMems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
        return text.ToString();
    }

    public static string Stat(Process process, int tid)
    {
        Usage usage = Measure(process);
        GuestThread? thread = Thread(process, tid);
        ProcessLayout layout = process.Layout;
        (ulong ignored, ulong caught) = Dispositions(process);
        long user = (tid == process.Pid ? process.UserTime : thread?.UserTime ?? 0) / NanosecondsPerTick;
        long system = (tid == process.Pid ? process.SystemTime : thread?.SystemTime ?? 0) / NanosecondsPerTick;
        string name = thread?.Name is { Length: > 0 } n ? n : process.CommandName;
        ulong limit = process.ResourceLimits[5].Soft;
        return string.Create(CultureInfo.InvariantCulture,
            $"{tid} ({name}) {State(process, thread)[0]} {process.ParentPid} {process.ProcessGroup} {process.Session} {process.Terminal?.Number ?? 0} {process.Terminal?.Foreground ?? -1} 4194304 0 0 0 0 {user} {system} 0 0 20 0 {process.Threads.Count} 0 {process.StartTime / NanosecondsPerTick} {usage.Size} {usage.Resident} {limit} {layout.CodeStart} {layout.CodeEnd} {layout.StackStart} 0 0 {(thread?.Signals.Pending ?? 0) & 0x7FFFFFFF} {(thread?.Signals.Mask ?? 0) & 0x7FFFFFFF} {ignored & 0x7FFFFFFF} {caught & 0x7FFFFFFF} 0 0 0 17 {thread?.Cpu ?? 0} 0 0 0 0 0 {layout.DataStart} {layout.DataEnd} {layout.BrkStart} {layout.ArgStart} {layout.ArgEnd} {layout.EnvStart} {layout.EnvEnd} 0\n");
    }

    public static string StatM(Process process)
    {
        Usage usage = Measure(process);
        return string.Create(CultureInfo.InvariantCulture, $"{usage.Size >> 12} {usage.Resident} {usage.ResidentFile} {usage.Code >> 12} 0 {(usage.Data + usage.Stack) >> 12} 0\n");
    }

    public static string Limits(Process process)
    {
        var text = new StringBuilder();
        AppendLimit(text, "Limit", "Soft Limit", "Hard Limit", "Units");
        for (int i = 0; i < LimitNames.Length; i++)
        {
            (ulong soft, ulong hard) = process.ResourceLimits[i];
            AppendLimit(text, LimitNames[i].Name, Show(soft), Show(hard), LimitNames[i].Unit);
        }

        return text.ToString();

        static string Show(ulong value) => value == ulong.MaxValue ? "unlimited" : value.ToString(CultureInfo.InvariantCulture);

        static void AppendLimit(StringBuilder text, string name, string soft, string hard, string unit)
        {
            text.Append(name.PadRight(26)).Append(soft.PadRight(21)).Append(hard.PadRight(21)).Append(unit.PadRight(10)).Append('\n');
        }
    }

    public static string Mounts(Machine machine)
    {
        var text = new StringBuilder();
        foreach (MountInfo mount in machine.Files.Mounts)
        {
            text.Append(Escape(mount.Source)).Append(' ').Append(Escape(mount.Path)).Append(' ').Append(mount.TypeName).Append(mount.ReadOnly ? " ro" : " rw").Append(",relatime 0 0\n");
        }

        return text.ToString();
    }

    public static string MountInfo(Machine machine)
    {
        var text = new StringBuilder();
        foreach (MountInfo mount in machine.Files.Mounts)
        {
            string access = mount.ReadOnly ? "ro" : "rw";
            text.Append(CultureInfo.InvariantCulture, $"{mount.Id} {mount.ParentId} 0:{mount.Device & 0xFF} / {Escape(mount.Path)} {access},relatime - {mount.TypeName} {Escape(mount.Source)} {access}\n");
        }

        return text.ToString();
    }

    public static string DescriptorInfo(Process process, int fd)
    {
        if (!process.Descriptors.Get(fd).TryGet(out OpenFile? file, out _))
        {
            return "";
        }

        int flags = file.StatusFlags | (process.Descriptors.GetCloseOnExec(fd) is { IsSuccess: true, Value: true } ? Fcntl.O_CLOEXEC : 0);
        ulong inode = file.GetAttributes() is { IsSuccess: true } attributes ? attributes.Value.Inode : 0;
        string text = string.Create(CultureInfo.InvariantCulture,
            $"pos:\t{file.Position}\nflags:\t0{Convert.ToString(flags, 8)}\nmnt_id:\t{file.Dentry?.Mount?.Id ?? 15}\nino:\t{inode}\n");
        text += file.FdInfo;
        file.Release();
        return text;
    }

    /// <summary>A set of CPUs as a list such as 0-3,5.</summary>
    public static string CpuList(ulong cpus)
    {
        var text = new StringBuilder();
        for (int cpu = 0; cpu < 64; cpu++)
        {
            if (((cpus >> cpu) & 1) == 0)
            {
                continue;
            }

            int last = cpu;
            while (last < 63 && ((cpus >> (last + 1)) & 1) != 0)
            {
                last++;
            }

            text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{cpu}");
            if (last > cpu)
            {
                text.Append(CultureInfo.InvariantCulture, $"-{last}");
            }

            cpu = last;
        }

        return text.ToString();
    }

    /// <summary>A CPU list such as 0-3.</summary>
    public static string CpuList(Machine machine) => machine.CpuCount == 1 ? "0" : string.Create(CultureInfo.InvariantCulture, $"0-{machine.CpuCount - 1}");

    private static void AppendMapping(StringBuilder text, in VmaInfo vma)
    {
        int start = text.Length;
        text.Append(CultureInfo.InvariantCulture, $"{vma.Start:x8}-{vma.End:x8} ")
            .Append((vma.Protection & (MemoryProtection.Read | MemoryProtection.Write)) != 0 ? 'r' : '-')
            .Append((vma.Protection & MemoryProtection.Write) != 0 ? 'w' : '-')
            .Append((vma.Protection & MemoryProtection.Execute) != 0 ? 'x' : '-')
            .Append(vma.Shared ? 's' : 'p');
        text.Append(CultureInfo.InvariantCulture, $" {vma.Offset:x8} {(vma.Name.Device >> 8) & 0xFFF:x2}:{(vma.Name.Device & 0xFF) | ((vma.Name.Device >> 12) & 0xFFF00):x2} {vma.Name.Inode} ");
        if (!string.IsNullOrEmpty(vma.Name.Path))
        {
            text.Append(' ', Math.Max(0, PathColumn - (text.Length - start))).Append(vma.Name.Path.Replace("\n", "\\012", StringComparison.Ordinal));
        }

        text.Append('\n');
    }

    // The thread that reads is running; one that waits in a call sleeps.
    private static string State(Process process, GuestThread? thread) =>
        process.IsStopped ? "T (stopped)"
        : thread is not { IsDormant: true, IsCalling: true } ? "R (running)"
        : "S (sleeping)";

    private static int QueuedSignals(Process process)
    {
        lock (process.SignalLock)
        {
            return process.QueuedSignals;
        }
    }

    private static Usage Measure(Process process)
    {
        var usage = default(Usage);
        foreach (VmaInfo vma in process.Memory.Mappings)
        {
            long bytes = (long)(vma.End - vma.Start);
            bool writable = (vma.Protection & MemoryProtection.Write) != 0;
            bool file = vma.Name.Inode != 0;
            usage.Size += bytes;
            usage.Resident += vma.ResidentPages;
            usage.ResidentFile += file ? vma.ResidentPages : 0;
            if (vma.Name.Path == "[stack]")
            {
                usage.Stack += bytes;
            }
            else if (writable && !vma.Shared)
            {
                usage.Data += bytes;
            }
            else if ((vma.Protection & MemoryProtection.Execute) != 0 && file)
            {
                if (vma.Name.Path == process.ExecutablePath)
                {
                    usage.Code += bytes;
                }
                else
                {
                    usage.Library += bytes;
                }
            }
        }

        return usage;
    }

    private static (ulong Ignored, ulong Caught) Dispositions(Process process)
    {
        ulong ignored = 0;
        ulong caught = 0;
        lock (process.SignalLock)
        {
            for (int signal = 1; signal <= 64; signal++)
            {
                ulong handler = process.SignalActions[signal].Handler;
                ignored |= handler == SignalConstants.SIG_IGN ? 1UL << (signal - 1) : 0;
                caught |= handler is not (SignalConstants.SIG_IGN or SignalConstants.SIG_DFL) ? 1UL << (signal - 1) : 0;
            }
        }

        return (ignored, caught);
    }

    private static string Escape(string text) => text.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal)
        .Replace("\t", "\\011", StringComparison.Ordinal).Replace("\n", "\\012", StringComparison.Ordinal);

    private struct Usage
    {
        public long Size;
        public long Resident;
        public long ResidentFile;
        public long Data;
        public long Stack;
        public long Code;
        public long Library;
    }
}
