using System.Runtime.InteropServices;

namespace HermiTux.Kvm.Internal;

#pragma warning disable IDE1006 // kernel spelling

/// <summary>
/// Every host call of the engine: the ioctls of KVM (Documentation/virt/kvm/api.rst) and what goes with them, in the spelling of libc and the kernel.
/// </summary>
/// <remarks>Guest-controlled values never are arguments of these calls, but for registers, which KVM checks as the processor does.</remarks>
internal static unsafe partial class KvmNative
{
    public const uint KVM_GET_API_VERSION = 0xAE00;
    public const uint KVM_CREATE_VM = 0xAE01;
    public const uint KVM_CHECK_EXTENSION = 0xAE03;
    public const uint KVM_GET_VCPU_MMAP_SIZE = 0xAE04;
    public const uint KVM_GET_SUPPORTED_CPUID = 0xC008AE05;
    public const uint KVM_CREATE_VCPU = 0xAE41;
    public const uint KVM_SET_USER_MEMORY_REGION = 0x4020AE46;
    public const uint KVM_RUN = 0xAE80;
    public const uint KVM_GET_SREGS = 0x8138AE83;
    public const uint KVM_SET_SREGS = 0x4138AE84;
    public const uint KVM_SET_MSRS = 0x4008AE89;
    public const uint KVM_SET_SIGNAL_MASK = 0x4004AE8B;
    public const uint KVM_SET_CPUID2 = 0x4008AE90;
    public const uint KVM_GET_TSC_KHZ = 0xAEA3;
    public const uint KVM_GET_XSAVE = 0x9000AEA4;
    public const uint KVM_SET_XSAVE = 0x5000AEA5;
    public const uint KVM_SET_XCRS = 0x4188AEA7;

    public const int KVM_API_VERSION = 12;
    public const int KVM_CAP_USER_MEMORY = 3;
    public const int KVM_CAP_NR_MEMSLOTS = 10;
    public const int KVM_CAP_XSAVE = 55;
    public const int KVM_CAP_XCRS = 56;
    public const int KVM_CAP_SYNC_REGS = 74;
    public const int KVM_CAP_IMMEDIATE_EXIT = 136;

    public const ulong KVM_SYNC_X86_REGS = 1;
    public const ulong KVM_SYNC_X86_SREGS = 2;

    public const uint KVM_EXIT_UNKNOWN = 0;
    public const uint KVM_EXIT_IO = 2;
    public const uint KVM_EXIT_HLT = 5;
    public const uint KVM_EXIT_MMIO = 6;
    public const uint KVM_EXIT_SHUTDOWN = 8;
    public const uint KVM_EXIT_FAIL_ENTRY = 9;
    public const uint KVM_EXIT_INTERNAL_ERROR = 17;

    public const uint MSR_STAR = 0xC0000081;
    public const uint MSR_LSTAR = 0xC0000082;
    public const uint MSR_SYSCALL_MASK = 0xC0000084;

    public const int O_RDWR = 2;
    public const int O_CLOEXEC = 0x80000;
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int MAP_SHARED = 1;
    public const int MAP_PRIVATE = 2;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_NORESERVE = 0x4000;
    public const int MADV_DONTNEED = 4;
    public const int MADV_POPULATE_WRITE = 23;
    public const int SIG_BLOCK = 0;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOENT = 2;
    public const int EACCES = 13;
    public const long SYS_rt_sigprocmask = 14;
    public const long SYS_rt_sigtimedwait = 128;
    public const long SYS_gettid = 186;
    public const long SYS_tgkill = 234;

    public static readonly void* MAP_FAILED = (void*)-1;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    // Variadic in C. With integer arguments the calling convention of x86-64 is the same.
    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int munmap(void* address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int madvise(void* address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    public static partial long syscall(long number, long a, long b, long c, long d);
}
