using System.Runtime.InteropServices;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>
/// A space with a window. Accesses through the window are made by the host's kernel (pread and pwrite with the host address as buffer),
/// which answers EFAULT where the processor would fault.
/// </summary>
internal sealed unsafe partial class WindowFixture : IDisposable
{
    public const MemoryProtection ReadWrite = MemoryProtection.Read | MemoryProtection.Write;

    private readonly int _scratch;

    public WindowFixture(ulong maximumAddress = 1UL << 40, long limitBytes = 1L << 30)
    {
        if (!GuestWindow.IsSupported(out string? reason))
        {
            Assert.Skip(reason!);
        }

        Memory = new MemoryFixture("memfile", limitBytes, maximumAddress);
        Memory.Space.MmapBase = Math.Min(0x7000_0000, maximumAddress);
        try
        {
            Window = new GuestWindow(Memory.Space);
        }
        catch (IOException e)
        {
            Memory.Dispose();
            Assert.Skip(e.Message);
        }

        _scratch = LinuxMemory.memfd_create("hermitux-test", LinuxMemory.MFD_CLOEXEC);
    }

    public MemoryFixture Memory { get; }

    public AddressSpace Space => Memory.Space;

    public GuestWindow Window { get; } = null!;

    /// <summary>Faults that were resolved so far.</summary>
    public int Faults { get; private set; }

    /// <summary>What a load of 8 bytes finds without any help; false for a fault.</summary>
    public bool TryLoad(ulong address, out ulong value)
    {
        ulong loaded = 0;
        bool done = pwrite(_scratch, Window.Base + address, 8, (address & 0xFFF) * 8) == 8
            && pread(_scratch, &loaded, 8, (address & 0xFFF) * 8) == 8;
        value = loaded;
        return done;
    }

    /// <summary>A store of 8 bytes; false for a fault.</summary>
    public bool TryStore(ulong address, ulong value)
    {
        // Each thread has its own place in the scratch file.
        ulong slot = 0x10_0000 + ((ulong)Environment.CurrentManagedThreadId * 8);
        return pwrite(_scratch, &value, 8, slot) == 8 && pread(_scratch, Window.Base + address, 8, slot) == 8;
    }

    /// <summary>Whether one byte can be loaded and stored now.</summary>
    public (bool Load, bool Store) Rights(ulong address)
    {
        byte saved;
        bool load = pwrite(_scratch, Window.Base + address, 1, 0x20_0000) == 1 && pread(_scratch, &saved, 1, 0x20_0000) == 1;
        return (load, load && pread(_scratch, Window.Base + address, 1, 0x20_0000) == 1);
    }

    /// <summary>A store as the engine does it: faults are resolved until it is done or can't be done.</summary>
    public MemoryFaultKind Store(ulong address, ulong value) => Do(address, MemoryAccess.Write, () => TryStore(address, value));

    /// <summary>The same for a load.</summary>
    public MemoryFaultKind Load(ulong address, out ulong value)
    {
        ulong loaded = 0;
        MemoryFaultKind kind = Do(address, MemoryAccess.Read, () => TryLoad(address, out loaded));
        value = loaded;
        return kind;
    }

    public void Dispose()
    {
        Window.Dispose();
        Memory.Dispose();
        _ = LinuxMemory.close(_scratch);
    }

    private MemoryFaultKind Do(ulong address, MemoryAccess access, Func<bool> attempt)
    {
        for (int tries = 0; !attempt(); tries++)
        {
            Assert.True(tries < 100, "The fault was resolved again and again and still happens.");
            if (!Window.TryResolve(address, access, out MemoryFault fault))
            {
                Assert.Equal(address, fault.Address);
                Assert.Equal(access, fault.Access);
                return fault.Kind;
            }

            Faults++;
        }

        return MemoryFaultKind.None;
    }

#pragma warning disable SYSLIB1092, IDE1006 // libc's spelling
    [LibraryImport("libc")]
    private static partial nint pread(int fd, void* buffer, nuint count, ulong offset);

    [LibraryImport("libc")]
    private static partial nint pwrite(int fd, void* buffer, nuint count, ulong offset);
#pragma warning restore
}
