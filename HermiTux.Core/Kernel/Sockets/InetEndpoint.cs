using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace HermiTux.Kernel.Sockets;

/// <summary>An internet address and port. IPv4 addresses are kept as v4-mapped IPv6 ones (RFC 4291), so that one table serves both families.</summary>
internal readonly record struct InetEndpoint(UInt128 Address, ushort Port, uint Scope = 0)
{
    /// <summary>:: of IPv6, which on a dual-stack socket stands for IPv4's too.</summary>
    public static readonly UInt128 AnyV6 = UInt128.Zero;

    /// <summary>0.0.0.0.</summary>
    public static readonly UInt128 AnyV4 = MapV4(0);

    /// <summary>127.0.0.1.</summary>
    public static readonly UInt128 LoopbackV4 = MapV4(0x7F00_0001);

    /// <summary>::1.</summary>
    public static readonly UInt128 LoopbackV6 = UInt128.One;

    /// <summary>Whether it is an IPv4 address.</summary>
    public bool IsV4 => IsMapped(Address);

    /// <summary>Whether it stands for all addresses.</summary>
    public bool IsAny => Address == AnyV6 || Address == AnyV4;

    /// <summary>Whether it is a group of receivers.</summary>
    public bool IsMulticast => IsV4 ? (V4 >> 28) == 0xE : (byte)(Address >> 120) == 0xFF;

    /// <summary>Whether all hosts of a network are meant: 255.255.255.255, or the last address of loopback's.</summary>
    public bool IsBroadcast => IsV4 && V4 is uint.MaxValue or 0x7FFF_FFFF;

    /// <summary>127.0.0.0/8 or ::1.</summary>
    public bool IsLoopback => IsV4 ? V4 >> 24 == 127 : Address == LoopbackV6;

    /// <summary>The IPv4 address, in host order.</summary>
    public uint V4 => (uint)Address;

    /// <summary>An IPv4 address in IPv6's form.</summary>
    public static UInt128 MapV4(uint address) => ((UInt128)0xFFFF << 32) | address;

    /// <summary>Whether an address is in the v4-mapped range.</summary>
    public static bool IsMapped(UInt128 address) => address >> 32 == 0xFFFF;

    /// <summary>From .NET's address.</summary>
    public static UInt128 From(IPAddress address) => BinaryPrimitives.ReadUInt128BigEndian(address.MapToIPv6().GetAddressBytes());

    /// <summary>To .NET's address.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return IsV4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{new IPEndPoint(ToIPAddress(), Port)}");
}
