using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace HermiTux.Hosting.Network;

/// <summary>As much of DNS (RFC 1035) as a stub resolver in a guest needs: one question, addresses as the answer. Made for hostile input.</summary>
internal static class DnsMessage
{
    public const int MaximumQuery = 512;
    public const int NoError = 0;
    public const int ServerFailure = 2;
    public const int NameError = 3;

    private const int HeaderSize = 12;
    private const int MaximumName = 255;
    private const int TypeAddress = 1;
    private const int ClassInternet = 1;
    private const int Lifetime = 60;
    private const int MaximumAddresses = 16;

    /// <summary>The name that is asked for, and whether its IPv4 addresses are wanted; false for anything that isn't one plain question.</summary>
    public static bool TryParseQuery(ReadOnlySpan<byte> query, out string name, out bool wantsV4)
    {
        name = "";
        wantsV4 = false;
        int end = QuestionEnd(query, out string found);
        if (end < 0 || (query[2] & 0xF8) != 0)
        {
            return false;
        }

        name = found;
        wantsV4 = BinaryPrimitives.ReadUInt16BigEndian(query[(end - 4)..]) == TypeAddress && BinaryPrimitives.ReadUInt16BigEndian(query[(end - 2)..]) == ClassInternet;
        return true;
    }

    /// <summary>An answer to a query that <see cref="TryParseQuery"/> took.</summary>
    public static byte[] Answer(ReadOnlySpan<byte> query, int code, ReadOnlySpan<IPAddress> addresses)
    {
        int end = QuestionEnd(query, out _);
        addresses = addresses[..Math.Min(addresses.Length, MaximumAddresses)];
        byte[] answer = new byte[end + (16 * addresses.Length)];
        query[..end].CopyTo(answer);

        // A response, recursion available; the question as it came.
        answer[2] = (byte)(0x80 | (query[2] & 1));
        answer[3] = (byte)(0x80 | code);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(6), (ushort)addresses.Length);
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(8), 0);
        Span<byte> at = answer.AsSpan(end);
        foreach (IPAddress address in addresses)
        {
            BinaryPrimitives.WriteUInt16BigEndian(at, 0xC000 | HeaderSize);
            BinaryPrimitives.WriteUInt16BigEndian(at[2..], TypeAddress);
            BinaryPrimitives.WriteUInt16BigEndian(at[4..], ClassInternet);
            BinaryPrimitives.WriteUInt32BigEndian(at[6..], Lifetime);
            BinaryPrimitives.WriteUInt16BigEndian(at[10..], 4);
            address.GetAddressBytes().CopyTo(at[12..]);
            at = at[16..];
        }

        return answer;
    }

    // Where the one question ends; -1 if it isn't well-formed.
    private static int QuestionEnd(ReadOnlySpan<byte> query, out string name)
    {
        name = "";
        if (query.Length < HeaderSize || BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1)
        {
            return -1;
        }

        var text = new StringBuilder();
        int at = HeaderSize;
        while (at < query.Length && query[at] != 0)
        {
            int length = query[at];
            if (length > 63 || at + 1 + length >= query.Length || text.Length + length > MaximumName)
            {
                return -1;
            }

            text.Append(text.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(query.Slice(at + 1, length)));
            at += 1 + length;
        }

        name = text.ToString();
        return at + 5 <= query.Length ? at + 5 : -1;
    }
}
