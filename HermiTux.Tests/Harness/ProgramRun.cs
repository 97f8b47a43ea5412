using System.Text;

namespace HermiTux.Tests.Harness;

/// <summary>What is run and in which surroundings, the same for the host and for a guest.</summary>
internal sealed record ProgramRequest(string Program, params string[] Arguments)
{
    /// <summary>Working directory on the host; the guest sees it at <see cref="GuestDirectory"/>.</summary>
    public string? Directory { get; init; }

    /// <summary>Where the guest sees <see cref="Directory"/>; null for the same path.</summary>
    public string? GuestDirectory { get; init; }

    /// <summary>Standard input.</summary>
    public byte[] Input { get; init; } = [];

    /// <summary>The whole environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>
    {
        ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
        ["HOME"] = "/root",
        ["LANG"] = "C.UTF-8",
        ["TZ"] = "UTC",
        ["PYTHONDONTWRITEBYTECODE"] = "1",
    };

    /// <summary>Whether the guest sees the host's root, read-only, below what else is mounted: dynamic programs need their libraries.</summary>
    public bool MountHostRoot { get; init; } = true;

    /// <summary>How long a run may take before it counts as hung.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(3);
}

/// <summary>What came of it.</summary>
/// <param name="Status">Exit status as a shell shows it (128 + N for signal N).</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record ProgramRun(int Status, byte[] Output, byte[] Error)
{
    /// <summary>Standard output and status in a form that reads well in a failed assertion.</summary>
    public string Summary => $"status {Status}\n{Show(Output)}";

    /// <summary>Standard error as text.</summary>
    public string ErrorText => Encoding.UTF8.GetString(Error);

    private static string Show(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        return text.Contains('\uFFFD', StringComparison.Ordinal) || text.Contains('\0', StringComparison.Ordinal)
            ? $"{bytes.Length} bytes, SHA-256 {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))}"
            : text;
    }
}
