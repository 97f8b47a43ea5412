using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace HermiTux.Tests.Corpus;

/// <summary>
/// A directory of its own for one run, filled with the fixtures, their times fixed so that archives come out alike.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class CorpusSandbox : IDisposable
{
    private static readonly DateTime s_fixedTime = new(2024, 2, 29, 12, 0, 0, DateTimeKind.Utc);

    private readonly string _base;

    public CorpusSandbox()
    {
        _base = Directory.CreateTempSubdirectory("hermitux-corpus-").FullName;
        WorkDirectory = Path.Combine(_base, "work");
        Copy(Path.Combine(CorpusProgram.Folder, "fixtures"), WorkDirectory);
        byte[] bytes = new byte[65536];
        ulong x = 88172645463325252;
        for (int i = 0; i < bytes.Length; i++)
        {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            bytes[i] = (byte)(x >> 32);
        }

        string binary = Path.Combine(WorkDirectory, "binary.bin");
        File.WriteAllBytes(binary, bytes);
        foreach (string file in Directory.EnumerateFiles(WorkDirectory, "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            File.SetLastWriteTimeUtc(file, s_fixedTime);
        }

        foreach (string directory in Directory.EnumerateDirectories(WorkDirectory, "*", SearchOption.AllDirectories).Reverse().Append(WorkDirectory))
        {
            Directory.SetLastWriteTimeUtc(directory, s_fixedTime);
        }
    }

    public string WorkDirectory { get; }

    /// <summary>Every path below the directory with the hash of its content or its link target, in order.</summary>
    public string Describe()
    {
        var lines = new List<string>();
        foreach (string path in Directory.EnumerateFileSystemEntries(WorkDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(path);
            string name = Path.GetRelativePath(WorkDirectory, path);
            string content = info.LinkTarget is { } target ? "-> " + target
                : Directory.Exists(path) ? "directory"
                : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))[..16];
            lines.Add($"{name} {content} {(info.LinkTarget is null ? File.GetUnixFileMode(path) : 0)}");
        }

        return string.Join('\n', lines);
    }

    public void Dispose() => Directory.Delete(_base, recursive: true);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (string directory in Directory.EnumerateDirectories(from))
        {
            Copy(directory, Path.Combine(to, Path.GetFileName(directory)));
        }
    }
}
