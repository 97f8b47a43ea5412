using System.Buffers.Binary;
using HermiTux.Abi;

namespace HermiTux.Kernel.Sockets;

/// <summary>What a socket is called, in the form of its family: the kernel's side of struct sockaddr.</summary>
internal readonly struct SocketName
{
    /// <summary>sizeof(struct sockaddr_storage).</summary>
    public const int MaximumSize = 128;

    /// <summary>sizeof(sun_path).</summary>
    public const int UnixPathSize = 108;

    private SocketName(int family, InetEndpoint inet, UnixName? unix, uint netlinkPort, uint netlinkGroups)
    {
        Family = family;
        Inet = inet;
        Unix = unix;
        NetlinkPort = netlinkPort;
        NetlinkGroups = netlinkGroups;
    }

    /// <summary>AF_*; AF_UNSPEC when there is no name.</summary>
    public int Family { get; }

    /// <summary>For AF_INET and AF_INET6.</summary>
    public InetEndpoint Inet { get; }

    /// <summary>For AF_UNIX; null is unnamed.</summary>
    public UnixName? Unix { get; }

    /// <summary>For AF_NETLINK: nl_pid.</summary>
    public uint NetlinkPort { get; }

    /// <summary>For AF_NETLINK: nl_groups.</summary>
    public uint NetlinkGroups { get; }

    /// <summary>An internet name for a socket of a family: AF_INET6 sockets see IPv4 addresses mapped.</summary>
    public static SocketName Of(int family, InetEndpoint endpoint) => new(family, endpoint, null, 0, 0);

    /// <summary>A local name; null is unnamed.</summary>
    public static SocketName Of(UnixName? name) => new(SocketConstants.AF_UNIX, default, name, 0, 0);

    /// <summary>A netlink name.</summary>
    public static SocketName OfNetlink(uint port, uint groups) => new(SocketConstants.AF_NETLINK, default, null, port, groups);

    /// <summary>Writes the sockaddr; returns its length.</summary>
    /// <param name="destination">At least <see cref="MaximumSize"/> bytes.</param>
    public int Encode(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)Family);
        switch (Family)
        {
            case SocketConstants.AF_INET:
                destination[2..16].Clear();
                BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Inet.Port);
                BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Inet.V4);
                return 16;
            case SocketConstants.AF_INET6:
                destination[2..28].Clear();
                BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Inet.Port);
                BinaryPrimitives.WriteUInt128BigEndian(destination[8..], Inet.Address);
                BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], Inet.Scope);
                return 28;
            case SocketConstants.AF_UNIX:
                return 2 + (Unix?.Encode(destination[2..]) ?? 0);
            case SocketConstants.AF_NETLINK:
                BinaryPrimitives.WriteUInt16LittleEndian(destination[2..], 0);
                BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], NetlinkPort);
                BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], NetlinkGroups);
                return 12;
            default:
                return 0;
        }
    }

    /// <summary>
    /// Reads a sockaddr_in or sockaddr_in6 for a socket of <paramref name="family"/>. The family in the address is given back for the caller to
    /// judge; EINVAL when it is too short.
    /// </summary>
    public static Errno DecodeInet(ReadOnlySpan<byte> address, int family, out int givenFamily, out InetEndpoint endpoint)
    {
        endpoint = default;
        givenFamily = 0;
        if (address.Length < 2)
        {
            return Errno.EINVAL;
        }

        givenFamily = BinaryPrimitives.ReadUInt16LittleEndian(address);
        if (givenFamily == SocketConstants.AF_INET6 && family == SocketConstants.AF_INET6)
        {
            // SIN6_LEN_RFC2133: without the scope.
            if (address.Length < 24)
            {
                return Errno.EINVAL;
            }

            endpoint = new InetEndpoint(
                BinaryPrimitives.ReadUInt128BigEndian(address[8..]),
                BinaryPrimitives.ReadUInt16BigEndian(address[2..]),
                address.Length >= 28 ? BinaryPrimitives.ReadUInt32LittleEndian(address[24..]) : 0);
            return Errno.None;
        }

        if (family == SocketConstants.AF_INET6)
        {
            return address.Length < 24 && givenFamily != SocketConstants.AF_UNSPEC ? Errno.EINVAL : Errno.None;
        }

        if (address.Length < 16)
        {
            return Errno.EINVAL;
        }

        endpoint = new InetEndpoint(InetEndpoint.MapV4(BinaryPrimitives.ReadUInt32BigEndian(address[4..])), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
        return Errno.None;
    }
}

/// <summary>The name of a local socket (unix(7)): a path, or an abstract name, which starts with a NUL.</summary>
internal sealed class UnixName : IEquatable<UnixName>
{
    private readonly byte[] _bytes;

    /// <summary>Creates a name.</summary>
    /// <param name="bytes">sun_path: a path without its NUL, or an abstract name with its leading NUL.</param>
    public UnixName(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes.ToArray();
    }

    /// <summary>Whether it is in the abstract name space.</summary>
    public bool IsAbstract => _bytes[0] == 0;

    /// <summary>sun_path.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A path as text.</summary>
    public string Path => FileSystems.FileName.Decode(_bytes);

    /// <summary>
    /// Reads a sockaddr_un: EINVAL for another family or no name at all. A null name is the request to choose one (autobind).
    /// </summary>
    public static Errno Decode(ReadOnlySpan<byte> address, out UnixName? name)
    {
        name = null;
        if (address.Length < 2 || address.Length > 2 + SocketName.UnixPathSize || BinaryPrimitives.ReadUInt16LittleEndian(address) != SocketConstants.AF_UNIX)
        {
            return Errno.EINVAL;
        }

        if (address.Length == 2)
        {
            return Errno.None;
        }

        ReadOnlySpan<byte> path = address[2..];
        if (path[0] != 0)
        {
            int end = path.IndexOf((byte)0);
            path = end >= 0 ? path[..end] : path;
        }

        name = new UnixName(path);
        return Errno.None;
    }

    /// <summary>Writes sun_path; returns its length.</summary>
    public int Encode(Span<byte> destination)
    {
        _bytes.CopyTo(destination);
        if (IsAbstract)
        {
            return _bytes.Length;
        }

        // A path of 108 bytes has no room for its NUL in sockaddr_un, and getsockname(2) gives it one more byte all the same.
        destination[_bytes.Length] = 0;
        return _bytes.Length + 1;
    }

    /// <inheritdoc/>
    public bool Equals(UnixName? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UnixName);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => IsAbstract ? "@" + FileSystems.FileName.Decode(_bytes.AsSpan(1)).Replace('\0', '@') : Path;
}
