using System.Diagnostics;
using System.Runtime.InteropServices;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// A guest address space laid out in host memory: guest address v, below 2^<see cref="Bits"/>, is at <see cref="Base"/> + v, with
/// exactly the rights that the page table gives it. Everything else there, and the guard zones around it, is inaccessible.
/// </summary>
/// <remarks>
/// <para>The window starts empty. A fault of translated code leads to <see cref="TryResolve"/>, which maps what was touched out of
/// the store's memory file. Code is never executable here, and never writable without notice: pages that translations came from
/// are shown read-only.</para>
/// <para>Pages are shown under the space's lock, and <see cref="Invalidate"/> is called under it too, after the page table has
/// changed: a page can't be shown by one thread after another has taken it away. Lock order: space, then window. Any thread may
/// call anything.</para>
/// </remarks>
internal sealed unsafe class GuestWindow : IAddressSpaceView, IPageWindow, IDisposable
{
    /// <summary>Size of each guard zone: more than any operand reaches from an address inside the window.</summary>
    public const ulong GuardSize = 64UL << 30;

    private readonly Lock _lock = new();
    private readonly AddressSpace _space;
    private readonly int _file;
    private readonly WindowMap _map;
    private readonly TouchPredictor _touches = new();
    private readonly WindowReservation _reservation;
    private ulong _fileMappings;
    private bool _disposed;

    /// <summary>Reserves a window for a space and attaches it.</summary>
    /// <remarks>
    /// The window is as large as the host allows, and at least as large as the part of the space that is used by default
    /// (<see cref="AddressSpace.DefaultMapWindow"/>). What is mapped beyond the window can't be reached through it.
    /// </remarks>
    /// <exception cref="IOException">The host refuses the address space; see <see cref="IsSupported(out string)"/>.</exception>
    public GuestWindow(AddressSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        _file = space.Frames.Store.FileDescriptor;
        if (!IsSupported(out string? reason) || !CanShow(space.Frames.Store, out reason))
        {
            throw new IOException(reason);
        }

        _space = space;
        _reservation = WindowReservation.Create(Math.Min(space.DefaultMapWindow, space.MaximumAddress)) ?? throw new IOException("The host refuses the address space for a guest window.");
        Bits = _reservation.Bits;
        Base = _reservation.Base;
        _map = new WindowMap(Bits);
        WindowBudget.Add(this);
        space.Attach(this);
    }

    /// <summary>Host address of guest address 0.</summary>
    public byte* Base { get; }

    /// <summary>log2 of the window's size in bytes: 40, or 32 where the host gives less.</summary>
    public int Bits { get; }

    /// <summary>
    /// How large windows can be now, as log2 of bytes; 0 if there can't be any. What an engine promises with
    /// <see cref="IVcpuEngine.DefaultMapWindow"/>: a process with very many machines runs out of room for large ones.
    /// </summary>
    public static int AvailableBits
    {
        get
        {
            using WindowReservation? trial = WindowReservation.Create(Page.UserEnd);
            return trial?.Bits ?? 0;
        }
    }

    /// <summary>Size of the window in bytes.</summary>
    public ulong Size => 1UL << Bits;

    /// <summary>
    /// Displacement of the probe: a load from <c>[(v >> Bits) * 8 + ProbeAddress]</c> succeeds, with 0, exactly for v inside the window.
    /// </summary>
    public int ProbeAddress => _reservation.ProbeAddress;

    /// <summary>How many separate host mappings the window consists of.</summary>
    public int Regions => _map.Regions;

    /// <summary>Whether this host and process can have windows at all.</summary>
    public static bool IsSupported(out string? reason)
    {
        reason = !OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64
            ? "guest windows need Linux on x86-64"
            : WindowReservation.Refusal;
        return reason == null;
    }

    /// <summary>Whether a store can be shown in windows.</summary>
    public static bool CanShow(PageStore store, out string? reason)
    {
        ArgumentNullException.ThrowIfNull(store);
        reason = store.FileDescriptor >= 0 ? null : "guest windows need a page store in a memory file";
        return reason == null;
    }

    /// <summary>
    /// What a page fault at an address of the window does: brings the page in and makes it accessible as the page table allows. True
    /// when the access is to be tried again.
    /// </summary>
    /// <param name="guestAddress">The faulting address minus <see cref="Base"/>.</param>
    /// <param name="access">Read or Write; a fetch is never done through the window.</param>
    /// <param name="fault">Why not.</param>
    /// <param name="busError">The host raised SIGBUS: it has no memory for a page that is mapped.</param>
    public bool TryResolve(ulong guestAddress, MemoryAccess access, out MemoryFault fault, bool busError = false)
    {
        WindowBudget.Enforce();
        if (busError && guestAddress < Size && HideFile(Page.Floor(guestAddress)))
        {
            // The file became shorter behind the machine's back: the space says what that means.
            busError = false;
        }

        if (busError)
        {
            fault = new MemoryFault(guestAddress, access, MemoryFaultKind.LimitReached);
            return false;
        }

        MemoryFaultKind kind = guestAddress < Size ? _space.Show(guestAddress, access, this) : MemoryFaultKind.NotMapped;
        fault = kind == MemoryFaultKind.None ? default : new MemoryFault(guestAddress, access, kind);
        return kind == MemoryFaultKind.None;
    }

