using System.Reflection;
using HermiTux.Abi;

namespace HermiTux.Syscalls.Trace;

/// <remarks>Names of sockets' constants, taken from the tables of the ABI by their prefix.</remarks>
internal static partial class FlagNames
{
    private static readonly (ulong Value, string Name)[] s_messageFlags = Named(typeof(SocketConstants), "MSG_");
    private static readonly (ulong Value, string Name)[] s_shutdownHows = Named(typeof(SocketConstants), "SHUT_");
    private static readonly (ulong Value, string Name)[] s_socketOptions = Named(typeof(SocketConstants), "SO_");
    private static readonly (ulong Value, string Name)[] s_ipOptions = Named(typeof(InetConstants), "IP_");
    private static readonly (ulong Value, string Name)[] s_ip6Options = Named(typeof(InetConstants), "IPV6_");
    private static readonly (ulong Value, string Name)[] s_tcpOptions = Named(typeof(InetConstants), "TCP_");
    private static readonly (ulong Value, string Name)[] s_udpOptions = Named(typeof(InetConstants), "UDP_");

    /// <summary>AF_*.</summary>
    public static string SocketFamily(int family) => One(s_socketFamilies, (uint)family);

    /// <summary>MSG_*.</summary>
    public static string Message(uint flags) => Set(s_messageFlags, flags, "0");

    /// <summary>SHUT_*.</summary>
    public static string ShutdownHow(int how) => One(s_shutdownHows, (uint)how);

    /// <summary>SOL_* and IPPROTO_*.</summary>
    public static string SocketLevel(int level) => level switch
    {
        SocketConstants.SOL_SOCKET => "SOL_SOCKET",
        InetConstants.IPPROTO_IP => "SOL_IP",
        InetConstants.IPPROTO_TCP => "SOL_TCP",
        InetConstants.IPPROTO_UDP => "SOL_UDP",
        InetConstants.IPPROTO_IPV6 => "SOL_IPV6",
        NetlinkConstants.SOL_NETLINK => "SOL_NETLINK",
        _ => Hex((uint)level),
    };

    /// <summary>An option of a level.</summary>
    public static string SocketOption(int level, int option) => level switch
    {
        SocketConstants.SOL_SOCKET => One(s_socketOptions, (uint)option),
        InetConstants.IPPROTO_IP => One(s_ipOptions, (uint)option),
        InetConstants.IPPROTO_TCP => One(s_tcpOptions, (uint)option),
        InetConstants.IPPROTO_UDP => One(s_udpOptions, (uint)option),
        InetConstants.IPPROTO_IPV6 => One(s_ip6Options, (uint)option),
        _ => Hex((uint)option),
    };

    private static (ulong Value, string Name)[] Named(
        [System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicFields)] Type type, string prefix) =>
        [.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral && f.Name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(f => ((ulong)(uint)(int)f.GetRawConstantValue()!, f.Name))];
}
