using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Decoding;

/// <summary>Facts about instructions and registers that decoding needs.</summary>
internal static class InstructionProperties
{
    /// <summary>Where a register is in <see cref="CpuState"/>; 0 for registers that aren't there.</summary>
    public static ushort OffsetOf(Register register)
    {
        switch (register)
        {
            case >= Register.RAX and <= Register.R15:
                return (ushort)((register - Register.RAX) * 8);

            case >= Register.EAX and <= Register.R15D:
                return (ushort)((register - Register.EAX) * 8);

            case >= Register.AX and <= Register.R15W:
                return (ushort)((register - Register.AX) * 8);

            case >= Register.AL and <= Register.BL:
                return (ushort)((register - Register.AL) * 8);

            case >= Register.AH and <= Register.BH:
                return (ushort)(((register - Register.AH) * 8) + 1);

            case >= Register.SPL and <= Register.R15L:
                return (ushort)((register - Register.SPL + 4) * 8);

            case >= Register.XMM0 and <= Register.XMM15:
                return (ushort)(CpuState.XmmOffset + ((register - Register.XMM0) * 16));

            case >= Register.YMM0 and <= Register.YMM15:
                return (ushort)(CpuState.XmmOffset + ((register - Register.YMM0) * 16));

            case >= Register.ST0 and <= Register.ST7:
                return (ushort)(CpuState.StOffset + ((register - Register.ST0) * 16));

            case >= Register.MM0 and <= Register.MM7:
                return (ushort)(CpuState.StOffset + ((register - Register.MM0) * 16));

            case Register.CS:
                return 160;

            case Register.SS:
                return 162;

            case Register.DS:
                return 164;

            case Register.ES:
                return 166;

            case Register.FS:
                return 168;

            case Register.GS:
                return 170;

            default:
                return 0;
        }
    }

    /// <summary>Whether an instruction accesses the stack implicitly, so that a non-canonical RSP is #SS.</summary>
    public static bool UsesStack(Code code) => code.Mnemonic() is Mnemonic.Push or Mnemonic.Pop or Mnemonic.Call or Mnemonic.Ret or
        Mnemonic.Enter or Mnemonic.Leave or Mnemonic.Pushf or Mnemonic.Pushfq or Mnemonic.Popf or Mnemonic.Popfq or Mnemonic.Retf or
        Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq;
}
