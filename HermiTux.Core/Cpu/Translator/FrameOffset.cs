namespace HermiTux.Cpu.Translator;

/// <summary>Offsets in <see cref="VcpuFrame"/> that are written into code.</summary>
internal static class FrameOffset
{
    public const int State = 128;
    public const int FsBase = 136;
    public const int GsBase = 144;
    public const int WindowBase = 152;
    public const int NegativeWindowBase = 160;
    public const int Temporary = 168;
    public const int HostStack = 184;

    /// <summary>In the slot of RAX, which always has its host register: with no displacement, instructions that write there are short.</summary>
    public const int Exit = 0;

    public const int Target = 200;
    public const int Entry = 208;
    public const int Pending = 216;

    /// <summary>A home for RCX in dispatches.</summary>
    public const int RcxHome = 8;

    public const int ScratchHome = 256;
    public const int HostMxcsr = 264;
    public const int GuestMxcsr = 268;
    public const int UsesX87 = 272;
    public const int HoldsVectors = 273;
    public const int UpperInUse = 274;
    public const int Vectors = 512;
}
