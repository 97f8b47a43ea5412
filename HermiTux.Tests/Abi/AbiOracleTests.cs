using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using HermiTux.Abi;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Abi;

/// <summary>A C program compiled against the kernel's headers prints every constant, size and offset; ours must be the same.</summary>
public sealed class AbiOracleTests
{
    // Newer than the headers of Debian 12, internal to the kernel, or ours.
    private static readonly HashSet<string> s_notInHeaders =
    [
        "F_SEAL_EXEC", "MFD_NOEXEC_SEAL", "MFD_EXEC", "MADV_COLLAPSE", "MADV_GUARD_INSTALL", "MADV_GUARD_REMOVE", "AT_RSEQ_FEATURE_SIZE", "AT_RSEQ_ALIGN",
        "ARCH_CET_STATUS", "UTIME_NOW", "UTIME_OMIT", "PermissionBits", "F_OK", "R_OK", "W_OK", "X_OK", "SPLICE_F_MOVE", "SPLICE_F_NONBLOCK",
        "SPLICE_F_MORE", "FUTEX2_SIZE_MASK", "TFD_IOC_SET_TICKS", "FUTEX2_SIZE_U32", "FUTEX2_NUMA", "FUTEX2_MPOL", "FUTEX2_PRIVATE", "SPLICE_F_GIFT", "GRND_NONBLOCK", "GRND_RANDOM", "GRND_INSECURE",
    ];

    public static TheoryData<Type, string> Constants => new()
    {
        { typeof(Fcntl), "linux/fcntl.h linux/falloc.h linux/openat2.h linux/close_range.h linux/fs.h linux/limits.h linux/xattr.h linux/fadvise.h linux/memfd.h sys/eventfd.h" },
        { typeof(HermiTux.Abi.StatConstants), "linux/stat.h" },
        { typeof(StatxConstants), "linux/stat.h" },
        { typeof(MagicConstants), "linux/magic.h" },
        { typeof(DirentConstants), "dirent.h" },
        { typeof(MmanConstants), "linux/mman.h asm/mman.h" },
        { typeof(PollConstants), "linux/poll.h" },
        { typeof(EventPollConstants), "linux/eventpoll.h" },
        { typeof(EventFdConstants), "sys/eventfd.h sys/timerfd.h sys/signalfd.h sys/inotify.h" },
        { typeof(ClockConstants), "linux/time.h" },
        { typeof(ResourceConstants), "linux/resource.h" },
        { typeof(AuxvConstants), "linux/auxvec.h asm/auxvec.h" },
        { typeof(FutexConstants), "linux/futex.h" },
        { typeof(SchedConstants), "linux/sched.h" },
        { typeof(PrctlConstants), "linux/prctl.h asm/prctl.h" },
        { typeof(IoctlConstants), "stddef.h asm/termbits.h asm/ioctls.h linux/fs.h" },
        { typeof(TermiosConstants), "asm/termbits.h" },
        { typeof(WaitConstants), "sys/wait.h" },
        { typeof(CapabilityConstants), "linux/capability.h" },
        { typeof(SocketConstants), "sys/socket.h" },
        { typeof(InetConstants), "linux/in.h linux/in6.h linux/tcp.h linux/udp.h" },
        { typeof(NetlinkConstants), "sys/socket.h linux/netlink.h linux/rtnetlink.h linux/if_link.h linux/if_addr.h linux/if.h linux/if_arp.h linux/sock_diag.h linux/inet_diag.h" },
        { typeof(SockiosConstants), "asm/ioctls.h linux/sockios.h asm/sockios.h" },
        { typeof(MembarrierConstants), "linux/membarrier.h" },
        { typeof(PersonalityConstants), "linux/personality.h" },
        { typeof(IoprioConstants), "linux/ioprio.h" },
        { typeof(RseqConstants), "linux/rseq.h" },
        { typeof(ElfConstants), "linux/elf.h" },
        { typeof(SeccompConstants), "linux/seccomp.h" },
        { typeof(IpcConstants), "linux/shm.h linux/sem.h linux/msg.h" },
        { typeof(SignalConstants), "linux/signal.h" },
    };

