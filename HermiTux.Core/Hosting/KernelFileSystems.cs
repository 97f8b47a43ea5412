using HermiTux.Devices;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Hosting;

/// <summary>Mounts the file systems that the kernel layer provides: /dev, /proc, /sys.</summary>
internal static class KernelFileSystems
{
    public static void Mount(GuestTree tree, Machine machine, IEnumerable<CharacterDevice> devices)
    {
        var dev = new DevFileSystem(tree.Files, machine.Frames, machine.Time, machine.Entropy);
        foreach (CharacterDevice device in devices)
        {
            dev.Add(device);
        }

        tree.Files.Mount("/dev", dev, readOnly: false);
        tree.FileSystems.Add(dev);
        tree.Files.Mount("/dev/pts", machine.Terminals, readOnly: false);
        tree.Files.Mount("/proc", new ProcFileSystem(machine), readOnly: false);
        tree.Files.Mount("/sys", new SysFileSystem(machine), readOnly: false);
    }
}