    /// <inheritdoc/>
    public void Invalidate(ulong start, ulong length) => Update(start, length);

    /// <inheritdoc/>
    public void Extend(ulong start, ulong length) => Update(start, length);

    /// <inheritdoc/>
    public void Remap(ulong start, ulong length)
    {
        if (start == 0 && length >= Size)
        {
            // All that is mapped goes (execve, exit): once for all instead of mapping by mapping.
            HideAll();
            return;
        }

        Update(start, length, remapped: true);
    }

    /// <inheritdoc/>
    public void InvalidateCode(ulong page)
    {
        // The page stays read-only until the store that is about to happen faults.
    }

    /// <inheritdoc/>
    public void ProtectCode(ulong page) => Update(page, Page.Size);

    /// <summary>Detaches the window and gives its host addresses back. No translated code may run in it any more.</summary>
    public void Dispose()
    {
        _space.Detach(this);
        lock (_lock)
        {
            if (!_disposed)
            {
                _disposed = true;
                WindowBudget.Remove(this);
                _map.Clear();
                _reservation.Dispose();
            }
        }
    }

    (ulong Start, ulong End) IPageWindow.PagesToBringIn(ulong page) => _touches.RangeFor(page);

    void IAddressSpaceView.HideFilePages(ulong start, ulong length) => Update(start, length, remapped: true);

    bool IPageWindow.ShowFile(ulong start, int count, int descriptor, long offset)
    {
        if (start >= Size)
        {
            return false;
        }

        lock (_lock)
        {
            return !_disposed && ShowFileLocked(start, count, descriptor, offset);
        }
    }

    bool IPageWindow.Show(ulong start, int count, long frame, bool writable, bool fresh)
    {
        if (start >= Size)
        {
            return false;
        }

        lock (_lock)
        {
            return !_disposed && ShowLocked(start, count, frame, writable, fresh);
        }
    }