    public static TheoryData<Type, string, string> Structures => new()
    {
        { typeof(Stat), "struct stat", "asm/stat.h" },
        { typeof(StatxTimestamp), "struct statx_timestamp", "linux/stat.h" },
        { typeof(Statx), "struct statx", "linux/stat.h" },
        { typeof(Statfs), "struct statfs", "asm/statfs.h" },
        { typeof(Flock), "struct flock", "linux/fcntl.h" },
        { typeof(FOwnerEx), "struct f_owner_ex", "linux/fcntl.h" },
        { typeof(OpenHow), "struct open_how", "linux/openat2.h" },
        { typeof(Iovec), "struct iovec", "linux/uio.h" },
        { typeof(Pollfd), "struct pollfd", "linux/poll.h" },
        { typeof(EpollEvent), "struct epoll_event", "linux/eventpoll.h" },
        { typeof(SignalfdSiginfo), "struct signalfd_siginfo", "linux/signalfd.h" },
        { typeof(InotifyEvent), "struct inotify_event", "linux/inotify.h" },
        { typeof(RseqCs), "struct rseq_cs", "linux/rseq.h" },
        { typeof(FutexWaitv), "struct futex_waitv", "linux/futex.h" },
        { typeof(IpcPerm), "struct ipc64_perm", "linux/ipc.h asm/ipcbuf.h" },
        { typeof(ShmidDs), "struct shmid64_ds", "linux/shm.h" },
        { typeof(SemidDs), "struct semid64_ds", "linux/sem.h" },
        { typeof(MsqidDs), "struct msqid64_ds", "linux/msg.h" },
        { typeof(Sembuf), "struct sembuf", "linux/sem.h" },
        { typeof(MqAttr), "struct mq_attr", "linux/mqueue.h" },
        { typeof(Timespec), "struct timespec", "linux/time.h" },
        { typeof(Timeval), "struct timeval", "linux/time.h" },
        { typeof(HermiTux.Abi.Timezone), "struct timezone", "linux/time.h" },
        { typeof(Itimerval), "struct itimerval", "linux/time.h" },
        { typeof(Itimerspec), "struct itimerspec", "linux/time.h" },
        { typeof(Tms), "struct tms", "linux/times.h" },
        { typeof(Utimbuf), "struct utimbuf", "linux/utime.h" },
        { typeof(Rlimit), "struct rlimit", "linux/resource.h" },
        { typeof(Rusage), "struct rusage", "linux/resource.h" },
        { typeof(NewUtsname), "struct new_utsname", "linux/utsname.h" },
        { typeof(Sysinfo), "struct sysinfo", "linux/sysinfo.h" },
        { typeof(Termios), "struct termios", "asm/termbits.h" },
        { typeof(Termios2), "struct termios2", "asm/termbits.h" },
        { typeof(Winsize), "struct winsize", "asm/termios.h" },
        { typeof(RobustListHead), "struct robust_list_head", "linux/futex.h" },
        { typeof(CloneArgs), "struct clone_args", "linux/sched.h" },
        { typeof(SchedAttr), "struct sched_attr", "linux/types.h linux/sched/types.h" },
        { typeof(CapUserHeader), "struct __user_cap_header_struct", "linux/capability.h" },
        { typeof(CapUserData), "struct __user_cap_data_struct", "linux/capability.h" },
        { typeof(Msghdr), "struct msghdr", "sys/socket.h" },
        { typeof(Ucred), "struct ucred", "sys/socket.h" },
        { typeof(Elf64Ehdr), "Elf64_Ehdr", "linux/elf.h" },
        { typeof(Elf64Phdr), "Elf64_Phdr", "linux/elf.h" },
        { typeof(Elf64Shdr), "Elf64_Shdr", "linux/elf.h" },
        { typeof(Elf64Nhdr), "Elf64_Nhdr", "linux/elf.h" },
        { typeof(Elf64Sym), "Elf64_Sym", "linux/elf.h" },
    };

    [Theory]
    [MemberData(nameof(Constants))]
    public void Constants_equal_the_headers(Type type, string headers)
    {
        FieldInfo[] constants = [.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral && !s_notInHeaders.Contains(f.Name))];
        Dictionary<string, ulong> expected = Ask(headers, constants.Select(f => (f.Name, $"(unsigned long)({f.Name})")));
        foreach (FieldInfo constant in constants)
        {
            object value = constant.GetRawConstantValue()!;
            int bits = Marshal.SizeOf(value.GetType()) * 8;
            ulong mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
            ulong ours = unchecked(value is ulong unsigned ? unsigned : (ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture)) & mask;
            Assert.True(ours == (expected[constant.Name] & mask), $"{constant.Name} is 0x{ours:x}, in C 0x{expected[constant.Name] & mask:x}");
        }
    }

    [Theory]
    [MemberData(nameof(Structures))]
    public void Structures_have_the_size_and_offsets_of_the_headers(Type type, string name, string headers)
    {
        // Padding has no name in C.
        FieldInfo[] fields = [.. type.GetFields(BindingFlags.Public | BindingFlags.Instance).Where(f => !f.Name.StartsWith("__", StringComparison.Ordinal))];
        Dictionary<string, ulong> expected = Ask(
            headers,
            fields.Select(f => (f.Name, $"__builtin_offsetof({name}, {f.Name})")).Append(("sizeof", $"sizeof({name})")));
        Assert.Equal(expected["sizeof"], (ulong)SizeOf(type));
        foreach (FieldInfo field in fields)
        {
            Assert.True(expected[field.Name] == (ulong)Marshal.OffsetOf(type, field.Name), $"{type.Name}.{field.Name}");
        }
    }

    [Fact]
    public void System_call_numbers_equal_the_headers()
    {
        // Those that Debian 12's headers know end at 450 (set_mempolicy_home_node).
        SyscallNumber[] numbers = [.. Enum.GetValues<SyscallNumber>().Where(n => (int)n <= 450)];
        Dictionary<string, ulong> expected = Ask("asm/unistd.h", numbers.Select(n => (n.ToString(), $"(unsigned long)__NR_{n}")));
        Assert.All(numbers, n => Assert.Equal(expected[n.ToString()], (ulong)n));
    }

    [Fact]
    public void Error_numbers_equal_the_headers()
    {
        string[] names = [.. Enum.GetNames<Errno>().Where(n => n != nameof(Errno.None) && (int)Enum.Parse<Errno>(n) < 512)];
        Dictionary<string, ulong> expected = Ask("errno.h", names.Select(n => (n, $"(unsigned long){n}")));
        Assert.All(names, n => Assert.Equal(expected[n], (ulong)Enum.Parse<Errno>(n)));
    }

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static Dictionary<string, ulong> Ask(string headers, IEnumerable<(string Name, string Expression)> questions)
    {
        var source = new StringBuilder("#define _GNU_SOURCE 1\n");
        foreach (string header in headers.Split(' '))
        {
            source.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        }

        source.Append("int printf(const char *, ...);\nint main(void)\n{\n");
        foreach ((string name, string expression) in questions)
        {
            source.Append(CultureInfo.InvariantCulture, $"    printf(\"{name} %lu\\n\", {expression});\n");
        }

        source.Append("    return 0;\n}\n");
        string program = GuestCompiler.Compile(source.ToString(), Toolchain.GccStatic);
        using Process process = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => ulong.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
