using System.Globalization;
using System.Text;
using HermiTux.Abi;

namespace HermiTux.Kernel.FileSystems;

/// <summary>The directory of one process in /proc (proc(5)): which files there are. What they say is in <see cref="ProcProcessText"/>.</summary>
internal sealed class ProcProcessFiles(Machine machine)
{
    /// <summary>The most of argv or the environment that is shown: a guest says where they end.</summary>
    private const ulong MaxStrings = 1 << 21;

    public Inode CreateDirectory(Process process)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/{process.Pid}");
        VirtualDirectory directory = CreateTask(process, process.Pid, path);
        directory.Add("task", new VirtualDirectory($"{path}/task", owner: Owner(process))
        {
            Find = name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int tid) && process.Threads.Any(t => t.Tid == tid)
                ? CreateTask(process, tid, $"{path}/task/{tid}") : null,
            Names = () => process.Threads.Select(t => t.Tid.ToString(CultureInfo.InvariantCulture)),
        });
        return directory;
    }

    private static Func<(uint Uid, uint Gid)> Owner(Process process) => () => (process.Credentials.Euid, process.Credentials.Egid);

    private static byte[] ReadMemory(Process process, ulong start, ulong end)
    {
        if (end <= start)
        {
            return [];
        }

        byte[] bytes = new byte[Math.Min(end - start, MaxStrings)];
        return process.Memory.TryRead(start, bytes) ? bytes : [];
    }

    private VirtualDirectory CreateTask(Process process, int tid, string path)
    {
        Func<(uint Uid, uint Gid)> owner = Owner(process);
        var directory = new VirtualDirectory(path, owner: owner) { Time = machine.RealtimeNanoseconds };
        void Add(string name, Func<string> content, uint mode = 0x124, Func<string, Errno>? write = null) =>
            AddBytes(name, () => FileName.Encode(content()), mode, write);
        void AddBytes(string name, Func<byte[]> content, uint mode = 0x124, Func<string, Errno>? write = null) =>
            directory.Add(name, new VirtualContentNode($"{path}/{name}", content, mode, owner) { Write = write, Frames = process.Machine.Frames });

        Add("status", () => ProcProcessText.Status(process, tid));
        Add("stat", () => ProcProcessText.Stat(process, tid));
        Add("statm", () => ProcProcessText.StatM(process));
        Add("maps", () => ProcProcessText.Maps(process));
        Add("smaps", () => ProcProcessText.Smaps(process));
        Add("smaps_rollup", () => ProcProcessText.SmapsRollup(process));
        string filter = "00000033\n";
        Add("coredump_filter", () => filter, 0x1A4, text =>
        {
            string digits = text.Trim().StartsWith("0x", StringComparison.Ordinal) ? text.Trim()[2..] : text.Trim();
            if (!uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value))
            {
                return Errno.EINVAL;
            }

            filter = string.Create(CultureInfo.InvariantCulture, $"{value & 0x1FF:x8}\n");
            return Errno.None;
        });
        Add("limits", () => ProcProcessText.Limits(process));
        Add("mounts", () => ProcProcessText.Mounts(machine));
        Add("mountinfo", () => ProcProcessText.MountInfo(machine));
        Add("io", () => "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n", 0x100);
        Add("cgroup", () => "0::/\n");
        Add("loginuid", () => "4294967295");
        Add("sessionid", () => "4294967295");
        Add("oom_score", () => "0\n");
        string adjustment = "0\n";
        Add("oom_score_adj", () => adjustment, 0x1A4, text =>
        {
            if (!int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) || value is < -1000 or > 1000)
            {
                return Errno.EINVAL;
            }

            adjustment = string.Create(CultureInfo.InvariantCulture, $"{value}\n");
            return Errno.None;
        });
        Add("personality", () => string.Create(CultureInfo.InvariantCulture, $"{process.Personality:x8}\n"), 0x100);
        Add("timerslack_ns", () => string.Create(CultureInfo.InvariantCulture, $"{process.TimerSlack}\n"), 0x1B6);
        Add("syscall", () => "running\n", 0x100);
        Add("stack", () => "", 0x100);
        Add("wchan", () => "0");
        Add("schedstat", () => string.Create(CultureInfo.InvariantCulture, $"{process.CpuTime} 0 0\n"));
        Add("comm", () => ProcProcessText.Thread(process, tid)?.Name is { Length: > 0 } name ? name + "\n" : process.CommandName + "\n", 0x1A4, text =>
        {
            byte[] bytes = FileName.Encode(text.TrimEnd('\n'));
            string name = FileName.Decode(bytes.AsSpan(0, Math.Min(bytes.Length, 15)));
            if (tid == process.Pid)
            {
                process.CommandName = name;
            }

            if (ProcProcessText.Thread(process, tid) is { } thread)
            {
                thread.Name = name;
            }

            return Errno.None;
        });
        AddBytes("cmdline", () => ReadMemory(process, process.Layout.ArgStart, process.Layout.ArgEnd));
        AddBytes("environ", () => ReadMemory(process, process.Layout.EnvStart, process.Layout.EnvEnd), 0x100);
        AddBytes("auxv", () => process.Layout.AuxiliaryVector, 0x100);
        directory.Add("exe", new PlaceLink($"{path}/exe", owner, () => process.Executable is { } program
            ? Result<Dentry>.Ok(program)
            : Errno.ENOENT, () => process.ExecutablePath));
        directory.Add("cwd", new PlaceLink($"{path}/cwd", owner, () => process.Fs.WorkingDirectory, null));
        directory.Add("root", new PlaceLink($"{path}/root", owner, () => process.Fs.Root, null));
        directory.Add("fd", new VirtualDirectory($"{path}/fd", 0x140, owner)
        {
            Find = name => TryFd(process, name, out int fd) ? new DescriptorLink($"{path}/fd/{name}", owner, process, fd) : null,
            Names = () => process.Descriptors.OpenDescriptors.Select(fd => fd.ToString(CultureInfo.InvariantCulture)),
        });
        directory.Add("fdinfo", new VirtualDirectory($"{path}/fdinfo", 0x140, owner)
        {
            Find = name => TryFd(process, name, out int fd)
                ? new VirtualContentNode($"{path}/fdinfo/{name}", () => Encoding.UTF8.GetBytes(ProcProcessText.DescriptorInfo(process, fd)), 0x100, owner) { Exists = () => IsOpen(process, fd) } : null,
            Names = () => process.Descriptors.OpenDescriptors.Select(fd => fd.ToString(CultureInfo.InvariantCulture)),
        });
        var net = new VirtualDirectory($"{path}/net");
        ProcNetFiles.AddTo(net, $"{path}/net", machine);
        directory.Add("net", net);
        return directory;
    }

    private static bool TryFd(Process process, string name, out int fd) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out fd) && (name.Length == 1 || name[0] != '0') && IsOpen(process, fd);

    private static bool IsOpen(Process process, int fd)
    {
        if (!process.Descriptors.Get(fd).TryGet(out OpenFile? file, out _))
        {
            return false;
        }

        file.Release();
        return true;
    }

    /// <summary>A magic link to a place: /proc/self/exe, cwd, root.</summary>
    private sealed class PlaceLink(string path, Func<(uint Uid, uint Gid)> owner, Func<Result<Dentry>> target, Func<string>? text) : ProcLink(path, owner)
    {
        public override Result<Dentry> Follow(FsContext context) => target();

        public override Result<string> ReadLink() => Text(null);

        internal override Result<string> ReadLink(FsContext context) => Text(context.Root);

        private Result<string> Text(Dentry? root)
        {
            Result<Dentry> place = target();
            return place.IsSuccess ? place.Value.PathFrom(root)
                : text?.Invoke() is { Length: > 0 } known && place.Error == Errno.ENOENT ? known + Dentry.DeletedMark : place.Error;
        }
    }

    /// <summary>A magic link to an open file: /proc/self/fd/N.</summary>
    private sealed class DescriptorLink(string path, Func<(uint Uid, uint Gid)> owner, Process process, int fd) : ProcLink(path, owner)
    {
        public override Result<InodeAttributes> GetAttributes()
        {
            // The permission bits say how the file is open.
            uint mode = StatConstants.S_IFLNK | 0x40;
            if (process.Descriptors.Get(fd).TryGet(out OpenFile? file, out _))
            {
                int access = file.StatusFlags & Fcntl.O_ACCMODE;
                mode |= (access != Fcntl.O_WRONLY ? 0x100u : 0) | (access != Fcntl.O_RDONLY ? 0x80u : 0);
                file.Release();
            }

            return base.GetAttributes().Value with { Mode = mode, Size = 64 };
        }

        public override Result<Dentry> Follow(FsContext context)
        {
            if (!process.Descriptors.Get(fd).TryGet(out OpenFile? file, out Errno error))
            {
                return error == Errno.EBADF ? Errno.ENOENT : error;
            }

            Dentry place = file.Dentry ?? Dentry.CreateDetached(file.Description, new DetachedInode(file));
            file.Release();
            return place;
        }

        public override Result<string> ReadLink() => Text(null);

        internal override Result<string> ReadLink(FsContext context) => Text(context.Root);

        private Result<string> Text(Dentry? root)
        {
            if (!process.Descriptors.Get(fd).TryGet(out OpenFile? file, out _))
            {
                return Errno.ENOENT;
            }

            string text = file.Dentry?.PathFrom(root) ?? file.Description;
            file.Release();
            return text;
        }
    }

    private abstract class ProcLink(string path, Func<(uint Uid, uint Gid)> owner) : MagicLink
    {
        private readonly VirtualLink _node = new(path, _ => "", owner);

        public override ulong Number => _node.Number;

        public override Result<InodeAttributes> GetAttributes() => _node.GetAttributes();
    }
}
