namespace HermiTux.Syscalls;

/// <summary>How an argument of a system call is shown in a trace.</summary>
public enum ArgumentKind : byte
{
    /// <summary>Not there.</summary>
    None,

    /// <summary>Signed decimal of 32 bits.</summary>
    Int,

    /// <summary>Signed decimal of 64 bits.</summary>
    Long,

    /// <summary>Unsigned decimal.</summary>
    Unsigned,

    /// <summary>Hexadecimal.</summary>
    Hex,

    /// <summary>Octal (modes).</summary>
    Octal,

    /// <summary>An address.</summary>
    Pointer,

    /// <summary>A file descriptor.</summary>
    Fd,

    /// <summary>A directory descriptor, AT_FDCWD by name.</summary>
    DirFd,

    /// <summary>A NUL-terminated string.</summary>
    String,

    /// <summary>A NULL-terminated array of strings.</summary>
    StringArray,

    /// <summary>A buffer that the guest passes; its length is the next argument.</summary>
    BufferIn,

    /// <summary>A buffer that the call fills; as many bytes as it returned.</summary>
    BufferOut,

    /// <summary>O_*.</summary>
    OpenFlags,

    /// <summary>AT_*.</summary>
    AtFlags,

    /// <summary>R_OK, W_OK, X_OK.</summary>
    AccessMode,

    /// <summary>SEEK_*.</summary>
    Whence,

    /// <summary>PROT_*.</summary>
    Protection,

    /// <summary>MAP_*.</summary>
    MapFlags,

    /// <summary>MREMAP_*.</summary>
    RemapFlags,

    /// <summary>MADV_*.</summary>
    Advice,

    /// <summary>F_* of fcntl(2).</summary>
    FcntlCommand,

    /// <summary>An ioctl(2) request.</summary>
    IoctlRequest,

    /// <summary>LOCK_* of flock(2).</summary>
    LockOperation,

    /// <summary>RENAME_*.</summary>
    RenameFlags,

    /// <summary>GRND_*.</summary>
    RandomFlags,

    /// <summary>STATX_*.</summary>
    StatxMask,

    /// <summary>A struct stat that the call fills.</summary>
    StatOut,

    /// <summary>A struct statx that the call fills.</summary>
    StatxOut,

    /// <summary>A struct timespec that the guest passes.</summary>
    TimespecIn,

    /// <summary>Two struct timespec that the guest passes (utimensat(2)).</summary>
    TimespecPairIn,

    /// <summary>A struct timespec that the call fills.</summary>
    TimespecOut,

    /// <summary>A struct timeval that the guest passes.</summary>
    TimevalIn,

    /// <summary>A struct timeval that the call fills.</summary>
    TimevalOut,

    /// <summary>A struct itimerval that the guest passes.</summary>
    ItimervalIn,

    /// <summary>A struct itimerval that the call fills.</summary>
    ItimervalOut,

    /// <summary>An array of struct iovec to write from; its length is the next argument.</summary>
    IovecIn,

    /// <summary>An array of struct iovec to read into; its length is the next argument.</summary>
    IovecOut,

    /// <summary>An array of struct pollfd; its length is the next argument.</summary>
    PollFds,

    /// <summary>A signal.</summary>
    Signal,

    /// <summary>SIG_BLOCK and friends.</summary>
    SignalHow,

    /// <summary>A struct sigaction that the guest passes.</summary>
    SigactionIn,

    /// <summary>A struct sigaction that the call fills.</summary>
    SigactionOut,

    /// <summary>A signal set that the guest passes.</summary>
    SigsetIn,

    /// <summary>A signal set that the call fills.</summary>
    SigsetOut,

    /// <summary>A stack_t that the guest passes.</summary>
    SignalStackIn,

    /// <summary>A stack_t that the call fills.</summary>
    SignalStackOut,

    /// <summary>CLOCK_*.</summary>
    Clock,

    /// <summary>FUTEX_*.</summary>
    FutexOperation,

    /// <summary>CLONE_*.</summary>
    CloneFlags,

    /// <summary>RLIMIT_*.</summary>
    Resource,

    /// <summary>A struct rlimit that the guest passes.</summary>
    RlimitIn,

    /// <summary>A struct rlimit that the call fills.</summary>
    RlimitOut,

    /// <summary>ARCH_*.</summary>
    ArchPrctlCode,

    /// <summary>PR_*.</summary>
    PrctlOption,

    /// <summary>Two descriptors that the call fills (pipe2(2)).</summary>
    FdPairOut,

    /// <summary>A 32-bit word that the call fills.</summary>
    IntOut,

    /// <summary>A NUL-terminated string that the call fills.</summary>
    StringOut,

    /// <summary>Directory entries that the call fills.</summary>
    DirentsOut,

    /// <summary>A struct utsname that the call fills.</summary>
    UtsnameOut,

    /// <summary>AF_*.</summary>
    SocketFamily,

    /// <summary>SOCK_*.</summary>
    SocketType,

    /// <summary>EPOLL_CTL_*.</summary>
    EpollOperation,

    /// <summary>A struct epoll_event that the guest passes.</summary>
    EpollEventIn,

    /// <summary>An array of struct epoll_event that the call fills; as many as it returned.</summary>
    EpollEventsOut,

    /// <summary>A struct sockaddr that the guest passes; its length is the next argument.</summary>
    SockaddrIn,

    /// <summary>A struct sockaddr that the call fills; the address of its length is the next argument.</summary>
    SockaddrOut,

    /// <summary>A struct msghdr to send.</summary>
    MsghdrIn,

    /// <summary>A struct msghdr to receive into.</summary>
    MsghdrOut,

    /// <summary>MSG_*.</summary>
    MessageFlags,

    /// <summary>SOL_* and IPPROTO_* of setsockopt(2).</summary>
    SocketLevel,

    /// <summary>An option of the level before it.</summary>
    SocketOption,

    /// <summary>The value of an option, an integer by its length, which is the next argument.</summary>
    SocketValueIn,

    /// <summary>SHUT_*.</summary>
    ShutdownHow,
}
