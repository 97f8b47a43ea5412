using HermiTux.Kernel.FileSystems;
using HermiTux.Kernel.Futexes;
using HermiTux.Kernel.Sockets;
using HermiTux.Kernel.Terminals;
using HermiTux.Memory;

namespace HermiTux.Kernel;

public sealed partial class Machine
{
    private MemoryFileSystem? _detachedFiles;
    private NetworkStack? _network;
    private PseudoTerminals? _terminals;
    private AddressSpace? _noMemory;

    /// <summary>Where files without a name live (memfd_create(2)); mounted nowhere.</summary>
    internal MemoryFileSystem DetachedFiles =>
        _detachedFiles ?? Interlocked.CompareExchange(ref _detachedFiles, new MemoryFileSystem(Frames, Time, sizeLimit: Frames.LimitBytes), null) ?? _detachedFiles;

    /// <summary>Where nothing is mapped and nothing can be: the memory of threads that have been ended.</summary>
    internal AddressSpace NoMemory => _noMemory ?? Interlocked.CompareExchange(ref _noMemory, new AddressSpace(Frames) { MaximumAddress = Page.Size }, null) ?? _noMemory;

    /// <summary>The waiters of futex(2).</summary>
    internal FutexTable Futexes { get; } = new();

    /// <summary>Sockets: names, ports, interfaces.</summary>
    internal NetworkStack Network => _network ?? Interlocked.CompareExchange(ref _network, new NetworkStack(this), null) ?? _network;

    /// <summary>Pseudo-terminals, the embedder's among them.</summary>
    internal PseudoTerminals Terminals => _terminals ?? Interlocked.CompareExchange(ref _terminals, new PseudoTerminals(this), null) ?? _terminals;

    /// <summary>System V IPC and POSIX message queues.</summary>
    internal Ipc.IpcNamespace Ipc { get; } = new();

    /// <summary>How execve(2) lays programs out.</summary>
    internal LoaderOptions LoaderOptions { get; set; } = new();
}
