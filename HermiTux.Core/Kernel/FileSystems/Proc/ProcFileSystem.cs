using System.Globalization;
using System.Text;

namespace HermiTux.Kernel.FileSystems;

/// <summary>/proc (proc(5)) of one machine: its processes, and of the machine itself what programs read.</summary>
public sealed class ProcFileSystem : IFileSystem
{
    private readonly Machine _machine;
    private readonly ProcProcessFiles _processes;

    /// <summary>Creates /proc for a machine.</summary>
    public ProcFileSystem(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _machine = machine;
        _processes = new ProcProcessFiles(machine);
        Root = CreateRoot();
    }

    /// <inheritdoc/>
    public string TypeName => "proc";

    /// <inheritdoc/>
    public Inode Root { get; }

    /// <inheritdoc/>
    public FileSystemStatistics GetStatistics() => new(0x9FA0, Memory.Page.Size, 0, 0, 0, 0, 0);

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private VirtualDirectory CreateRoot() =>
        new("")
        {
            Time = _machine.RealtimeNanoseconds,
            Fill = AddMachineFiles,
            Find = name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && name[0] != '0' && (_machine.FindProcess(pid) ?? _machine.FindThread(pid)?.Process) is { } process
                ? _processes.CreateDirectory(process) : null,
            Names = () => _machine.Processes.Select(p => p.Pid.ToString(CultureInfo.InvariantCulture)),
        };