    /// <summary>Makes everything inaccessible; what is still used comes back fault by fault.</summary>
    internal void HideAll()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                HideAllLocked();
            }
        }
    }

    /// <summary>Brings what is shown of a range in line with the page table. The space is locked.</summary>
    private void Update(ulong start, ulong length, bool remapped = false)
    {
        ulong end = Math.Min(start + length, Size);
        lock (_lock)
        {
            // Once disposed, the map is empty.
            var change = new WindowChange(_reservation);
            while (_map.Next(ref start, end) is { } leaf)
            {
                ulong origin = start & ~(WindowLeaf.Size - 1);
                ulong leafEnd = Math.Min(origin + WindowLeaf.Size, end);
                int first = (int)((start - origin) >> Page.Shift);
                int last = (int)((leafEnd - origin) >> Page.Shift);
                int regions = leaf.Regions(first, last);
                for (int i = first; i < last; i++)
                {
                    ref ulong shown = ref leaf.Shown[i];
                    if (shown == 0)
                    {
                        continue;
                    }

                    ulong page = origin + ((ulong)i << Page.Shift);
                    bool isFile = (shown & WindowLeaf.File) != 0;
                    if (remapped && !isFile)
                    {
                        // Pages of the table are reported when they change. The change must know of them all the same: it may hide what lies
                        // between two hidden pages.
                        change.Add(page, shown, shown);
                        continue;
                    }

                    ulong now = remapped ? 0 : _space.VisibleEntry(page);
                    if (isFile)
                    {
                        now = now == 0 && !remapped ? shown : 0;
                    }
                    else if (((now ^ shown) & ~Page.OffsetMask) != 0)
                    {
                        now = 0;
                    }

                    change.Add(page, shown, now);
                    leaf.Count -= now == 0 ? 1 : 0;
                    shown = now;
                }

                _map.Regions += leaf.Regions(first, last) - regions;
                start = leafEnd;
            }

            change.Flush();
            if (change.Failed)
            {
                HideAllLocked();
            }
        }
    }

    private void HideAllLocked()
    {
        _reservation.HideAll();
        _map.Clear();
    }

    /// <summary>Hides a page of a file, if it is one.</summary>
    private bool HideFile(ulong page)
    {
        lock (_lock)
        {
            ulong at = page;
            if (_map.Next(ref at, page + Page.Size) is not { } leaf || (leaf.Shown[(int)(page >> Page.Shift) & (WindowLeaf.Pages - 1)] & WindowLeaf.File) == 0)
            {
                return false;
            }
        }

        Update(page, Page.Size, remapped: true);
        return true;
    }

    private bool ShowFileLocked(ulong start, int count, int descriptor, long offset)
    {
        nuint length = (nuint)count << Page.Shift;
        Debug.Assert(start + length <= Size, "A page outside of the window.");

        // SAFETY: inside the reservation that this object owns. A refusal is no harm: the page gets a frame then.
        if (LinuxMemory.mmap(Base + start, length, LinuxMemory.PROT_READ, LinuxMemory.MAP_PRIVATE | LinuxMemory.MAP_FIXED, descriptor, offset) != Base + start)
        {
            return false;
        }

        WindowLeaf leaf = _map.GetOrAdd(start);
        int first = (int)(start >> Page.Shift) & (WindowLeaf.Pages - 1);
        int regions = leaf.Regions(first, first + count);
        _fileMappings++;
        for (int i = 0; i < count; i++)
        {
            leaf.Count += leaf.Shown[first + i] == 0 ? 1 : 0;
            leaf.Shown[first + i] = (((_fileMappings * WindowLeaf.Pages) + (ulong)(first + i)) << Page.Shift) | WindowLeaf.File | (ulong)MemoryAccess.Read;
        }

        _map.Regions += leaf.Regions(first, first + count) - regions;
        return true;
    }

    private bool ShowLocked(ulong start, int count, long frame, bool writable, bool fresh)
    {
        WindowLeaf leaf = _map.GetOrAdd(start);
        int first = (int)(start >> Page.Shift) & (WindowLeaf.Pages - 1);
        int end = first + count;
        ulong rights = (ulong)MemoryAccess.Read | (writable ? (ulong)MemoryAccess.Write : 0);
        ulong origin = ((ulong)frame << Page.Shift) | rights;
        while (first < end && leaf.Shown[first] == origin)
        {
            first++;
            origin += Page.Size;
            frame++;
        }

        while (end > first && leaf.Shown[end - 1] == origin + ((ulong)(end - 1 - first) << Page.Shift))
        {
            end--;
        }

        if (first == end)
        {
            // Another thread was faster.
            return true;
        }

        bool sameFrames = true;
        for (int i = first; i < end && sameFrames; i++)
        {
            sameFrames = leaf.Shown[i] != 0 && leaf.Shown[i] >> Page.Shift == (ulong)(frame + (i - first));
        }

        int protection = LinuxMemory.PROT_READ | (writable ? LinuxMemory.PROT_WRITE : 0);
        ulong address = (start & ~(WindowLeaf.Size - 1)) + ((ulong)first << Page.Shift);
        if (!TryMap(address, end - first, frame, protection, sameFrames, fresh))
        {
            // Most likely the process has as many mappings as the host allows.
            HideAllLocked();
            leaf = _map.GetOrAdd(start);
            if (!TryMap(address, end - first, frame, protection, sameFrames: false, fresh))
            {
                return false;
            }
        }

        int regions = leaf.Regions(first, end);
        for (int i = first; i < end; i++)
        {
            leaf.Count += leaf.Shown[i] == 0 ? 1 : 0;
            leaf.Shown[i] = origin + ((ulong)(i - first) << Page.Shift);
        }

        _map.Regions += leaf.Regions(first, end) - regions;
        return true;
    }

    private bool TryMap(ulong address, int pages, long frame, int protection, bool sameFrames, bool fresh)
    {
        nuint length = (nuint)pages << Page.Shift;
        Debug.Assert(address + length <= Size, "A page outside of the window.");
        if (sameFrames)
        {
            // SAFETY: pages of the window that are mapped to these frames already.
            return LinuxMemory.mprotect(Base + address, length, protection) == 0;
        }

        // SAFETY: inside the reservation that this object owns.
        if (LinuxMemory.mmap(Base + address, length, protection, LinuxMemory.MAP_SHARED | LinuxMemory.MAP_FIXED, _file, frame << Page.Shift) != Base + address)
        {
            return false;
        }

        if (fresh)
        {
            // Pages that are likely to be touched now come at once: a host page fault each costs several times as much. Where the
            // host doesn't know the advice (before Linux 5.14), or has no memory, they come one by one.
            bool written = (protection & LinuxMemory.PROT_WRITE) != 0;
            _ = LinuxMemory.madvise(Base + address, length, written ? LinuxMemory.MADV_POPULATE_WRITE : LinuxMemory.MADV_POPULATE_READ);
        }

        return true;
    }
}
