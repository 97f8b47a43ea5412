namespace HermiTux;

/// <summary>Where the program comes from.</summary>
public abstract record ProgramSource
{
    private protected ProgramSource(string path)
    {
        Path = path;
    }

    /// <summary>The path as given, for argv[0] and messages.</summary>
    public string Path { get; }

    /// <summary>A file of the guest's tree. A name without a slash is looked up in the guest's PATH.</summary>
    public static ProgramSource Guest(string path) => new GuestProgram(path);

    /// <summary>
    /// A file of the guest's tree, or, if there is none at that path, the host's file of the same name, placed there.
    /// </summary>
    public static ProgramSource GuestOrHost(string path) => new GuestOrHostProgram(path);

    /// <summary>A file of the host, placed in the guest's tree.</summary>
    /// <param name="hostPath">The host's file.</param>
    /// <param name="guestPath">Where the guest sees it; null is its absolute path on the host.</param>
    public static ProgramSource Host(string hostPath, string? guestPath = null) => new HostProgram(hostPath, guestPath);

    /// <summary>A program in memory, placed in the guest's tree.</summary>
    /// <param name="image">The file's bytes.</param>
    /// <param name="guestPath">Where the guest sees it.</param>
    public static ProgramSource Image(ReadOnlyMemory<byte> image, string guestPath = "/program") => new ImageProgram(image, guestPath);

    internal sealed record GuestProgram(string GivenPath) : ProgramSource(GivenPath);

    internal sealed record GuestOrHostProgram(string GivenPath) : ProgramSource(GivenPath);

    internal sealed record HostProgram(string HostPath, string? GuestPath) : ProgramSource(HostPath);

    internal sealed record ImageProgram(ReadOnlyMemory<byte> Bytes, string GuestPath) : ProgramSource(GuestPath);
}
