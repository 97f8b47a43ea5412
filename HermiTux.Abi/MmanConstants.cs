namespace HermiTux.Abi;

/// <summary>Memory mappings (uapi/asm-generic/mman.h, mman-common.h, linux/mman.h).</summary>
public static class MmanConstants
{
    /// <summary>No access.</summary>
    public const int PROT_NONE = 0;

    /// <summary>Readable.</summary>
    public const int PROT_READ = 1;

    /// <summary>Writable.</summary>
    public const int PROT_WRITE = 2;

    /// <summary>Executable.</summary>
    public const int PROT_EXEC = 4;

    /// <summary>For atomic operations; no effect.</summary>
    public const int PROT_SEM = 8;

    /// <summary>mprotect(2): extend to the start of a growing-down mapping.</summary>
    public const int PROT_GROWSDOWN = 0x1000000;

    /// <summary>mprotect(2): extend to the end of a growing-up mapping.</summary>
    public const int PROT_GROWSUP = 0x2000000;

    /// <summary>mmap(2): stores are shared.</summary>
    public const int MAP_SHARED = 1;

    /// <summary>mmap(2): stores are private copies.</summary>
    public const int MAP_PRIVATE = 2;

    /// <summary>mmap(2): MAP_SHARED that rejects unknown flags.</summary>
    public const int MAP_SHARED_VALIDATE = 3;

    /// <summary>mmap(2): selects the type.</summary>
    public const int MAP_TYPE = 15;

    /// <summary>mmap(2): exactly there, replacing.</summary>
    public const int MAP_FIXED = 16;

    /// <summary>mmap(2): no file.</summary>
    public const int MAP_ANONYMOUS = 0x20;

    /// <summary>mmap(2): in the first 2 GiB.</summary>
    public const int MAP_32BIT = 0x40;

    /// <summary>mmap(2): fault in now.</summary>
    public const int MAP_POPULATE = 0x8000;

    /// <summary>mmap(2): don't wait while populating.</summary>
    public const int MAP_NONBLOCK = 0x10000;

    /// <summary>mmap(2): for a stack; no effect.</summary>
    public const int MAP_STACK = 0x20000;

    /// <summary>mmap(2): huge pages.</summary>
    public const int MAP_HUGETLB = 0x40000;

    /// <summary>mmap(2): DAX synchronous faults.</summary>
    public const int MAP_SYNC = 0x80000;

    /// <summary>mmap(2): exactly there, or EEXIST.</summary>
    public const int MAP_FIXED_NOREPLACE = 0x100000;

    /// <summary>mmap(2): don't clear; no effect.</summary>
    public const int MAP_UNINITIALIZED = 0x4000000;

    /// <summary>mmap(2): grows down like a stack.</summary>
    public const int MAP_GROWSDOWN = 0x100;

    /// <summary>mmap(2): ignored.</summary>
    public const int MAP_DENYWRITE = 0x800;

    /// <summary>mmap(2): ignored.</summary>
    public const int MAP_EXECUTABLE = 0x1000;

    /// <summary>mmap(2): locked into memory.</summary>
    public const int MAP_LOCKED = 0x2000;

    /// <summary>mmap(2): reserve no swap.</summary>
    public const int MAP_NORESERVE = 0x4000;

    /// <summary>mlock2(2): lock pages when touched.</summary>
    public const int MLOCK_ONFAULT = 1;

    /// <summary>mlockall(2): what is mapped now.</summary>
    public const int MCL_CURRENT = 1;

    /// <summary>mlockall(2): what will be mapped.</summary>
    public const int MCL_FUTURE = 2;

    /// <summary>mlockall(2): when touched.</summary>
    public const int MCL_ONFAULT = 4;

    /// <summary>msync(2): schedule.</summary>
    public const int MS_ASYNC = 1;

    /// <summary>msync(2): invalidate other mappings.</summary>
    public const int MS_INVALIDATE = 2;

    /// <summary>msync(2): wait.</summary>
    public const int MS_SYNC = 4;

    /// <summary>madvise(2): no advice.</summary>
    public const int MADV_NORMAL = 0;

    /// <summary>madvise(2): random access.</summary>
    public const int MADV_RANDOM = 1;

    /// <summary>madvise(2): sequential access.</summary>
    public const int MADV_SEQUENTIAL = 2;

    /// <summary>madvise(2): needed soon.</summary>
    public const int MADV_WILLNEED = 3;

    /// <summary>madvise(2): drop the pages.</summary>
    public const int MADV_DONTNEED = 4;

    /// <summary>madvise(2): may be dropped.</summary>
    public const int MADV_FREE = 8;

    /// <summary>madvise(2): punch a hole in the file.</summary>
    public const int MADV_REMOVE = 9;

    /// <summary>madvise(2): not in children.</summary>
    public const int MADV_DONTFORK = 10;

    /// <summary>madvise(2): undo MADV_DONTFORK.</summary>
    public const int MADV_DOFORK = 11;

    /// <summary>madvise(2): poison a page.</summary>
    public const int MADV_HWPOISON = 100;

    /// <summary>madvise(2): soft-offline a page.</summary>
    public const int MADV_SOFT_OFFLINE = 101;

    /// <summary>madvise(2): may be merged.</summary>
    public const int MADV_MERGEABLE = 12;

    /// <summary>madvise(2): undo MADV_MERGEABLE.</summary>
    public const int MADV_UNMERGEABLE = 13;

    /// <summary>madvise(2): huge pages wanted.</summary>
    public const int MADV_HUGEPAGE = 14;

    /// <summary>madvise(2): huge pages not wanted.</summary>
    public const int MADV_NOHUGEPAGE = 15;

    /// <summary>madvise(2): not in core dumps.</summary>
    public const int MADV_DONTDUMP = 16;

    /// <summary>madvise(2): undo MADV_DONTDUMP.</summary>
    public const int MADV_DODUMP = 17;

    /// <summary>madvise(2): zero in children.</summary>
    public const int MADV_WIPEONFORK = 18;

    /// <summary>madvise(2): undo MADV_WIPEONFORK.</summary>
    public const int MADV_KEEPONFORK = 19;

    /// <summary>madvise(2): deactivate.</summary>
    public const int MADV_COLD = 20;

    /// <summary>madvise(2): reclaim.</summary>
    public const int MADV_PAGEOUT = 21;

    /// <summary>madvise(2): fault in for reading.</summary>
    public const int MADV_POPULATE_READ = 22;

    /// <summary>madvise(2): fault in for writing.</summary>
    public const int MADV_POPULATE_WRITE = 23;

    /// <summary>madvise(2): MADV_DONTNEED on locked pages too.</summary>
    public const int MADV_DONTNEED_LOCKED = 24;

    /// <summary>madvise(2): collapse into huge pages.</summary>
    public const int MADV_COLLAPSE = 25;

    /// <summary>madvise(2): install guard pages.</summary>
    public const int MADV_GUARD_INSTALL = 102;

    /// <summary>madvise(2): remove guard pages.</summary>
    public const int MADV_GUARD_REMOVE = 103;

    /// <summary>mremap(2): may be moved.</summary>
    public const int MREMAP_MAYMOVE = 1;

    /// <summary>mremap(2): to an exact address.</summary>
    public const int MREMAP_FIXED = 2;

    /// <summary>mremap(2): keep the old range mapped.</summary>
    public const int MREMAP_DONTUNMAP = 4;

    /// <summary>pkey_alloc(2): no access.</summary>
    public const int PKEY_DISABLE_ACCESS = 1;

    /// <summary>pkey_alloc(2): no writes.</summary>
    public const int PKEY_DISABLE_WRITE = 2;
}
