using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using HermiTux.Abi;

namespace HermiTux.Syscalls.Trace;

/// <summary>Numbers to the names of the kernel's headers, flag sets to names joined by <c>|</c>, as strace(1) shows them.</summary>
internal static partial class FlagNames
{
    /// <summary>The name of a value whose kind has a plain table.</summary>
    public static bool TryGet(ArgumentKind kind, ulong value, [NotNullWhen(true)] out string? name)
    {
        name = kind switch
        {
            ArgumentKind.AtFlags => Set(s_atFlags, (uint)value, "0"),
            ArgumentKind.RenameFlags => Set(s_renameFlags, (uint)value, "0"),
            ArgumentKind.RandomFlags => Set(s_randomFlags, (uint)value, "0"),
            ArgumentKind.AccessMode => Set(s_accessModes, (uint)value, "F_OK"),
            ArgumentKind.LockOperation => Set(s_lockOperations, (uint)value, "0"),
            ArgumentKind.Protection => Set(s_protections, (uint)value, "PROT_NONE"),
            ArgumentKind.RemapFlags => Set(s_remapFlags, (uint)value, "0"),
            ArgumentKind.StatxMask => Set(s_statxMask, (uint)value, "0"),
            ArgumentKind.Whence => One(s_whences, (uint)value),
            ArgumentKind.Advice => One(s_advices, (uint)value),
            ArgumentKind.FcntlCommand => One(s_fcntlCommands, (uint)value),
            ArgumentKind.IoctlRequest => One(s_ioctls, (uint)value),
            ArgumentKind.SignalHow => One(s_signalHows, (uint)value),
            ArgumentKind.Clock => One(s_clocks, (uint)value),
            ArgumentKind.Resource => One(s_resources, (uint)value),
            ArgumentKind.ArchPrctlCode => One(s_archCodes, (uint)value),
            ArgumentKind.PrctlOption => One(s_prctlOptions, (uint)value),
            ArgumentKind.SocketFamily => One(s_socketFamilies, (uint)value),
            ArgumentKind.MessageFlags => Message((uint)value),
            ArgumentKind.ShutdownHow => ShutdownHow((int)value),
            ArgumentKind.SocketLevel => SocketLevel((int)value),
            ArgumentKind.EpollOperation => One(s_epollOperations, (uint)value),
            _ => null,
        };
        return name is not null;
    }

    public static string Open(int flags)
    {
        string mode = (flags & Fcntl.O_ACCMODE) switch
        {
            Fcntl.O_RDONLY => nameof(Fcntl.O_RDONLY),
            Fcntl.O_WRONLY => nameof(Fcntl.O_WRONLY),
            Fcntl.O_RDWR => nameof(Fcntl.O_RDWR),
            _ => nameof(Fcntl.O_ACCMODE),
        };
        uint rest = (uint)(flags & ~Fcntl.O_ACCMODE);
        return rest == 0 ? mode : mode + "|" + Set(s_openFlags, rest, "0");
    }

    public static string Map(int flags)
    {
        string type = (flags & MmanConstants.MAP_TYPE) switch
        {
            MmanConstants.MAP_SHARED => nameof(MmanConstants.MAP_SHARED),
            MmanConstants.MAP_PRIVATE => nameof(MmanConstants.MAP_PRIVATE),
            MmanConstants.MAP_SHARED_VALIDATE => nameof(MmanConstants.MAP_SHARED_VALIDATE),
            var other => Hex((ulong)other),
        };
        uint rest = (uint)(flags & ~MmanConstants.MAP_TYPE);
        return rest == 0 ? type : type + "|" + Set(s_mapFlags, rest, "0");
    }

    public static string Clone(ulong flags)
    {
        string names = Set(s_cloneFlags, flags & ~(ulong)SchedConstants.CSIGNAL, "0");
        int signal = (int)(flags & (ulong)SchedConstants.CSIGNAL);
        return signal == 0 ? names : names + "|" + Signal(signal);
    }

    public static string Futex(int operation)
    {
        string name = One(s_futexCommands, (uint)(operation & FutexConstants.FUTEX_CMD_MASK));
        return name + ((operation & FutexConstants.FUTEX_PRIVATE_FLAG) != 0 ? "_PRIVATE" : "") +
            ((operation & FutexConstants.FUTEX_CLOCK_REALTIME) != 0 ? "|FUTEX_CLOCK_REALTIME" : "");
    }

    public static string SocketType(int type)
    {
        int flags = type & (SocketConstants.SOCK_NONBLOCK | SocketConstants.SOCK_CLOEXEC);
        return One(s_socketTypes, (uint)(type & ~flags)) + ((flags & SocketConstants.SOCK_CLOEXEC) != 0 ? "|SOCK_CLOEXEC" : "") +
            ((flags & SocketConstants.SOCK_NONBLOCK) != 0 ? "|SOCK_NONBLOCK" : "");
    }

    public static string Signal(int signal) => signal switch
    {
        > 0 and < (int)Abi.Signal.SIGRTMIN => ((Signal)signal).ToString(),
        >= (int)Abi.Signal.SIGRTMIN and <= 64 => string.Create(CultureInfo.InvariantCulture, $"SIGRT_{signal - (int)Abi.Signal.SIGRTMIN}"),
        _ => signal.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A signal set; more than half of all is shown as the complement, with a tilde.</summary>
    public static string SignalSet(ulong set)
    {
        bool complement = System.Numerics.BitOperations.PopCount(set) > 32;
        var text = new StringBuilder(complement ? "~[" : "[");
        ulong shown = complement ? ~set : set;
        for (int signal = 1; signal <= 64; signal++)
        {
            if ((shown & (1UL << (signal - 1))) != 0)
            {
                text.Append(text[^1] == '[' ? "" : " ").Append(signal < 32 ? Signal(signal)[3..] : Signal(signal)[3..]);
            }
        }

        return text.Append(']').ToString();
    }

    public static string SignalActionFlags(ulong flags) => Set(s_actionFlags, flags, "0");

    public static string SignalStack(uint flags) => flags switch
    {
        0 => "0",
        SignalConstants.SS_ONSTACK => nameof(SignalConstants.SS_ONSTACK),
        SignalConstants.SS_DISABLE => nameof(SignalConstants.SS_DISABLE),
        _ => Hex(flags),
    };

    public static string Poll(uint events) => Set(s_pollEvents, events, "0");

    public static string Epoll(uint events) => Set(s_epollEvents, events, "0");

    private static string One((ulong Value, string Name)[] table, uint value)
    {
        foreach ((ulong known, string name) in table)
        {
            if ((uint)known == value)
            {
                return name;
            }
        }

        return Hex(value);
    }

    private static string Set((ulong Value, string Name)[] table, ulong value, string none)
    {
        if (value == 0)
        {
            return none;
        }

        var text = new StringBuilder();
        foreach ((ulong bits, string name) in table)
        {
            // Tables of 32-bit flags may hold sign-extended values.
            ulong flag = bits > uint.MaxValue && value <= uint.MaxValue ? (uint)bits : bits;
            if (flag != 0 && (value & flag) == flag)
            {
                text.Append(text.Length > 0 ? "|" : "").Append(name);
                value &= ~flag;
            }
        }

        return value == 0 ? text.ToString() : text.Append(text.Length > 0 ? "|" : "").Append(Hex(value)).ToString();
    }

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}
