using System.Globalization;
using HermiTux.Abi;
using HermiTux.Kernel.FileSystems;

namespace HermiTux.Kernel.Terminals;

/// <summary>The pseudo-terminals of a machine, and devpts: the file system at /dev/pts with their slaves. Thread-safe.</summary>
internal sealed class PseudoTerminals : IFileSystem
{
    /// <summary>UNIX98_PTY_SLAVE_MAJOR.</summary>
    public const uint SlaveMajor = 136;

    private const uint MasterMajor = 5;
    private const uint MasterMinor = 2;
    private const uint TerminalMinor = 0;
    private const uint ConsoleMinor = 1;
    private const int Maximum = 4096;
    private const long DevPtsMagic = 0x1CD1;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, (PseudoTerminal Terminal, SlaveNode Node)> _terminals = [];
    private readonly Machine _machine;

    public PseudoTerminals(Machine machine)
    {
        _machine = machine;
        var root = new VirtualDirectory("", 0x1ED)
        {
            Time = machine.RealtimeNanoseconds,
            Find = name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? NodeOf(index) : null,
            Names = () =>
            {
                lock (_lock)
                {
                    return [.. _terminals.Keys.Select(i => i.ToString(CultureInfo.InvariantCulture))];
                }
            },
        };
        Root = root;
        machine.Files.Devices.RegisterOpener(DeviceRegistry.MakeNumber(MasterMajor, MasterMinor), OpenMaster);
        machine.Files.Devices.RegisterOpener(DeviceRegistry.MakeNumber(MasterMajor, TerminalMinor), OpenControlling);
        machine.Files.Devices.RegisterOpener(DeviceRegistry.MakeNumber(MasterMajor, ConsoleMinor), OpenConsole);
        root.Add("ptmx", new DeviceNode("/ptmx", 0, MasterMajor, MasterMinor));
    }

    public string TypeName => "devpts";

    public Inode Root { get; }

    public FileSystemStatistics GetStatistics() => new(DevPtsMagic, Memory.Page.Size, 0, 0, 0, 0, 0);

    public void Remove(PseudoTerminal terminal)
    {
        lock (_lock)
        {
            _terminals.Remove(terminal.Index);
        }
    }

    /// <summary>Makes the terminal that the embedder plays: the controlling one of a process, and a file of it.</summary>
    public (PseudoTerminal Terminal, OpenFile Slave) AddConsole(Process process)
    {
        var terminal = new PseudoTerminal(_machine, 0, isConsole: true) { Session = process.Session, Foreground = process.ProcessGroup };
        var node = new SlaveNode(terminal, process.Credentials.Fsuid, process.Credentials.Fsgid);
        lock (_lock)
        {
            _terminals.Add(0, (terminal, node));
        }

        process.Terminal = terminal;
        Result<OpenFile> opened = _machine.Files.Open(process.Fs, null, "/dev/pts/0", Fcntl.O_RDWR, 0);
        if (opened.TryGet(out OpenFile? file, out _) && file is PseudoTerminalSlave slave && slave.Terminal == terminal)
        {
            return (terminal, file);
        }

        // No /dev/pts in this tree, or another one: the terminal is there without a name.
        file?.Release();
        return (terminal, new PseudoTerminalSlave(terminal, Fcntl.O_RDWR, null, node));
    }

    private SlaveNode? NodeOf(int index)
    {
        lock (_lock)
        {
            return _terminals.TryGetValue(index, out (PseudoTerminal Terminal, SlaveNode Node) found) ? found.Node : null;
        }
    }

    private Result<OpenFile> OpenMaster(int flags, Dentry dentry, Inode inode)
    {
        lock (_lock)
        {
            if (_terminals.Count >= Maximum)
            {
                return Errno.ENOSPC;
            }

            int index = 0;
            while (_terminals.ContainsKey(index))
            {
                index++;
            }

            var terminal = new PseudoTerminal(_machine, index);
            Credentials? owner = GuestThread.Current?.Process.Credentials;
            _terminals.Add(index, (terminal, new SlaveNode(terminal, owner?.Fsuid ?? 0, owner?.Fsgid ?? 0)));
            return new PseudoTerminalMaster(this, terminal, flags, dentry, inode);
        }
    }

    // /dev/tty: the controlling terminal of whoever opens it.
    private static Result<OpenFile> OpenControlling(int flags, Dentry dentry, Inode inode) =>
        GuestThread.Current?.Process.Terminal is { } terminal ? new PseudoTerminalSlave(terminal, flags | Fcntl.O_NOCTTY, dentry, inode) : Errno.ENXIO;

    // /dev/console: the embedder's terminal; without one there is no such device.
    private Result<OpenFile> OpenConsole(int flags, Dentry dentry, Inode inode)
    {
        lock (_lock)
        {
            return _terminals.TryGetValue(0, out (PseudoTerminal Terminal, SlaveNode Node) first) && first.Terminal.IsConsole
                ? new PseudoTerminalSlave(first.Terminal, flags | Fcntl.O_NOCTTY, dentry, inode)
                : Errno.ENXIO;
        }
    }

    /// <summary>A device node that code makes up.</summary>
    private class DeviceNode(string path, uint mode, uint major, uint minor) : VirtualNode(path, StatConstants.S_IFCHR | mode, null)
    {
        public override Result<InodeAttributes> GetAttributes() => base.GetAttributes().Value with { RawDevice = DeviceRegistry.MakeNumber(major, minor) };

        public override Result<OpenFile> Open(int flags, Dentry dentry) => Errno.ENXIO;
    }

    /// <summary>/dev/pts/N: owned by who opened the master, and changeable as a file.</summary>
    private sealed class SlaveNode(PseudoTerminal terminal, uint uid, uint gid)
        : DeviceNode(string.Create(CultureInfo.InvariantCulture, $"/{terminal.Index}"), 0, SlaveMajor, (uint)terminal.Index)
    {
        private uint _mode = 0x190; // 0620
        private uint _uid = uid;
        private uint _gid = gid;

        public override Result<InodeAttributes> GetAttributes() => base.GetAttributes().Value with { Mode = StatConstants.S_IFCHR | _mode, Uid = _uid, Gid = _gid };

        public override Errno SetAttributes(in AttributeChange change)
        {
            _mode = change.Mode ?? _mode;
            _uid = change.Uid ?? _uid;
            _gid = change.Gid ?? _gid;
            return Errno.None;
        }

        public override Result<OpenFile> Open(int flags, Dentry dentry) => terminal.IsLocked ? Errno.EIO : new PseudoTerminalSlave(terminal, flags, dentry, this);
    }
}
