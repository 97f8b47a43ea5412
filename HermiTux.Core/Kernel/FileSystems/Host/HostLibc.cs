using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HermiTux.Kernel.FileSystems;

/// <summary>The host's file calls (Linux only). All take descriptors and single names; results are values or minus an errno.</summary>
internal static unsafe partial class HostLibc
{
    public const int AtFdCwd = -100;
    public const int SymlinkNoFollow = 0x100;
    public const int RemoveDirectoryFlag = 0x200;
    public const int EmptyPath = 0x1000;
    public const int OpenPath = 0x200000;
    public const int OpenCloseOnExec = 0x80000;
    public const int OpenNoControllingTerminal = 0x100;
    public const int OpenNonBlocking = 0x800;
    public const int OpenCreate = 0x40;
    public const int OpenExclusive = 0x80;
    public const uint StatxBasicAndBirth = 0xFFF;

    // These two differ between x86 and Arm.
    public static readonly int OpenDirectory = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x4000 : 0x10000;
    public static readonly int OpenNoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    private static readonly bool IsX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly long StatxNumber = IsX64 ? 332 : 291;
    private static readonly long GetDents64Number = IsX64 ? 217 : 61;
    private static readonly long RenameAt2Number = IsX64 ? 316 : 276;

    public static int OpenAt(SafeFileHandle directory, string name, int flags, uint mode, out SafeFileHandle? handle) =>
        Wrap(openat(directory, ToBytes(name), flags | OpenCloseOnExec, mode), out handle);

    public static int OpenAbsolute(string path, int flags, out SafeFileHandle? handle) =>
        Wrap(open(ToBytes(path), flags | OpenCloseOnExec, 0), out handle);

    /// <summary>Opens for real what a path descriptor stands for, through /proc: the file can't be swapped in between.</summary>
    public static int Reopen(SafeFileHandle path, int flags, out SafeFileHandle? handle)
    {
        bool added = false;
        path.DangerousAddRef(ref added);
        try
        {
            return OpenAbsolute(ProcPath(path), flags | OpenNoControllingTerminal, out handle);
        }
        finally
        {
            path.DangerousRelease();
        }
    }

    public static int Stat(SafeFileHandle directory, string name, out HostStat stat) =>
        Error(Statx(directory, ToBytes(name), name.Length == 0 ? EmptyPath : SymlinkNoFollow, out stat));

    public static int ReadLink(SafeFileHandle directory, string name, out string target)
    {
        byte[] buffer = new byte[FileName.MaxPathLength];
        long length;
        byte[] bytes = ToBytes(name);

        // SAFETY: both arrays are pinned for the call and the length passed is the buffer's.
        fixed (byte* path = bytes)
        fixed (byte* output = buffer)
        {
            length = readlinkat(directory, path, output, (nuint)buffer.Length);
        }

        target = length > 0 ? FileName.Decode(buffer.AsSpan(0, (int)length)) : "";
        return length < 0 ? -Marshal.GetLastPInvokeError() : 0;
    }

    public static int MakeDirectory(SafeFileHandle directory, string name, uint mode) => Error(mkdirat(directory, ToBytes(name), mode));

    public static int Unlink(SafeFileHandle directory, string name, bool isDirectory) =>
        Error(unlinkat(directory, ToBytes(name), isDirectory ? RemoveDirectoryFlag : 0));

    public static int SymbolicLink(string target, SafeFileHandle directory, string name) => Error(symlinkat(ToBytes(target), directory, ToBytes(name)));

    public static int Link(SafeFileHandle oldDirectory, string oldName, SafeFileHandle newDirectory, string newName) =>
        Error(linkat(oldDirectory, ToBytes(oldName), newDirectory, ToBytes(newName), 0));

    public static int Rename(SafeFileHandle oldDirectory, string oldName, SafeFileHandle newDirectory, string newName, uint flags)
    {
        bool first = false;
        bool second = false;
        oldDirectory.DangerousAddRef(ref first);
        newDirectory.DangerousAddRef(ref second);
        try
        {
            // SAFETY: the names are pinned and the descriptors held for the call.
            fixed (byte* from = ToBytes(oldName))
            fixed (byte* to = ToBytes(newName))
            {
                return Error((int)syscall(RenameAt2Number, (long)oldDirectory.DangerousGetHandle(), (long)from, (long)newDirectory.DangerousGetHandle(), (long)to, flags));
            }
        }
        finally
        {
            oldDirectory.DangerousRelease();
            newDirectory.DangerousRelease();
        }
    }

    /// <summary>chmod(2) of what a descriptor (O_PATH too) stands for.</summary>
    public static int ChangeMode(SafeFileHandle file, uint mode) => OnProcPath(file, p => chmod(p, mode));

    public static int ChangeOwner(SafeFileHandle file, uint uid, uint gid) => Error(fchownat(file, ToBytes(""), uid, gid, EmptyPath));

    /// <summary>utimensat(2); null leaves a time as it is.</summary>
    public static int ChangeTimes(SafeFileHandle file, long? access, long? modification)
    {
        const long Omit = (1L << 30) - 2;
        const long NanosecondsPerSecond = 1_000_000_000;
        long* times = stackalloc long[4];
        Split(access, times);
        Split(modification, times + 2);
        return OnProcPath(file, p => utimensat(AtFdCwd, p, times, 0));

        static void Split(long? nanoseconds, long* spec)
        {
            long seconds = Math.DivRem(nanoseconds ?? 0, NanosecondsPerSecond, out long rest);
            spec[0] = rest < 0 ? seconds - 1 : seconds;
            spec[1] = nanoseconds is null ? Omit : rest < 0 ? rest + NanosecondsPerSecond : rest;
        }
    }

