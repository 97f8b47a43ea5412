using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Loader;

/// <summary>A file that is to be executed: looked up, checked for execute permission, open for reading.</summary>
internal sealed class ProgramFile : IProgramSource, IDisposable
{
    private const uint FileTypeMask = 0xF000;
    private const uint RegularFile = 0x8000;
    private const int ExecuteAccess = 1;

    private readonly OpenFile _file;

    private ProgramFile(Dentry dentry, OpenFile file)
    {
        Dentry = dentry;
        _file = file;
    }

    /// <summary>Where it is in the tree.</summary>
    public Dentry Dentry { get; }

    /// <summary>Opens for execution (Linux's do_open_execat()).</summary>
    /// <param name="context">Who asks, and where relative paths start.</param>
    /// <param name="dentry">The file, if it is known; else the path is looked up.</param>
    /// <param name="path">The path.</param>
    /// <param name="program">The file.</param>
    /// <param name="problem">What is wrong, for people.</param>
    /// <returns>None; ENOENT and the like from path resolution; EACCES when it isn't a regular file or not executable.</returns>
    public static Errno Open(FsContext context, Dentry? dentry, string path, out ProgramFile? program, out string problem)
    {
        program = null;
        problem = "";
        Errno error = Errno.None;
        if (dentry is null && !context.Files.Resolve(context, null, path).TryGet(out dentry, out error))
        {
            problem = error == Errno.ENOENT ? "there is no such file in the guest's tree" : $"it can't be looked up ({error})";
            return error;
        }

        if ((dentry.Inode.Type & FileTypeMask) != RegularFile)
        {
            problem = "it isn't a regular file";
            return Errno.EACCES;
        }

        error = context.Files.CheckAccess(context, dentry, ExecuteAccess, effectiveIds: true);
        if (error != Errno.None)
        {
            problem = "it may not be executed: no execute permission";
            return error;
        }

        // Executing needs no read permission, so the inode is asked directly.
        if (!dentry.Inode.Open(0, dentry).TryGet(out OpenFile? file, out error))
        {
            problem = $"it can't be opened ({error})";
            return error;
        }

        program = new ProgramFile(dentry, file);
        return Errno.None;
    }

    /// <inheritdoc/>
    public Result<int> Read(Span<byte> destination, long position)
    {
        int done = 0;
        while (done < destination.Length)
        {
            if (!_file.Read(destination[done..], position + done).TryGet(out int read, out Errno error))
            {
                return error;
            }

            if (read <= 0)
            {
                break;
            }

            done += read;
        }

        return done;
    }

    /// <summary>What its segments show: the file's own pages, or plain reads where the file system has no mappings.</summary>
    public IMemoryObject GetContent()
    {
        if (_file.GetMemoryObject().TryGet(out IMemoryObject? content, out _))
        {
            return content;
        }

        return new FileContent(_file, Dentry);
    }

    /// <summary>Closes it; mappings live on.</summary>
    public void Dispose() => _file.Release();

    /// <summary>Private mappings of a file that only has read(2).</summary>
    private sealed class FileContent : IMemoryObject
    {
        private readonly OpenFile _file;
        private int _mappings;

        public FileContent(OpenFile file, Dentry dentry)
        {
            _file = file;
            InodeAttributes attributes = file.GetAttributes().Value;
            Length = attributes.Size;
            Name = new MemoryObjectName(dentry.FullPath, attributes.Device, attributes.Inode);
        }

        public long Length { get; }

        public MemoryObjectName Name { get; }

        public Errno GetPage(FrameTable frames, long pageIndex, out long frame)
        {
            frame = -1;
            return Errno.ENODEV;
        }

        public int ReadPage(long pageIndex, Span<byte> destination)
        {
            int done = 0;
            while (done < destination.Length)
            {
                Result<int> read = _file.Read(destination[done..], (pageIndex * Page.Size) + done);
                if (!read.IsSuccess)
                {
                    return -(int)read.Error;
                }

                if (read.Value <= 0)
                {
                    break;
                }

                done += read.Value;
            }

            return done;
        }

        public Errno WriteBack(FrameTable frames, long firstPage, long count) => Errno.None;

        public void Mapped()
        {
            if (Interlocked.Increment(ref _mappings) == 1)
            {
                _file.AddReference();
            }
        }

        public void Unmapped()
        {
            if (Interlocked.Decrement(ref _mappings) == 0)
            {
                _file.Release();
            }
        }
    }
}
