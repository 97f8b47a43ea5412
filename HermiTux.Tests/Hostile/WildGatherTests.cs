using HermiTux.Tests.Cpu.Oracle;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Hostile;

/// <summary>Gathers with indices that lead anywhere, under masks that exclude some of them, and masked moves at the edge of a page.</summary>
public sealed unsafe class WildGatherTests
{
    private static readonly (Code Code, bool Wide, int IndexBits, int DataBits)[] s_gathers =
    [
        (Code.VEX_Vpgatherdd_xmm_vm32x_xmm, false, 32, 32), (Code.VEX_Vpgatherdd_ymm_vm32y_ymm, true, 32, 32), (Code.VEX_Vgatherdps_ymm_vm32y_ymm, true, 32, 32),
        (Code.VEX_Vpgatherdq_xmm_vm32x_xmm, false, 32, 64), (Code.VEX_Vpgatherdq_ymm_vm32x_ymm, true, 32, 64), (Code.VEX_Vgatherdpd_xmm_vm32x_xmm, false, 32, 64),
        (Code.VEX_Vpgatherqd_xmm_vm64x_xmm, false, 64, 32), (Code.VEX_Vpgatherqd_xmm_vm64y_xmm, false, 64, 32), (Code.VEX_Vgatherqps_xmm_vm64y_xmm, false, 64, 32),
        (Code.VEX_Vpgatherqq_xmm_vm64x_xmm, false, 64, 64), (Code.VEX_Vpgatherqq_ymm_vm64y_ymm, true, 64, 64), (Code.VEX_Vgatherqpd_ymm_vm64y_ymm, true, 64, 64),
    ];

    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void Each_element_of_a_gather_stays_inside_or_faults(string engine)
    {
        using DirectedCases cases = new(engine, 64);
        OracleRandom random = new(InstructionTests.Seed);
        foreach ((Code code, bool wide, int indexBits, int dataBits) in s_gathers)
        {
            bool wideIndex = code.ToString().Contains("vm64y", StringComparison.Ordinal) || code.ToString().Contains("vm32y", StringComparison.Ordinal);
            for (int i = 0; i < 400; i++)
            {
                int scale = 1 << random.Next(4);
                Register index = (wideIndex ? Register.YMM0 : Register.XMM0) + 3;
                Register data = (wide ? Register.YMM0 : Register.XMM0) + 1;
                bool narrow = random.Percent(15);
                var operand = new MemoryOperand(narrow ? Register.EAX : Register.RAX, index, scale, random.Next(64), 1, false, random.Percent(15) ? Register.FS : Register.None);
                ulong baseAddress = random.Percent(70) ? HostileAddresses.Mapped - 0x200 : random.Pick<ulong>([.. HostileAddresses.All]);
                byte[] indices = new byte[32];
                byte[] mask = new byte[32];
                int elements = 256 / indexBits;
                for (int e = 0; e < elements; e++)
                {
                    long value = random.Percent(70) ? random.Next(0x300) / scale
                        : random.Percent(50) ? (long)(random.Pick<ulong>([.. HostileAddresses.All]) - baseAddress) / scale
                        : (long)random.NextUInt64();
                    BitConverter.GetBytes(value).AsSpan(0, indexBits / 8).CopyTo(indices.AsSpan(e * indexBits / 8));
                }

                for (int e = 0; e < 256 / dataBits; e++)
                {
                    mask[(e + 1) * dataBits / 8 - 1] = (byte)(random.Percent(60) ? 0x80 | random.Next(128) : random.Next(128));
                }

                cases.Add(Instruction.Create(code, data, operand, (wide ? Register.YMM0 : Register.XMM0) + 2), (ref image) =>
                {
                    image.Rax = baseAddress;
                    image.FsBase = 0x10;
                    fixed (byte* x = image.Xsave)
                    {
                        Set(x, 3, indices);
                        Set(x, 2, mask);
                    }
                });
            }
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Masked_moves_touch_only_what_their_mask_says(string engine)
    {
        using DirectedCases cases = new(engine, 64);
        Code[] loads = [Code.VEX_Vmaskmovps_xmm_xmm_m128, Code.VEX_Vmaskmovpd_ymm_ymm_m256, Code.VEX_Vpmaskmovd_ymm_ymm_m256, Code.VEX_Vpmaskmovq_xmm_xmm_m128];
        Code[] stores = [Code.VEX_Vmaskmovps_m128_xmm_xmm, Code.VEX_Vmaskmovpd_m256_ymm_ymm, Code.VEX_Vpmaskmovd_m256_ymm_ymm, Code.VEX_Vpmaskmovq_m128_xmm_xmm];
        ulong[] borders = [OracleMemory.DataBase, OracleMemory.ReadOnlyBase, OracleMemory.DataEnd, 0x8000_0000_0000, 0, HostileAddresses.Mapped];
        for (int set = 0; set < 256; set++)
        {
            byte[] mask = new byte[32];
            for (int lane = 0; lane < 8; lane++)
            {
                mask[lane * 4 + 3] = (byte)((set >> lane & 1) * 0x80);
            }

            foreach (ulong border in borders)
            {
                foreach (int offset in (int[])[-16, -12, -8, -4, -3, 0])
                {
                    Code load = loads[(set + offset) & 3];
                    Code store = stores[(set - offset) & 3];
                    Register r(Code code, int n) => (code.ToString().Contains("ymm", StringComparison.Ordinal) ? Register.YMM0 : Register.XMM0) + n;
                    Add(Instruction.Create(load, r(load, 1), r(load, 2), new MemoryOperand(Register.RAX)));
                    Add(Instruction.Create(store, new MemoryOperand(Register.RAX), r(store, 2), r(store, 1)));

                    void Add(Instruction instruction) => cases.Add(instruction, (ref image) =>
                    {
                        image.Rax = border + (ulong)offset;
                        fixed (byte* x = image.Xsave)
                        {
                            Set(x, 2, mask);
                        }
                    });
                }
            }
        }

        cases.Check();
    }

    private static void Set(byte* xsave, int register, ReadOnlySpan<byte> value)
    {
        // SAFETY: registers 0 to 15 lie in the image.
        value[..16].CopyTo(new Span<byte>(xsave + CpuImage.XmmOffset(register), 16));
        value[16..].CopyTo(new Span<byte>(xsave + CpuImage.YmmHighOffset(register), 16));
    }
}