    private void AddMachineFiles(VirtualDirectory root)
    {
        root.Add("self", new VirtualLink("/self", context => Self(context)?.Pid.ToString(CultureInfo.InvariantCulture) ?? ""))
            .Add("thread-self", new VirtualLink("/thread-self", context => Self(context) is { } process ? string.Create(CultureInfo.InvariantCulture, $"{process.Pid}/task/{process.Pid}") : ""))
            .Add("mounts", new VirtualLink("/mounts", _ => "self/mounts"))
            .Add("net", new VirtualLink("/net", _ => "self/net"))
            .Add("sys", new VirtualDirectory("/sys") { Fill = AddSysFiles });
        AddFile(root, "", "cpuinfo", () => ProcMachineFiles.CpuInfo(_machine));
        AddFile(root, "", "meminfo", () => ProcMachineFiles.MemoryInfo(_machine));
        AddFile(root, "", "stat", () => ProcMachineFiles.Stat(_machine));
        AddFile(root, "", "uptime", () => ProcMachineFiles.Uptime(_machine));
        AddFile(root, "", "loadavg", () => ProcMachineFiles.LoadAverage(_machine));
        AddFile(root, "", "version", () => $"{KernelIdentity.SystemName} version {KernelIdentity.Release} (hermitux@dotnet) {KernelIdentity.Version}\n");
        AddFile(root, "", "filesystems", () => "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tpipefs\nnodev\toverlay\nnodev\thostfs\n");
        AddFile(root, "", "cmdline", () => "\n");
        AddFile(root, "", "devices", () => "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n\nBlock devices:\n");
        AddFile(root, "", "partitions", () => "major minor  #blocks  name\n\n");
        AddFile(root, "", "swaps", () => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
        AddFile(root, "", "cgroups", () => "#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
        AddFile(root, "", "sysvipc/shm", () => ProcIpcText.Segments(_machine));
        AddFile(root, "", "sysvipc/sem", () => ProcIpcText.Semaphores(_machine));
        AddFile(root, "", "sysvipc/msg", () => ProcIpcText.Queues(_machine));
        AddFile(root, "", "vmstat", () => ProcMachineFiles.VmStat(_machine));
    }

    private Process? Self(FsContext? context) => context?.Process ?? FindByContext(context) ?? (context is null ? _machine.Processes.FirstOrDefault() : null);

    private Process? FindByContext(FsContext? context) => context is null ? null : _machine.Processes.FirstOrDefault(p => ReferenceEquals(p.Fs, context));

    private void AddSysFiles(VirtualDirectory sys)
    {
        var kernel = new VirtualDirectory("/sys/kernel");
        AddFile(kernel, "/sys/kernel", "ostype", () => KernelIdentity.SystemName + "\n");
        AddFile(kernel, "/sys/kernel", "osrelease", () => KernelIdentity.Release + "\n");
        AddFile(kernel, "/sys/kernel", "version", () => KernelIdentity.Version + "\n");
        AddFile(kernel, "/sys/kernel", "hostname", () => _machine.HostName + "\n");
        AddFile(kernel, "/sys/kernel", "domainname", () => _machine.DomainName + "\n");
        AddFile(kernel, "/sys/kernel", "pid_max", () => "4194304\n");
        AddFile(kernel, "/sys/kernel", "threads-max", () => string.Create(CultureInfo.InvariantCulture, $"{_machine.ThreadLimit}\n"));
        AddFile(kernel, "/sys/kernel", "ngroups_max", () => "65536\n");
        AddFile(kernel, "/sys/kernel", "cap_last_cap", () => "40\n");
        AddFile(kernel, "/sys/kernel", "randomize_va_space", () => "2\n");
        AddFile(kernel, "/sys/kernel", "yama/ptrace_scope", () => "0\n");
        AddFile(kernel, "/sys/kernel", "overflowuid", () => "65534\n");
        AddFile(kernel, "/sys/kernel", "overflowgid", () => "65534\n");
        AddFile(kernel, "/sys/kernel", "shmmax", () => "18446744073692774399\n");
        AddFile(kernel, "/sys/kernel", "shmall", () => "18446744073692774399\n");
        AddFile(kernel, "/sys/kernel", "shmmni", () => string.Create(CultureInfo.InvariantCulture, $"{Ipc.IpcNamespace.MaximumSegments}\n"));
        AddFile(kernel, "/sys/kernel", "sem", () => "32000\t1024000000\t500\t32000\n");
        AddFile(kernel, "/sys/kernel", "msgmax", () => "8192\n");
        AddFile(kernel, "/sys/kernel", "msgmnb", () => "16384\n");
        AddFile(kernel, "/sys/kernel", "msgmni", () => "32000\n");
        AddFile(kernel, "/sys/kernel", "sched_child_runs_first", () => "0\n");
        AddFile(kernel, "/sys/kernel", "seccomp/actions_avail", () => "kill_process kill_thread trap errno trace log allow\n");
        AddFile(kernel, "/sys/kernel", "core_pattern", () => "core\n");
        AddFile(kernel, "/sys/kernel", "perf_event_paranoid", () => "4\n");
        AddFile(kernel, "/sys/kernel", "sched_rr_timeslice_ms", () => "100\n");

        string bootId = CreateUuid();
        var random = new VirtualDirectory("/sys/kernel/random");
        AddFile(random, "/sys/kernel/random", "boot_id", () => bootId);
        AddFile(random, "/sys/kernel/random", "uuid", CreateUuid);
        AddFile(random, "/sys/kernel/random", "entropy_avail", () => "256\n");
        AddFile(random, "/sys/kernel/random", "poolsize", () => "256\n");
        kernel.Add("random", random);

        var vm = new VirtualDirectory("/sys/vm");
        AddFile(vm, "/sys/vm", "overcommit_memory", () => "1\n");
        AddFile(vm, "/sys/vm", "overcommit_ratio", () => "50\n");
        AddFile(vm, "/sys/vm", "max_map_count", () => "65530\n");
        AddFile(vm, "/sys/vm", "mmap_min_addr", () => "65536\n");
        AddFile(vm, "/sys/vm", "swappiness", () => "60\n");
        var fs = new VirtualDirectory("/sys/fs");
        AddFile(fs, "/sys/fs", "file-max", () => "9223372036854775807\n");
        AddFile(fs, "/sys/fs", "protected_hardlinks", () => "1\n");
        AddFile(fs, "/sys/fs", "nr_open", () => "1048576\n");
        AddFile(fs, "/sys/fs", "pipe-max-size", () => string.Create(CultureInfo.InvariantCulture, $"{Pipe.MaxCapacity}\n"));
        AddFile(fs, "/sys/fs", "inotify/max_queued_events", () => string.Create(CultureInfo.InvariantCulture, $"{Inotify.InotifyFile.MaximumQueuedEvents}\n"));
        AddFile(fs, "/sys/fs", "inotify/max_user_instances", () => "128\n");
        AddFile(fs, "/sys/fs", "inotify/max_user_watches", () => string.Create(CultureInfo.InvariantCulture, $"{Inotify.InotifyFile.MaximumWatches}\n"));
        AddFile(fs, "/sys/fs", "epoll/max_user_watches", () => "1048576\n");
        AddFile(fs, "/sys/fs", "mqueue/msg_max", () => "10\n");
        AddFile(fs, "/sys/fs", "mqueue/msgsize_max", () => "8192\n");
        AddFile(fs, "/sys/fs", "mqueue/queues_max", () => "256\n");
        AddFile(fs, "/sys/fs", "file-nr", () => "0\t0\t9223372036854775807\n");
        var net = new VirtualDirectory("/sys/net");
        var core = new VirtualDirectory("/sys/net/core");
        AddFile(core, "/sys/net/core", "somaxconn", () => "4096\n");
        foreach (string limit in new[] { "rmem_default", "rmem_max", "wmem_default", "wmem_max" })
        {
            AddFile(core, "/sys/net/core", limit, () => "212992\n");
        }

        var ipv4 = new VirtualDirectory("/sys/net/ipv4");
        AddFile(ipv4, "/sys/net/ipv4", "ip_local_port_range", () => "32768\t60999\n");
        AddFile(ipv4, "/sys/net/ipv4", "ip_unprivileged_port_start", () => "1024\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_rmem", () => "4096\t131072\t6291456\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_wmem", () => "4096\t16384\t4194304\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_fin_timeout", () => "60\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_keepalive_time", () => "7200\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_max_syn_backlog", () => "4096\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_congestion_control", () => "cubic\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_available_congestion_control", () => "reno cubic\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_syncookies", () => "1\n");
        AddFile(ipv4, "/sys/net/ipv4", "tcp_fastopen", () => "1\n");
        var unix = new VirtualDirectory("/sys/net/unix");
        AddFile(unix, "/sys/net/unix", "max_dgram_qlen", () => "10\n");
        net.Add("ipv4", ipv4).Add("unix", unix);
        net.Add("core", core);
        sys.Add("kernel", kernel).Add("vm", vm).Add("fs", fs).Add("net", net);
    }

    private static void AddFile(VirtualDirectory directory, string path, string name, Func<string> content)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0)
        {
            string below = $"{path}/{name[..slash]}";
            var inner = directory.FindFixed(name[..slash]) as VirtualDirectory ?? new VirtualDirectory(below);
            directory.Add(name[..slash], inner);
            AddFile(inner, below, name[(slash + 1)..], content);
            return;
        }

        directory.Add(name, new VirtualContentNode($"{path}/{name}", () => Text(content())));
    }

    /// <summary>A random (version 4) UUID from the machine's entropy.</summary>
    private string CreateUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _machine.Entropy.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D") + "\n";
    }
}