    public static int Truncate(SafeFileHandle file, long length) => Error(ftruncate(file, length));

    public static int Allocate(SafeFileHandle file, int mode, long offset, long length) => Error(fallocate(file, mode, offset, length));

    public static int Synchronize(SafeFileHandle file) => Error(fsync(file));

    public static long Seek(SafeFileHandle file, long offset, int whence)
    {
        long result = lseek(file, offset, whence);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    public static int Read(SafeFileHandle file, Span<byte> buffer, long position)
    {
        // SAFETY: the span is pinned for the call; the kernel writes at most its length.
        fixed (byte* data = buffer)
        {
            nint count = pread(file, data, (nuint)buffer.Length, position);
            return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
        }
    }

    public static int Write(SafeFileHandle file, ReadOnlySpan<byte> buffer, long position)
    {
        // SAFETY: as in Read; the kernel only reads.
        fixed (byte* data = buffer)
        {
            nint count = pwrite(file, data, (nuint)buffer.Length, position);
            return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
        }
    }

    public static int ReadDirectory(SafeFileHandle directory, Span<byte> buffer)
    {
        bool added = false;
        directory.DangerousAddRef(ref added);
        try
        {
            // SAFETY: as in Read.
            fixed (byte* data = buffer)
            {
                long count = syscall(GetDents64Number, directory.DangerousGetHandle(), (long)data, buffer.Length, 0, 0);
                return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
            }
        }
        finally
        {
            directory.DangerousRelease();
        }
    }

    /// <summary>statfs(2) of an open file: type, block size, blocks, free, files, free files.</summary>
    public static int GetStatistics(SafeFileHandle file, out FileSystemStatistics statistics)
    {
        long* buffer = stackalloc long[32];
        int result = Error(fstatfs(file, buffer));
        statistics = new FileSystemStatistics(buffer[0], buffer[1], buffer[2], buffer[4], buffer[5], buffer[6], 0);
        return result;
    }

    private static int Statx(SafeFileHandle directory, byte[] name, int flags, out HostStat stat)
    {
        bool added = false;
        directory.DangerousAddRef(ref added);
        try
        {
            HostStat result = default;
            int error;

            // SAFETY: HostStat has the 256 bytes of struct statx; the name is pinned, the descriptor held for the call.
            fixed (byte* path = name)
            {
                error = (int)syscall(StatxNumber, directory.DangerousGetHandle(), (long)path, flags, StatxBasicAndBirth, (long)&result);
            }

            stat = result;
            return error;
        }
        finally
        {
            directory.DangerousRelease();
        }
    }

    private static int OnProcPath(SafeFileHandle file, Func<byte[], int> call)
    {
        bool added = false;
        file.DangerousAddRef(ref added);
        try
        {
            return Error(call(ToBytes(ProcPath(file))));
        }
        finally
        {
            file.DangerousRelease();
        }
    }

    private static string ProcPath(SafeFileHandle file) => string.Create(null, $"/proc/self/fd/{(long)file.DangerousGetHandle()}");

    private static int Wrap(int descriptor, out SafeFileHandle? handle)
    {
        if (descriptor < 0)
        {
            handle = null;
            return -Marshal.GetLastPInvokeError();
        }

        handle = new SafeFileHandle(descriptor, ownsHandle: true);
        return 0;
    }

    private static int Error(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    private static byte[] ToBytes(string name)
    {
        byte[] bytes = FileName.Encode(name);
        Array.Resize(ref bytes, bytes.Length + 1);
        return bytes;
    }

#pragma warning disable SA1300, IDE1006 // Native spelling.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte[] path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(SafeFileHandle directory, byte[] path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(SafeFileHandle directory, byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(SafeFileHandle directory, byte[] path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(SafeFileHandle directory, byte[] path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlinkat(byte[] target, SafeFileHandle directory, byte[] path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int linkat(SafeFileHandle oldDirectory, byte[] oldPath, SafeFileHandle newDirectory, byte[] newPath, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chmod(byte[] path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchownat(SafeFileHandle directory, byte[] path, uint uid, uint gid, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int utimensat(int directory, byte[] path, long* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatfs(SafeFileHandle file, long* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long a, long b, long c, long d, long e);
#pragma warning restore SA1300, IDE1006
}

/// <summary>struct statx of the host's kernel, the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct HostStat
{
    public uint Mask;
    public uint BlockSize;
    public ulong Attributes;
    public uint Links;
    public uint Uid;
    public uint Gid;
    public ushort Mode;
    private readonly ushort _spare;
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AttributesMask;
    public HostTimestamp AccessTime;
    public HostTimestamp BirthTime;
    public HostTimestamp ChangeTime;
    public HostTimestamp ModificationTime;
    public uint RawMajor;
    public uint RawMinor;
    public uint DeviceMajor;
    public uint DeviceMinor;

    public readonly uint Type => Mode & Abi.StatConstants.S_IFMT;

    public readonly (ulong Device, ulong Inode) Key => (DeviceRegistry.MakeNumber(DeviceMajor, DeviceMinor), Inode);
}

/// <summary>struct statx_timestamp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HostTimestamp
{
    public long Seconds;
    public uint Nanoseconds;
    private readonly int _spare;

    public readonly long Total => (Seconds * 1_000_000_000) + Nanoseconds;
}
