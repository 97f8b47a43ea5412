using Iced.Intel;

namespace HermiTux.Cpu.Interpreter;

/// <content>Alignment checks: what RFLAGS.AC asks for at CPL 3, since Linux sets CR0.AM (Intel SDM vol. 3, 6.15, interrupt 17).</content>
/// <remarks>
/// As long as the flag is set the TLB stays empty: every access takes the slow path, which checks, and all others pay nothing. What is checked against what
/// is AMD's way where makers differ: vectors against 16 bytes, and nothing for elements under a mask.
/// </remarks>
internal sealed unsafe partial class InterpreterVcpu
{
    private const int LargestAlignment = 16;

    private bool _checksAlignment;

    /// <summary>Raises #AC for an access that must be aligned and isn't, if the guest wants to know.</summary>
    /// <param name="op">The instruction.</param>
    /// <param name="address">Where it accesses memory.</param>
    /// <param name="alignment">A power of two.</param>
    public void RequireAligned(Op* op, ulong address, int alignment)
    {
        // What isn't canonical is worse.
        if (_checksAlignment && (address & (ulong)(alignment - 1)) != 0 && IsCanonical(address))
        {
            Raise(op, X86Exception.AlignmentCheck);
        }
    }

    private void RequireAlignedAccess(Op* op, ulong address, int size) => RequireAligned(op, address, AlignmentFor(op->IcedCode, size));

    /// <summary>Follows RFLAGS.AC.</summary>
    private void UpdateAlignmentChecks(CpuState* state)
    {
        bool checks = (state->Rflags & LazyFlags.AC) != 0;
        if (checks == _checksAlignment)
        {
            return;
        }

        _checksAlignment = checks;
        if (checks)
        {
            ClearTlb(_readTlb);
            ClearTlb(_writeTlb);
        }
    }

    private static int AlignmentFor(Code code, int size)
    {
        switch (code.Mnemonic())
        {
            case Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq or Mnemonic.Vgatherdps or Mnemonic.Vgatherdpd
                or Mnemonic.Vgatherqps or Mnemonic.Vgatherqpd or Mnemonic.Vpgatherdd or Mnemonic.Vpgatherdq or Mnemonic.Vpgatherqd or Mnemonic.Vpgatherqq:
                return 1;
            case Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu:
                return Math.Min(size, 8);
            case Mnemonic.Call when code is Code.Call_m1616 or Code.Call_m1632 or Code.Call_m1664:
                // Two words of the return address may come at once.
                return Math.Min(size, code == Code.Call_m1616 ? 2 : code == Code.Call_m1632 ? 4 : 8);
            default:
                return size == 10 ? 8 : (size & (size - 1)) == 0 ? Math.Min(size, LargestAlignment) : 1;
        }
    }
}
