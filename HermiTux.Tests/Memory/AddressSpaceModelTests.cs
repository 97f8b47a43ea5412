using System.Text;
using HermiTux.Abi;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Memory;

/// <summary>Random sequences of operations against a dictionary of pages. A failure names its seed.</summary>
public sealed class AddressSpaceModelTests
{
    /// <summary>Small enough for collisions, across two page-table leaves.</summary>
    private const ulong Base = 0x1000_0000 + 0x20_0000 - (24 * Page.Size);
    private const int Pages = 64;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string model in MemoryFixture.Models)
            {
                for (int seed = 1; seed <= 12; seed++)
                {
                    cases.Add(model, seed);
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Random_operations_agree_with_a_dictionary_of_pages(string model, int seed)
    {
        var random = new Random(seed);
        using var memory = new MemoryFixture(model);
        var expected = new Dictionary<int, ModelPage>();
        var log = new StringBuilder();
        for (int step = 0; step < 1500; step++)
        {
            int operation = random.Next(9);
            int first = random.Next(Pages);
            int count = random.Next(1, Math.Min(16, Pages - first) + 1);
            log.Clear().Append($"{model}, seed {seed}, step {step}: operation {operation} on page {first}+{count}");
            switch (operation)
            {
                case 0 or 1:
                    Map(memory, expected, random, first, count);
                    break;
                case 2:
                    Assert.Equal(Errno.None, memory.Space.Unmap(At(first), Bytes(count)));
                    Range(first, count, page => expected.Remove(page));
                    break;
                case 3:
                    Protect(memory, expected, random, first, count);
                    break;
                case 4:
                    Discard(memory, expected, first, count);
                    break;
                case 5:
                    Move(memory, expected, random, first, count);
                    break;
                default:
                    for (int i = 0; i < 8; i++)
                    {
                        Store(memory, expected, random, random.Next(Pages), log);
                    }

                    break;
            }

            if (step % 16 == 0)
            {
                Check(memory, expected, log.ToString());
            }
        }

        Check(memory, expected, log.ToString());
    }

    private static ulong At(int page) => Base + ((ulong)page << Page.Shift);

    private static ulong Bytes(int count) => (ulong)count << Page.Shift;

    private static void Range(int first, int count, Action<int> action)
    {
        for (int page = first; page < first + count; page++)
        {
            action(page);
        }
    }

    private static MemoryProtection AnyProtection(Random random) => (MemoryProtection)random.Next(8);

    private static void Map(MemoryFixture memory, Dictionary<int, ModelPage> expected, Random random, int first, int count)
    {
        MemoryProtection protection = AnyProtection(random);
        bool noReplace = random.Next(3) == 0;
        var file = random.Next(3) == 0 ? new TestObject((long)Bytes(Pages)) : null;
        int filePage = random.Next(Pages - count + 1);
        bool taken = Enumerable.Range(first, count).Any(expected.ContainsKey);
        ulong address = At(first);
        Errno error = memory.Space.Map(ref address, Bytes(count), protection,
            noReplace ? MappingFlags.FixedNoReplace : MappingFlags.Fixed, file, file == null ? 0 : Bytes(filePage));
        if (noReplace && taken)
        {
            Assert.Equal(Errno.EEXIST, error);
            return;
        }

        Assert.Equal(Errno.None, error);
        Assert.Equal(At(first), address);
        for (int i = 0; i < count; i++)
        {
            expected[first + i] = new ModelPage(protection, file, filePage + i);
        }
    }

    private static void Protect(MemoryFixture memory, Dictionary<int, ModelPage> expected, Random random, int first, int count)
    {
        MemoryProtection protection = AnyProtection(random);
        Errno error = memory.Space.Protect(At(first), Bytes(count), protection);
        int page = first;
        for (; page < first + count && expected.TryGetValue(page, out ModelPage? found); page++)
        {
            found.Protection = protection;
        }

        Assert.Equal(page == first + count ? Errno.None : Errno.ENOMEM, error);
    }

    private static void Discard(MemoryFixture memory, Dictionary<int, ModelPage> expected, int first, int count)
    {
        Errno error = memory.Space.Advise(At(first), Bytes(count), 4);
        bool hole = false;
        Range(first, count, page =>
        {
            if (expected.TryGetValue(page, out ModelPage? found))
            {
                found.Bytes.Clear();
            }
            else
            {
                hole = true;
            }
        });
        Assert.Equal(hole ? Errno.ENOMEM : Errno.None, error);
    }

    /// <summary>mremap(2) of one mapping's pages to a fixed place.</summary>
    private static void Move(MemoryFixture memory, Dictionary<int, ModelPage> expected, Random random, int first, int count)
    {
        int target = random.Next(Pages - count + 1);
        if (Math.Abs(target - first) < count)
        {
            return;
        }

        ulong address = At(target);
        bool keep = random.Next(3) == 0;
        bool whole = memory.Space.Mappings.Any(m => m.Start <= At(first) && m.End >= At(first + count));
        Errno error = memory.Space.Remap(At(first), Bytes(count), Bytes(count), keep ? 7 : 3, ref address);
        if (!whole)
        {
            // The target is gone all the same, as on Linux, unless nothing is mapped at the source.
            Assert.Equal(Errno.EFAULT, error);
            if (expected.ContainsKey(first))
            {
                Range(target, count, page => expected.Remove(page));
            }

            return;
        }

        Assert.Equal(Errno.None, error);
        for (int i = 0; i < count; i++)
        {
            ModelPage moved = expected[first + i];
            expected[target + i] = moved;
            if (keep)
            {
                expected[first + i] = new ModelPage(moved.Protection, moved.File, moved.FilePage);
            }
            else
            {
                expected.Remove(first + i);
            }
        }
    }

    private static void Store(MemoryFixture memory, Dictionary<int, ModelPage> expected, Random random, int page, StringBuilder log)
    {
        int offset = random.Next(Page.Size);
        byte value = (byte)random.Next(256);
        bool done = memory.Space.TryWrite(At(page) + (ulong)offset, value);
        bool allowed = expected.TryGetValue(page, out ModelPage? found) && (found.Protection & MemoryProtection.Write) != 0;
        Assert.True(allowed == done, $"{log}: store to page {page}");
        if (allowed)
        {
            found!.Bytes[offset] = value;
        }
    }

    private static void Check(MemoryFixture memory, Dictionary<int, ModelPage> expected, string what)
    {
        byte[] bytes = new byte[Page.Size];
        for (int page = 0; page < Pages; page++)
        {
            bool mapped = expected.TryGetValue(page, out ModelPage? found);
            MemoryFaultKind kind = !mapped ? MemoryFaultKind.NotMapped
                : found!.Protection == MemoryProtection.None ? MemoryFaultKind.Protection : MemoryFaultKind.None;
            Assert.True(kind == memory.Fault(At(page), MemoryAccess.Read), $"{what}: page {page} should give {kind}");
            if (kind != MemoryFaultKind.None)
            {
                continue;
            }

            Assert.True(memory.Space.TryRead(At(page), bytes));
            for (int offset = 0; offset < Page.Size; offset++)
            {
                if (bytes[offset] != found!.At(offset))
                {
                    Assert.Fail($"{what}: page {page} offset {offset} is {bytes[offset]}, expected {found.At(offset)}");
                }
            }
        }

        ulong end = 0;
        foreach (VmaInfo mapping in memory.Space.Mappings)
        {
            Assert.True(mapping.Start >= end && mapping.End > mapping.Start, what);
            end = mapping.End;
            for (ulong address = mapping.Start; address < mapping.End; address += Page.Size)
            {
                Assert.True(expected.TryGetValue((int)((address - Base) >> Page.Shift), out ModelPage? found), what);
                Assert.Equal(found.Protection, mapping.Protection);
            }
        }

        Assert.Equal((ulong)expected.Count << Page.Shift, memory.Space.MappedBytes);
    }

    private sealed class ModelPage(MemoryProtection protection, TestObject? file, int filePage)
    {
        public MemoryProtection Protection { get; set; } = protection;

        public TestObject? File => file;

        public int FilePage => filePage;

        public Dictionary<int, byte> Bytes { get; } = [];

        public byte At(int offset) =>
            Bytes.TryGetValue(offset, out byte value) ? value : file?.ContentAt(((long)filePage << Page.Shift) + offset) ?? 0;
    }
}
