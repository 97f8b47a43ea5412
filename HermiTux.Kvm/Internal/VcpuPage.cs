using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// The page that each vCPU has in the supervisor area: descriptor table, task state segment, and the stack on which the processor leaves the
/// state of an exception.
/// </summary>
internal readonly unsafe struct VcpuPage
{
    private const int GdtOffset = 0;
    private const int TssOffset = 0x80;
    private const int TssSize = 0x68;

    private readonly byte* _page;

    /// <summary>Fills the page of a vCPU.</summary>
    /// <param name="supervisor">Host address of the supervisor area.</param>
    /// <param name="index">The vCPU's number.</param>
    public VcpuPage(byte* supervisor, int index)
    {
        ulong offset = PhysicalLayout.FirstVcpuPage + ((ulong)index << Page.Shift);
        _page = supervisor + offset;
        Virtual = PhysicalLayout.SupervisorVirtual + offset;

        // SAFETY: the page is this vCPU's, and all offsets are within it.
        ulong* gdt = (ulong*)(_page + GdtOffset);
        gdt[PhysicalLayout.KernelCode / 8] = 0x00AF_9B00_0000_FFFF;
        gdt[PhysicalLayout.KernelData / 8] = 0x00CF_9300_0000_FFFF;
        gdt[PhysicalLayout.UserData / 8] = 0x00CF_F300_0000_FFFF;
        gdt[PhysicalLayout.UserCode / 8] = 0x00AF_FB00_0000_FFFF;
        ulong tss = Tss;
        gdt[PhysicalLayout.TaskState / 8] = (TssSize - 1) | ((tss & 0xFF_FFFF) << 16) | (0x8BUL << 40) | ((tss >> 24 & 0xFF) << 56);
        gdt[(PhysicalLayout.TaskState / 8) + 1] = tss >> 32;

        // RSP0 and IST1; the I/O bitmap lies beyond the limit, so that no port is allowed.
        *(ulong*)(_page + TssOffset + 4) = StackTop;
        *(ulong*)(_page + TssOffset + 0x24) = StackTop;
        *(ushort*)(_page + TssOffset + 0x66) = TssSize;
    }

    /// <summary>The page's address in the guest.</summary>
    public ulong Virtual { get; }

    /// <summary>The descriptor table's address in the guest.</summary>
    public ulong Gdt => Virtual + GdtOffset;

    /// <summary>The task state segment's address in the guest.</summary>
    public ulong Tss => Virtual + TssOffset;

    private ulong StackTop => Virtual + Page.Size;

    /// <summary>What the processor pushed for the exception whose stub was reached.</summary>
    public ExceptionFrame ReadFrame(bool hasErrorCode)
    {
        // SAFETY: the frame is at the end of the page; the guest can't reach it.
        ulong* top = (ulong*)(_page + Page.Size);
        return new ExceptionFrame(hasErrorCode ? (uint)top[-6] : 0, top[-5], (ushort)top[-4], top[-3], top[-2], (ushort)top[-1]);
    }

    /// <summary>Size of the task state segment less one.</summary>
    public const uint TssLimit = TssSize - 1;
}

/// <summary>The frame of an exception in 64-bit mode (Intel SDM vol. 3, 6.14).</summary>
internal readonly record struct ExceptionFrame(uint ErrorCode, ulong Rip, ushort Cs, ulong Rflags, ulong Rsp, ushort Ss);
