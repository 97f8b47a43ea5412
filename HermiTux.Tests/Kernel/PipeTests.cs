using HermiTux.Abi;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using Xunit;

namespace HermiTux.Tests.Kernel;

public sealed class PipeTests
{
    [Fact]
    public void Bytes_come_out_in_order_across_the_end_of_the_ring()
    {
        (OpenFile reader, OpenFile writer) = Pipe.Create(0, new Credentials(), 0);
        var random = new Random(7);
        var written = new Queue<byte>();
        byte[] buffer = new byte[9000];
        for (int i = 0; i < 500; i++)
        {
            random.NextBytes(buffer);
            Result<int> count = writer.Write(buffer.AsSpan(0, random.Next(1, buffer.Length)), 0);
            foreach (byte b in buffer.AsSpan(0, count.Value))
            {
                written.Enqueue(b);
            }

            Result<int> read = reader.Read(buffer.AsSpan(0, random.Next(1, buffer.Length)), 0);
            foreach (byte b in buffer.AsSpan(0, read.Value))
            {
                Assert.Equal(written.Dequeue(), b);
            }
        }
    }

    [Fact]
    public void Write_of_at_most_PIPE_BUF_is_all_or_nothing_and_a_longer_one_takes_what_fits()
    {
        (OpenFile _, OpenFile writer) = Pipe.Create(0, new Credentials(), 0);
        Assert.Equal(65536 - 100, writer.Write(new byte[65536 - 100], 0).Value);
        Assert.Equal(Errno.EAGAIN, writer.Write(new byte[101], 0).Error);
        Assert.Equal(100, writer.Write(new byte[5000], 0).Value);
        Assert.Equal(Errno.EAGAIN, writer.Write(new byte[5000], 0).Error);
    }

    [Fact]
    public void Closing_ends_gives_end_of_file_or_EPIPE()
    {
        (OpenFile reader, OpenFile writer) = Pipe.Create(0, new Credentials(), 0);
        Assert.Equal(Errno.EAGAIN, reader.Read(new byte[1], 0).Error);
        writer.Release();
        Assert.Equal(0, reader.Read(new byte[1], 0).Value);
        Assert.Equal(PollEvents.HangUp, reader.Poll());
        (reader, writer) = Pipe.Create(0, new Credentials(), 0);
        reader.Release();
        Assert.Equal(Errno.EPIPE, writer.Write(new byte[1], 0).Error);
        Assert.True(writer.Poll().HasFlag(PollEvents.Error));
    }

    [Fact]
    public void Packets_keep_their_boundaries_and_lose_what_is_not_read()
    {
        (OpenFile reader, OpenFile writer) = Pipe.Create(Fcntl.O_DIRECT, new Credentials(), 0);
        writer.Write("one"u8, 0);
        writer.Write("three"u8, 0);
        byte[] buffer = new byte[10];
        Assert.Equal(2, reader.Read(buffer.AsSpan(0, 2), 0).Value);
        Assert.Equal(5, reader.Read(buffer, 0).Value);
    }

    [Fact]
    public void Capacity_is_rounded_up_and_not_below_the_content()
    {
        (OpenFile _, OpenFile writer) = Pipe.Create(0, new Credentials(), 0);
        Pipe pipe = ((PipeEnd)writer).Pipe;
        Assert.Equal(8192, pipe.SetCapacity(5000, false).Value);
        writer.Write(new byte[8000], 0);
        Assert.Equal(Errno.EBUSY, pipe.SetCapacity(4096, false).Error);
        Assert.Equal(Errno.EPERM, pipe.SetCapacity(Pipe.MaxCapacity + 1, false).Error);
    }

    [Fact]
    public void Eventfd_counts_and_waits_at_its_limits()
    {
        var all = new EventFd(3, semaphore: false, 0);
        byte[] value = new byte[8];
        Assert.Equal(8, all.Read(value, 0).Value);
        Assert.Equal(3UL, BitConverter.ToUInt64(value));
        Assert.Equal(Errno.EAGAIN, all.Read(value, 0).Error);
        Assert.Equal(8, all.Write(BitConverter.GetBytes(ulong.MaxValue - 1), 0).Value);
        Assert.Equal(Errno.EAGAIN, all.Write(BitConverter.GetBytes(1UL), 0).Error);
        Assert.Equal(Errno.EINVAL, all.Write(BitConverter.GetBytes(ulong.MaxValue), 0).Error);
        var one = new EventFd(2, semaphore: true, 0);
        one.Read(value, 0);
        Assert.Equal(1UL, BitConverter.ToUInt64(value));
        Assert.Contains("eventfd-count:                1\n", one.FdInfo, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_locks_split_join_and_conflict()
    {
        var locks = new FileLocks();
        object first = new();
        object second = new();
        Assert.Equal(Errno.None, locks.Set(first, exclusive: true, 0, 99, 1));
        locks.Unlock(first, 40, 59);
        Assert.Equal(Errno.None, locks.Set(second, exclusive: true, 40, 59, 2));
        Assert.Equal(Errno.EAGAIN, locks.Set(second, exclusive: false, 39, 39, 2));
        Assert.Equal(new FileLockInfo(true, 60, 99, 1), locks.Test(second, true, 60, long.MaxValue));
        locks.ReleaseOwner(first);
        Assert.Equal(Errno.None, locks.Set(second, exclusive: true, 0, long.MaxValue, 2));
        Assert.Equal(new FileLockInfo(true, 0, long.MaxValue, 2), locks.Test(first, false, 1000, 1000));
    }
}
