using System.Text;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// Linux file names are bytes, .NET's are UTF-16. Names are decoded as UTF-8, and bytes that aren't valid UTF-8 become the lone surrogates
/// U+DC80 to U+DCFF (as in Python's PEP 383), so every name survives the round trip.
/// </summary>
public static class FileName
{
    /// <summary>NAME_MAX: bytes in one component.</summary>
    public const int MaxLength = 255;

    /// <summary>PATH_MAX: bytes in a path with its NUL.</summary>
    public const int MaxPathLength = 4096;

    /// <summary>Bytes from a guest to a name.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        StringBuilder? builder = null;
        if (Encoding.UTF8.GetString(bytes) is var plain && !plain.Contains('\uFFFD', StringComparison.Ordinal))
        {
            return plain;
        }

        builder = new StringBuilder(bytes.Length);
        Span<char> chars = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed) == System.Buffers.OperationStatus.Done)
            {
                builder.Append(chars[..rune.EncodeToUtf16(chars)]);
                bytes = bytes[consumed..];
            }
            else
            {
                builder.Append((char)(0xDC00 + bytes[0]));
                bytes = bytes[1..];
            }
        }

        return builder.ToString();
    }

    /// <summary>A name to the bytes that a guest sees.</summary>
    public static byte[] Encode(string name)
    {
        bool plain = true;
        foreach (char c in name)
        {
            plain &= c is < '\uDC80' or > '\uDCFF' || !char.IsSurrogate(c);
        }

        if (plain)
        {
            return Encoding.UTF8.GetBytes(name);
        }

        var bytes = new List<byte>(name.Length + 8);
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < name.Length; i++)
        {
            if (Rune.TryGetRuneAt(name, i, out Rune rune))
            {
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                bytes.Add(name[i] is >= '\uDC80' and <= '\uDCFF' ? (byte)(name[i] - 0xDC00) : (byte)'?');
            }
        }

        return [.. bytes];
    }
}
