using System.Text;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Hosting;

/// <summary>The directories and the minimal /etc of a machine on whose root nothing is mounted.</summary>
internal static class DefaultFiles
{
    private const uint Sticky = 0x3FF; // 01777

    public static void AddTo(MemoryFileSystem root, UnikernelOptions options)
    {
        foreach (string directory in new[] { "/bin", "/dev", "/etc", "/home", "/lib", "/lib64", "/proc", "/root", "/run", "/sys", "/usr/bin", "/usr/lib", "/var/lib" })
        {
            root.AddDirectory(directory);
        }

        root.AddDirectory("/tmp", Sticky);
        root.AddDirectory("/var/tmp", Sticky);
        root.AddSymbolicLink("/var/run", "/run");
        Add("/etc/passwd", Passwd(options));
        Add("/etc/group", options.GroupId == 0 ? "root:x:0:\nnogroup:x:65534:\n" : $"root:x:0:\nuser:x:{options.GroupId}:\nnogroup:x:65534:\n");
        Add("/etc/hostname", options.HostName + "\n");
        Add("/etc/hosts", $"127.0.0.1\tlocalhost\n127.0.1.1\t{options.HostName}\n::1\tlocalhost\n");
        Add("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
        Add("/etc/resolv.conf", "");
        root.AddSymbolicLink("/etc/mtab", "../proc/self/mounts");

        void Add(string path, string text) => root.AddFile(path, Encoding.UTF8.GetBytes(text));
    }

    private static string Passwd(UnikernelOptions options)
    {
        string user = options.UserId == 0 ? "" : $"user:x:{options.UserId}:{options.GroupId}::/home:/bin/sh\n";
        return $"root:x:0:0:root:/root:/bin/sh\n{user}nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
    }
}
