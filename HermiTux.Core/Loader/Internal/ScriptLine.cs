namespace HermiTux.Loader;

/// <summary>The first line of a #! script, taken apart as Linux's load_script() does (execve(2), "Interpreter scripts").</summary>
/// <param name="Interpreter">Path of the interpreter.</param>
/// <param name="Argument">The rest of the line as one argument, null without one.</param>
internal readonly record struct ScriptLine(byte[] Interpreter, byte[]? Argument)
{
    /// <summary>How much of the file the kernel looks at.</summary>
    public const int BufferSize = 256;

    /// <summary>Whether bytes start like a script.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes.StartsWith("#!"u8);

    /// <summary>
    /// Takes a line apart.
    /// </summary>
    /// <param name="buffer">The first <see cref="BufferSize"/> bytes of the file, zeros beyond its end.</param>
    /// <param name="line">The result.</param>
    /// <returns>False (ENOEXEC) when there is no interpreter's name, or it might be cut off.</returns>
    public static bool TryParse(ReadOnlySpan<byte> buffer, out ScriptLine line)
    {
        line = default;
        if (!HasMagic(buffer))
        {
            return false;
        }

        ReadOnlySpan<byte> text = buffer[2..];
        int end = text.IndexOf((byte)'\n');
        int nul = text.IndexOf((byte)0);
        if (nul >= 0 && (end < 0 || nul < end))
        {
            // The kernel searches a C string for the newline.
            end = -1;
        }

        if (end < 0)
        {
            // No newline: the name may be cut off unless something ends it.
            end = text.Length - 1;
            int nameStart = text[..end].IndexOfAnyExcept((byte)' ', (byte)'\t');
            if (nameStart < 0 || text[nameStart..].IndexOfAny((byte)' ', (byte)'\t', (byte)0) < 0)
            {
                return false;
            }
        }

        text = text[..end].TrimEnd(" \t"u8);
        text = text[(text.Length - text.TrimStart(" \t"u8).Length)..];
        int separator = text.IndexOfAny((byte)' ', (byte)'\t', (byte)0);
        ReadOnlySpan<byte> name = separator < 0 ? text : text[..separator];
        if (name.IsEmpty)
        {
            return false;
        }

        byte[]? argument = null;
        if (separator >= 0 && text[separator] != 0)
        {
            ReadOnlySpan<byte> rest = text[separator..].TrimStart(" \t"u8);
            int restEnd = rest.IndexOf((byte)0);
            rest = restEnd < 0 ? rest : rest[..restEnd];
            argument = rest.IsEmpty ? null : rest.ToArray();
        }

        line = new ScriptLine(name.ToArray(), argument);
        return true;
    }
}
