using System.Runtime.CompilerServices;

namespace HermiTux.Kernel.FileSystems;

/// <summary>
/// Linux's overlayfs: read-only layers below, and above them a memory file system that takes every change, so that a guest may
/// change a tree that stays as it is.
/// </summary>
/// <remarks>
/// <para>A file is copied up when it is first opened for writing or changed. What was removed below is remembered as a whiteout of the directory
/// above. Since the upper layer is in memory and goes with the machine, whiteouts, and which lower directories a directory shows, are kept
/// beside it and not in it; so directories of the lower layers can be renamed, unlike on Linux.</para>
/// <para>As on Linux, a private or shared mapping that was made before a copy-up goes on showing the lower file.</para>
/// </remarks>
public sealed class OverlayFileSystem : IFileSystem, IDisposable
{
    private const ulong FirstUpperNumber = 1UL << 48;

    private readonly IFileSystem[] _lowers;
    private readonly ConditionalWeakTable<Inode, OverlayInode> _inodes = [];
    private readonly HashSet<OverlayInode> _kept = [];

    /// <summary>Puts a memory file system over layers.</summary>
    /// <param name="lowers">The layers, uppermost first. They are never changed; disposed with the overlay.</param>
    /// <param name="upper">Takes the changes; must be empty and used by nobody else.</param>
    /// <exception cref="ArgumentException">There is no layer, or the root of one is no directory.</exception>
    public OverlayFileSystem(IReadOnlyList<IFileSystem> lowers, MemoryFileSystem upper)
    {
        ArgumentNullException.ThrowIfNull(lowers);
        ArgumentNullException.ThrowIfNull(upper);
        if (lowers.Count == 0 || lowers.Any(l => l.Root.Type != Abi.StatConstants.S_IFDIR))
        {
            throw new ArgumentException("An overlay needs at least one layer, and directories only.", nameof(lowers));
        }

        _lowers = [.. lowers];
        Upper = upper;

        // A bit of its own for each overlay upon another.
        UpperNumbers = lowers.OfType<OverlayFileSystem>().Select(l => l.UpperNumbers << 1).DefaultIfEmpty(FirstUpperNumber).Max();
        var root = (MemoryDirectory)upper.Root;
        if (lowers[0].Root.GetAttributes().TryGet(out InodeAttributes below, out _))
        {
            root.SetAttributes(new AttributeChange { Mode = below.Mode & Abi.StatConstants.PermissionBits, Uid = below.Uid, Gid = below.Gid });
        }

        RootInode = new OverlayInode(this, root, [.. _lowers.Select(l => l.Root)], null, "");
        _inodes.Add(root, RootInode);
    }

    /// <inheritdoc/>
    public string TypeName => "overlay";

    /// <inheritdoc/>
    public Inode Root => RootInode;

    internal OverlayInode RootInode { get; }

    /// <summary>Keeps the numbers of files that are only in the upper layer apart from those of the lower layers, overlays among them.</summary>
    internal ulong UpperNumbers { get; }

    internal MemoryFileSystem Upper { get; }

    /// <summary>Orders copy-up and changes of names. Recursive.</summary>
    internal Lock Lock { get; } = new();

    /// <inheritdoc/>
    public FileSystemStatistics GetStatistics() => Upper.GetStatistics() with { Type = 0x794c7630 };

    /// <summary>Disposes the layers below.</summary>
    public void Dispose()
    {
        foreach (IFileSystem lower in _lowers)
        {
            (lower as IDisposable)?.Dispose();
        }
    }

    /// <summary>The object for a file of the upper layer.</summary>
    internal OverlayInode ForUpper(MemoryInode upper, OverlayInode parent, string name)
    {
        OverlayInode inode = _inodes.GetValue(upper, u => new OverlayInode(this, (MemoryInode)u, [], parent, name));
        inode.MoveTo(parent, name);
        return inode;
    }

    /// <summary>The object for a file of a lower layer; for a directory, with the directories of further layers that it is merged with.</summary>
    internal OverlayInode ForLower(Inode[] lowers, OverlayInode parent, string name)
    {
        OverlayInode inode = _inodes.GetValue(lowers[0], _ => new OverlayInode(this, null, lowers, parent, name));
        inode.MoveTo(parent, name);
        return inode;
    }

    /// <summary>What is known of a file can't be found out again: its object stays.</summary>
    internal void Keep(OverlayInode inode) => _kept.Add(inode);

    /// <summary>A lower file was copied up: the upper file leads to the same object.</summary>
    internal void NoteCopied(MemoryInode upper, OverlayInode inode, bool hasOtherNames)
    {
        _inodes.AddOrUpdate(upper, inode);
        if (hasOtherNames)
        {
            // Its other names below must go on leading to the copy.
            _kept.Add(inode);
        }
    }
}
