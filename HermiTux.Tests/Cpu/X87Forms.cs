using System.Globalization;

namespace HermiTux.Tests.Cpu;

/// <summary>Encodings of one kind of instruction that are tested together.</summary>
/// <param name="Name">Mnemonic and operands.</param>
/// <param name="Codes">Machine code; memory operands are [rbx + 8], except for images, which are at [rbx].</param>
/// <param name="OperandSize">Size of a floating-point memory operand to generate, 0 for random bytes.</param>
internal sealed record X87Form(string Name, byte[][] Codes, int OperandSize = 0);

/// <summary>The instructions that are compared with the real CPU.</summary>
internal static class X87Forms
{
    private static readonly string[] s_arithmetic = ["add", "mul", "com", "comp", "sub", "subr", "div", "divr"];

    public static IEnumerable<X87Form> Arithmetic()
    {
        for (int i = 0; i < 8; i++)
        {
            string name = "f" + s_arithmetic[i];
            byte memory = (byte)(0x43 | (i << 3));
            yield return new(name + " m32", [[0xD8, memory, 8]], 4);
            yield return new(name + " m64", [[0xDC, memory, 8]], 8);
            yield return new(name + " i32", [[0xDA, memory, 8]]);
            yield return new(name + " i16", [[0xDE, memory, 8]]);
            yield return Registers(name + " st,sti", "D8", 0xC0 + (8 * i));
            yield return Registers(name + " sti,st", "DC", 0xC0 + (8 * i));
            if (i != 3)
            {
                yield return Registers(name + "p", "DE", 0xC0 + (8 * i));
            }
        }

        yield return Single("fsqrt", "D9FA");
        yield return Single("frndint", "D9FC");
        yield return Single("fscale", "D9FD");
        yield return Single("fxtract", "D9F4");
        yield return Single("fprem", "D9F8");
        yield return Single("fprem1", "D9F5");
        yield return Single("fchs", "D9E0");
        yield return Single("fabs", "D9E1");
    }

    public static IEnumerable<X87Form> Compares()
    {
        yield return Single("fcompp", "DED9");
        yield return Single("fucompp", "DAE9");
        yield return Registers("fucom", "DD", 0xE0);
        yield return Registers("fucomp", "DD", 0xE8);
        yield return Registers("fucomi", "DB", 0xE8);
        yield return Registers("fcomi", "DB", 0xF0);
        yield return Registers("fucomip", "DF", 0xE8);
        yield return Registers("fcomip", "DF", 0xF0);
        yield return Single("ftst", "D9E4");
        yield return Single("fxam", "D9E5");
        for (int i = 0; i < 4; i++)
        {
            yield return Registers($"fcmov DA/{i}", "DA", 0xC0 + (8 * i));
            yield return Registers($"fcmov DB/{i}", "DB", 0xC0 + (8 * i));
        }
    }

    public static IEnumerable<X87Form> Moves()
    {
        yield return new("fld m32", [[0xD9, 0x43, 8]], 4);
        yield return new("fld m64", [[0xDD, 0x43, 8]], 8);
        yield return new("fld m80", [[0xDB, 0x6B, 8]], 10);
        yield return Registers("fld sti", "D9", 0xC0);
        yield return Many("fild", "DF4308 DB4308 DF6B08");
        yield return Many("fbld", "DF6308");
        yield return Many("fst m32", "D95308 D95B08");
        yield return Many("fst m64", "DD5308 DD5B08");
        yield return Many("fstp m80", "DB7B08");
        yield return Many("fist", "DF5308 DF5B08 DB5308 DB5B08 DF7B08");
        yield return Many("fisttp", "DF4B08 DB4B08 DD4B08");
        yield return Many("fbstp", "DF7308");
        yield return Registers("fst sti", "DD", 0xD0);
        yield return Registers("fstp sti", "DD", 0xD8);
        yield return Registers("fstp sti (DF D0)", "DF", 0xD0);
        yield return Registers("fstp sti (DF D8)", "DF", 0xD8);
        yield return Registers("fstpnce", "D9", 0xD8);
        yield return Registers("fxch", "D9", 0xC8);
        yield return Registers("fxch (DD)", "DD", 0xC8);
        yield return Registers("fxch (DF)", "DF", 0xC8);
        yield return Many("constants", "D9E8 D9E9 D9EA D9EB D9EC D9ED D9EE");
    }

    public static IEnumerable<X87Form> Control()
    {
        yield return Many("stack", "D9F6 D9F7 D9D0 9B");
        yield return Many("fnclex, fninit, fnstsw ax", "DBE2 DBE3 DFE0");
        yield return Many("obsolete", "DBE0 DBE1 DBE4");
        yield return Registers("ffree", "DD", 0xC0);
        yield return Registers("ffreep", "DF", 0xC0);
        yield return Many("control and status word", "D96B08 D97B08 DD7B08");
        yield return Many("frstor, fldenv", "DD6308 D96308");
        yield return Many("frstor16, fldenv16", "66DD6308 66D96308");
        yield return Many("fnstenv", "D97308 66D97308");
        yield return Many("fnsave", "DD7308 66DD7308");
    }

