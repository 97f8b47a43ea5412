using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Memory images for FXRSTOR, XRSTOR and FRSTOR that mostly load, and what the saving instructions overwrite.</summary>
internal static class SaveAreaGenerator
{
    /// <summary>Fills 832 bytes: the standard format up to the upper halves of YMM, now and then with an error that faults.</summary>
    public static void Fill(Span<byte> area, Mnemonic mnemonic, OracleRandom random, OperandValues values)
    {
        values.Fill(area, LaneKind.Integer);
        for (int i = 0; i < 8; i++)
        {
            values.Fill(area.Slice(CpuImage.StOffset(i), 10), LaneKind.Float80);
        }

        BitConverter.TryWriteBytes(area, (ushort)(random.NextUInt64() & 0x1F7F | 0x3F));
        if (mnemonic is Mnemonic.Frstor or Mnemonic.Fnsave or Mnemonic.Fsave)
        {
            return;
        }

        BitConverter.TryWriteBytes(area[2..], (ushort)(random.NextUInt64() & 0x7F7F));
        BitConverter.TryWriteBytes(area[4..], (ushort)(random.NextUInt64() & 0xFF));
        if (random.Percent(95))
        {
            BitConverter.TryWriteBytes(area[24..], (uint)random.NextUInt64() & 0xFFFF | 0x1F80);
        }
        else
        {
            // Bit 17 exists on AMD CPUs (misaligned SSE), and no model of ours has it.
            area[26] &= 0xFD;
        }

        area[512..576].Clear();
        area[512] = (byte)random.Next(8);
        if (mnemonic is Mnemonic.Xrstor or Mnemonic.Xrstor64)
        {
            if (random.Percent(25))
            {
                // The compacted format; XCOMP_BV must cover XSTATE_BV.
                BitConverter.TryWriteBytes(area[520..], 1UL << 63 | area[512] | (uint)random.Next(8));
            }

            if (random.Percent(6))
            {
                // Not in the low bytes of XSTATE_BV and XCOMP_BV, whose bits are components that the host may have.
                area[random.Pick<int>([514, 519, 521, 526, 528, 535])] ^= (byte)(1 << random.Next(7));
            }
        }
        else if (mnemonic is Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64)
        {
            area[512] = (byte)random.NextUInt64();
        }
    }
}
