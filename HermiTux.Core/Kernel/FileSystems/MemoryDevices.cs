using HermiTux.Abi;
using HermiTux.Devices;
using HermiTux.Memory;

namespace HermiTux.Kernel.FileSystems;

/// <summary>The devices of Linux's drivers/char/mem.c (null(4), full(4), random(4)): major 1.</summary>
internal abstract class MemoryDevice(string name, uint minor) : CharacterDevice(name)
{
    public override uint Major => 1;

    public override uint? Minor => minor;
}

/// <summary>/dev/null.</summary>
internal sealed class NullDevice() : MemoryDevice("null", 3)
{
    public override int Read(Span<byte> buffer) => 0;

    public override int Write(ReadOnlySpan<byte> buffer) => buffer.Length;
}

/// <summary>/dev/zero. A private mapping is anonymous memory; a shared one is a memory file of its own.</summary>
internal sealed class ZeroDevice(MemoryFileSystem? memory) : MemoryDevice("zero", 5)
{
    public override int Read(Span<byte> buffer)
    {
        buffer.Clear();
        return buffer.Length;
    }

    public override int Write(ReadOnlySpan<byte> buffer) => buffer.Length;

    public Result<IMemoryObject> CreateMapping()
    {
        if (memory is null)
        {
            return Errno.ENODEV;
        }

        MemoryFile file = memory.CreateDetachedFile(0x1B6, 0, 0);
        file.PathName = "/dev/zero (deleted)";
        file.Content.Truncate(1L << 46);
        return Result<IMemoryObject>.Ok(file.Content);
    }
}

/// <summary>/dev/full: a disk without room.</summary>
internal sealed class FullDevice() : MemoryDevice("full", 7)
{
    public override int Read(Span<byte> buffer)
    {
        buffer.Clear();
        return buffer.Length;
    }

    public override int Write(ReadOnlySpan<byte> buffer) => -(int)Errno.ENOSPC;
}

/// <summary>/dev/random and /dev/urandom, which never wait here. What is written is mixed into nothing.</summary>
internal sealed class RandomDevice(string name, uint minor, IEntropySource entropy) : MemoryDevice(name, minor)
{
    private const uint RequestEntropyCount = 0x80045200;
    private const int EntropyBits = 256;

    public override int Read(Span<byte> buffer)
    {
        entropy.Fill(buffer);
        return buffer.Length;
    }

    public override int Write(ReadOnlySpan<byte> buffer) => buffer.Length;

    public override long Ioctl(AddressSpace memory, uint request, ulong argument) => request != RequestEntropyCount ? -(long)Errno.ENOTTY
        : memory.TryWrite(argument, EntropyBits) ? 0 : -(long)Errno.EFAULT;
}