    public static IEnumerable<X87Form> Transcendental()
    {
        yield return Single("f2xm1", "D9F0");
        yield return Single("fyl2x", "D9F1");
        yield return Single("fptan", "D9F2");
        yield return Single("fpatan", "D9F3");
        yield return Single("fyl2xp1", "D9F9");
        yield return Single("fsincos", "D9FB");
        yield return Single("fsin", "D9FE");
        yield return Single("fcos", "D9FF");
    }

    public static IEnumerable<X87Form> Mmx()
    {
        int[] opcodes =
        [
            .. Enumerable.Range(0x60, 12), 0x6F, 0x74, 0x75, 0x76, 0x7F, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE,
            0xDF, 0xE0, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE8, 0xE9, 0xEA, 0xEB, 0xEC, 0xED, 0xEE, 0xEF, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF8,
            0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE,
        ];
        foreach (int opcode in opcodes)
        {
            yield return Packed($"mmx 0F {opcode:X2}", [0x0F, (byte)opcode]);
        }

        foreach (int opcode in Enumerable.Range(0, 12).Concat([0x1C, 0x1D, 0x1E]))
        {
            yield return Packed($"mmx 0F 38 {opcode:X2}", [0x0F, 0x38, (byte)opcode]);
        }

        byte[] counts = [0, 1, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 255];
        foreach ((byte opcode, int extension) in new[] { (0x71, 2), (0x71, 4), (0x71, 6), (0x72, 2), (0x72, 4), (0x72, 6), (0x73, 2), (0x73, 6) }.Select(p => ((byte)p.Item1, p.Item2)))
        {
            yield return new($"mmx shift {opcode:X2}/{extension}", [.. counts.Select(n => new byte[] { 0x0F, opcode, (byte)(0xC2 | (extension << 3)), n })]);
        }

        yield return new("palignr", [.. Enumerable.Range(0, 18).Append(255).Select(n => new byte[] { 0x0F, 0x3A, 0x0F, 0xD1, (byte)n }), [0x0F, 0x3A, 0x0F, 0x43, 8, 5]]);
        yield return Many("pshufw", "0F70D11B 0F70CAE4 0F7043089C");
        yield return Many("pinsrw", "0FC4C902 0FC4D107 0FC44B0801 480FC4C901");
        yield return Many("pextrw", "0FC5C100 0FC5C207 480FC5C202");
        yield return Many("pmovmskb", "0FD7C2 480FD7D1");
        yield return Many("movd", "0F6ECA 480F6ECA 0F6E4B08 480F6E4B08 0F7EC8 480F7ED2 0F7E4B08 480F7E4B08");
        yield return Many("movntq", "0FE74B08");
        yield return Many("maskmovq", "0FF7CA 0FF7D1");
        yield return Many("movq2dq, movdq2q", "F30FD6CA F20FD6CA");
        yield return Single("emms", "0F77");
        yield return Many("cvtpi2ps", "0F2ACA 0F2A4B08");
        yield return Many("cvtpi2pd", "660F2ACA 660F2A4B08");
        yield return Many("cvtps2pi", "0F2DCA 0F2D4B08 0F2CCA 0F2C4B08") with { OperandSize = 4 };
        yield return Many("cvtpd2pi", "660F2DCA 660F2D4B10 660F2CCA 660F2C4B10 660F2C4B08") with { OperandSize = 8 };
    }

    public static IEnumerable<X87Form> StateImages()
    {
        yield return Many("fxsave", "0FAE03 480FAE03 480FAE4308");
        yield return Many("fxrstor", "0FAE0B 480FAE0B");
        yield return Many("xsave", "0FAE23 480FAE23 480FAE6310");
        yield return Many("xsaveopt", "0FAE33 480FAE33");
        yield return Many("xsavec", "0FC723 480FC723");
        yield return Many("xrstor", "0FAE2B 480FAE2B");
    }

    private static X87Form Single(string name, string code) => new(name, [Convert.FromHexString(code)]);

    private static X87Form Many(string name, string codes) => new(name, [.. codes.Split(' ').Select(Convert.FromHexString)]);

    private static X87Form Registers(string name, string opcode, int first) =>
        new(name, [.. Enumerable.Range(first, 8).Select(b => Convert.FromHexString(opcode + b.ToString("X2", CultureInfo.InvariantCulture)))]);

    private static X87Form Packed(string name, byte[] opcode) =>
        new(name, [[.. opcode, 0x43, 8], .. Enumerable.Range(0, 8).Select(i => (byte[])[.. opcode, (byte)(0xC0 | i | ((((i * 3) + 1) & 7) << 3))])]);
}
