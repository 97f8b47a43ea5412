using System.Buffers;
using System.Text;
using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Memory;

namespace HermiTux.Syscalls.Processes;

/// <summary>uname(2), sethostname(2), sysinfo(2), getrandom(2), personality(2).</summary>
internal static class SystemInfo
{
    private const int MaximumName = 64;

    public static unsafe SyscallResult GetNames(SyscallContext context, SyscallArguments args)
    {
        NewUtsname names = default;

        // SAFETY: names is a local, and Fill stays within a field.
        Fill(names.sysname, KernelIdentity.SystemName);
        Fill(names.nodename, context.Machine.HostName);
        Fill(names.release, (context.Process.Personality & PersonalityConstants.UNAME26) != 0 ? "2.6.61-hermitux" : KernelIdentity.Release);
        Fill(names.version, KernelIdentity.Version);
        Fill(names.machine, (context.Process.Personality & PersonalityConstants.PER_MASK) == PersonalityConstants.PER_LINUX32 ? "i686" : "x86_64");
        Fill(names.domainname, context.Machine.DomainName);
        return context.Write(args.Arg0, names);

        static void Fill(byte* field, string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            bytes.AsSpan(0, Math.Min(bytes.Length, MaximumName)).CopyTo(new Span<byte>(field, MaximumName));
        }
    }

    public static SyscallResult SetHostName(SyscallContext context, SyscallArguments args)
    {
        SyscallResult result = ReadName(context, args, out string name);
        if (!result.IsError)
        {
            context.Machine.HostName = name;
        }

        return result;
    }

    public static SyscallResult SetDomainName(SyscallContext context, SyscallArguments args)
    {
        SyscallResult result = ReadName(context, args, out string name);
        if (!result.IsError)
        {
            context.Machine.DomainName = name;
        }

        return result;
    }

    public static SyscallResult GetInfo(SyscallContext context, SyscallArguments args)
    {
        FrameTable frames = context.Machine.Frames;
        var info = new Sysinfo
        {
            uptime = context.Machine.MonotonicNanoseconds / 1_000_000_000,
            totalram = (ulong)frames.LimitBytes,
            freeram = (ulong)Math.Max(0, frames.LimitBytes - frames.ResidentBytes),
            procs = (ushort)Math.Min(ushort.MaxValue, context.Machine.Processes.Sum(p => p.Threads.Count)),
            mem_unit = 1,
        };
        return context.Write(args.Arg0, info);
    }

    public static SyscallResult GetRandom(SyscallContext context, SyscallArguments args)
    {
        const int Known = Fcntl.GRND_NONBLOCK | Fcntl.GRND_RANDOM | Fcntl.GRND_INSECURE;
        int flags = (int)args.Arg2;
        if ((flags & ~Known) != 0 || (flags & (Fcntl.GRND_RANDOM | Fcntl.GRND_INSECURE)) == (Fcntl.GRND_RANDOM | Fcntl.GRND_INSECURE))
        {
            return Errno.EINVAL;
        }

        long count = (long)Math.Min(args.Arg1, int.MaxValue & ~Page.OffsetMask);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Page.Size);
        try
        {
            long done = 0;
            while (done < count)
            {
                Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(count - done, Page.Size));
                context.Machine.Entropy.Fill(chunk);
                if (!context.Memory.TryWrite(args.Arg0 + (ulong)done, chunk))
                {
                    return done > 0 ? done : Errno.EFAULT;
                }

                done += chunk.Length;
                if (context.Thread.IsInterrupted && done < count)
                {
                    break;
                }
            }

            return done;
        }
        finally
        {
            buffer.AsSpan(0, Page.Size).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>syslog(2): a log that nobody writes to.</summary>
    public static SyscallResult ReadLog(SyscallContext context, SyscallArguments args)
    {
        const int LogSize = 131072;
        int type = (int)args.Arg0;
        if (type is not (3 or 10) && context.Process.Credentials.Euid != 0)
        {
            return Errno.EPERM;
        }

        return type switch
        {
            2 or 3 or 4 => args.Arg1 == 0 || (int)args.Arg2 < 0 ? Errno.EINVAL : 0,
            8 => (int)args.Arg2 is < 1 or > 8 ? Errno.EINVAL : 0,
            0 or 1 or 5 or 6 or 7 or 9 => 0,
            10 => LogSize,
            _ => Errno.EINVAL,
        };
    }

    public static SyscallResult SetPersonality(SyscallContext context, SyscallArguments args)
    {
        uint old = context.Process.Personality;
        if ((uint)args.Arg0 != uint.MaxValue)
        {
            context.Process.Personality = (uint)args.Arg0;
        }

        return (long)old;
    }

    private static SyscallResult ReadName(SyscallContext context, in SyscallArguments args, out string name)
    {
        name = "";
        if (context.Process.Credentials.Euid != 0)
        {
            return Errno.EPERM;
        }

        if ((int)args.Arg1 is < 0 or > MaximumName)
        {
            return Errno.EINVAL;
        }

        Span<byte> bytes = stackalloc byte[(int)args.Arg1];
        if (!context.Memory.TryRead(args.Arg0, bytes))
        {
            return Errno.EFAULT;
        }

        name = Encoding.UTF8.GetString(bytes);
        return 0;
    }
}
