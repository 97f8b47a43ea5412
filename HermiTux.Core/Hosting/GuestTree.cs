using HermiTux.Kernel.FileSystems;

namespace HermiTux.Hosting;

/// <summary>A machine's file tree and the file systems in it, which go with the machine.</summary>
internal sealed record GuestTree(VirtualFileSystem Files, IReadOnlyList<IFileSystem> FileSystems);
