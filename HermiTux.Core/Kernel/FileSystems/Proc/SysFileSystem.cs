using System.Globalization;
using System.Text;

namespace HermiTux.Kernel.FileSystems;

/// <summary>/sys (sysfs(5)): the CPUs, and what Go and allocators ask about huge pages.</summary>
public sealed class SysFileSystem : IFileSystem
{
    private readonly VirtualDirectory _root;

    /// <summary>Creates /sys for a machine.</summary>
    public SysFileSystem(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _root = new VirtualDirectory("", 0x16D) { Fill = _ => AddFiles(machine) };
    }

    /// <inheritdoc/>
    public string TypeName => "sysfs";

    /// <inheritdoc/>
    public Inode Root => _root;

    /// <inheritdoc/>
    public FileSystemStatistics GetStatistics() => new(0x62656572, Memory.Page.Size, 0, 0, 0, 0, 0);

    private void AddFiles(Machine machine)
    {
        string all = ProcProcessText.CpuList(machine) + "\n";
        string cpus = "/devices/system/cpu";
        Add($"{cpus}/online", all);
        Add($"{cpus}/possible", all);
        Add($"{cpus}/present", all);
        Add($"{cpus}/offline", "\n");
        Add($"{cpus}/kernel_max", "8191\n");
        for (int cpu = 0; cpu < machine.CpuCount; cpu++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{cpus}/cpu{cpu}/topology");
            Add($"{path}/core_id", string.Create(CultureInfo.InvariantCulture, $"{cpu}\n"));
            Add($"{path}/physical_package_id", "0\n");
            Add($"{path}/thread_siblings_list", string.Create(CultureInfo.InvariantCulture, $"{cpu}\n"));
            Add($"{path}/core_siblings_list", all);
        }

        AddNode(machine, all);
        Add("/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
        Add("/kernel/mm/transparent_hugepage/defrag", "always defer defer+madvise [madvise] never\n");
        Add("/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
        Add("/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size advise [never] deny force\n");
        GetDirectory("/fs/cgroup");
        foreach (Sockets.NetworkInterface device in machine.Network.Interfaces)
        {
            AddInterface(device);
        }
    }

    // One node of memory with every CPU.
    private void AddNode(Machine machine, string cpus)
    {
        const string Nodes = "/devices/system/node";
        foreach (string name in new[] { "online", "possible", "has_cpu", "has_memory", "has_normal_memory" })
        {
            Add($"{Nodes}/{name}", "0\n");
        }

        Add($"{Nodes}/node0/cpulist", cpus);
        Add($"{Nodes}/node0/cpumap", CpuMap(machine.CpuCount) + "\n");
        Add($"{Nodes}/node0/distance", "10\n");
        Add($"{Nodes}/node0/numastat", "numa_hit 0\nnuma_miss 0\nnuma_foreign 0\ninterleave_hit 0\nlocal_node 0\nother_node 0\n");
        Add($"{Nodes}/node0/meminfo", () => string.Concat(ProcMachineFiles.MemoryInfo(machine).Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(2).Select(l => $"Node 0 {l}\n")));
        for (int cpu = 0; cpu < machine.CpuCount; cpu++)
        {
            GetDirectory(string.Create(CultureInfo.InvariantCulture, $"{Nodes}/node0/cpu{cpu}"));
        }
    }

    // bitmap_print_to_pagebuf(): words of 32 bits in hexadecimal, the highest first and without leading zeros.
    private static string CpuMap(int count)
    {
        uint highest = (uint)((1UL << (((count - 1) % 32) + 1)) - 1);
        return highest.ToString("x", CultureInfo.InvariantCulture) + string.Concat(Enumerable.Repeat(",ffffffff", (count - 1) / 32));
    }

    private void AddInterface(Sockets.NetworkInterface device)
    {
        string path = $"/class/net/{device.Name}";
        string hardware = string.Join(':', device.HardwareAddress.Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
        Add($"{path}/address", hardware + "\n");
        Add($"{path}/addr_len", "6\n");
        Add($"{path}/broadcast", device.IsLoopback ? "00:00:00:00:00:00\n" : "ff:ff:ff:ff:ff:ff\n");
        Add($"{path}/carrier", "1\n");
        Add($"{path}/flags", string.Create(CultureInfo.InvariantCulture, $"0x{device.Flags & 0xFF3F:x}\n"));
        Add($"{path}/ifindex", string.Create(CultureInfo.InvariantCulture, $"{device.Index}\n"));
        Add($"{path}/iflink", string.Create(CultureInfo.InvariantCulture, $"{device.Index}\n"));
        Add($"{path}/mtu", string.Create(CultureInfo.InvariantCulture, $"{device.Mtu}\n"));
        Add($"{path}/operstate", device.IsLoopback ? "unknown\n" : "up\n");
        Add($"{path}/tx_queue_len", "1000\n");
        Add($"{path}/type", device.IsLoopback ? "772\n" : "1\n");
        foreach (string counter in new[] { "rx_bytes", "rx_packets", "rx_errors", "rx_dropped", "tx_bytes", "tx_packets", "tx_errors", "tx_dropped" })
        {
            Add($"{path}/statistics/{counter}", "0\n");
        }
    }

    private void Add(string path, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Add(path, new VirtualContentNode(path, () => bytes));
    }

    private void Add(string path, Func<string> text) => Add(path, new VirtualContentNode(path, () => Encoding.UTF8.GetBytes(text())));

    private void Add(string path, Inode file)
    {
        int slash = path.LastIndexOf('/');
        GetDirectory(path[..slash]).Add(path[(slash + 1)..], file);
    }

    private VirtualDirectory GetDirectory(string path)
    {
        VirtualDirectory at = _root;
        string full = "";
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            full = $"{full}/{name}";
            if (at.FindFixed(name) is not VirtualDirectory next)
            {
                next = new VirtualDirectory(full);
                at.Add(name, next);
            }

            at = next;
        }

        return at;
    }
}
