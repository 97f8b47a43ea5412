using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

// SHA-1 and SHA-256 (FIPS 180-4), as the SHA extensions slice them (Intel SDM vol. 2). The highest element holds the first word.

/// <summary>SHA1RNDS4: four rounds; the immediate chooses function and constant.</summary>
internal readonly struct Sha1rnds4 : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate)
    {
        Vector128<uint> state = a.AsUInt32();
        Vector128<uint> words = b.AsUInt32();
        uint A = state.GetElement(3);
        uint B = state.GetElement(2);
        uint C = state.GetElement(1);
        uint D = state.GetElement(0);
        uint E = 0; // already part of the first word
        uint k = (immediate & 3) switch { 0 => 0x5A827999, 1 => 0x6ED9EBA1, 2 => 0x8F1BBCDC, _ => 0xCA62C1D6 };
        for (int i = 3; i >= 0; i--)
        {
            uint f = (immediate & 3) switch
            {
                0 => (B & C) ^ (~B & D),
                2 => (B & C) ^ (B & D) ^ (C & D),
                _ => B ^ C ^ D,
            };
            uint next = f + uint.RotateLeft(A, 5) + words.GetElement(i) + E + k;
            E = D;
            D = C;
            C = uint.RotateLeft(B, 30);
            B = A;
            A = next;
        }

        return Vector128.Create(D, C, B, A).AsByte();
    }
}

/// <summary>SHA1NEXTE.</summary>
internal readonly struct Sha1nexte : IBinaryOperation
{
    public static V128 Apply(V128 a, V128 b)
    {
        uint e = uint.RotateLeft(a.AsUInt32().GetElement(3), 30);
        return b.AsUInt32().WithElement(3, b.AsUInt32().GetElement(3) + e).AsByte();
    }
}

/// <summary>SHA1MSG1.</summary>
internal readonly struct Sha1msg1 : IBinaryOperation
{
    public static V128 Apply(V128 a, V128 b) => a ^ Vector128.Create(b.GetUpper(), a.GetLower());
}

/// <summary>SHA1MSG2.</summary>
internal readonly struct Sha1msg2 : IBinaryOperation
{
    public static V128 Apply(V128 a, V128 b)
    {
        Vector128<uint> x = a.AsUInt32();
        Vector128<uint> y = b.AsUInt32();
        uint w16 = uint.RotateLeft(x.GetElement(3) ^ y.GetElement(2), 1);
        uint w17 = uint.RotateLeft(x.GetElement(2) ^ y.GetElement(1), 1);
        uint w18 = uint.RotateLeft(x.GetElement(1) ^ y.GetElement(0), 1);
        uint w19 = uint.RotateLeft(x.GetElement(0) ^ w16, 1);
        return Vector128.Create(w19, w18, w17, w16).AsByte();
    }
}

/// <summary>SHA256RNDS2: two rounds; the words with their constants added are in XMM0, passed as the mask.</summary>
internal readonly struct Sha256rnds2 : IVariableBlend
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V128 Apply(V128 a, V128 b, V128 mask)
    {
        Vector128<uint> cdgh = a.AsUInt32();
        Vector128<uint> abef = b.AsUInt32();
        uint A = abef.GetElement(3);
        uint B = abef.GetElement(2);
        uint C = cdgh.GetElement(3);
        uint D = cdgh.GetElement(2);
        uint E = abef.GetElement(1);
        uint F = abef.GetElement(0);
        uint G = cdgh.GetElement(1);
        uint H = cdgh.GetElement(0);
        for (int i = 0; i < 2; i++)
        {
            uint sigma1 = uint.RotateRight(E, 6) ^ uint.RotateRight(E, 11) ^ uint.RotateRight(E, 25);
            uint sigma0 = uint.RotateRight(A, 2) ^ uint.RotateRight(A, 13) ^ uint.RotateRight(A, 22);
            uint t1 = H + sigma1 + ((E & F) ^ (~E & G)) + mask.AsUInt32().GetElement(i);
            uint t2 = sigma0 + ((A & B) ^ (A & C) ^ (B & C));
            H = G;
            G = F;
            F = E;
            E = D + t1;
            D = C;
            C = B;
            B = A;
            A = t1 + t2;
        }

        return Vector128.Create(F, E, B, A).AsByte();
    }
}

/// <summary>SHA256MSG1.</summary>
internal readonly struct Sha256msg1 : IBinaryOperation
{
    public static V128 Apply(V128 a, V128 b)
    {
        Vector128<uint> x = a.AsUInt32();
        Vector128<uint> next = Vector128.Create(x.GetElement(1), x.GetElement(2), x.GetElement(3), b.AsUInt32().ToScalar());
        Vector128<uint> sigma = ((next >>> 7) | (next << 25)) ^ ((next >>> 18) | (next << 14)) ^ (next >>> 3);
        return (x + sigma).AsByte();
    }
}

/// <summary>SHA256MSG2.</summary>
internal readonly struct Sha256msg2 : IBinaryOperation
{
    public static V128 Apply(V128 a, V128 b)
    {
        Vector128<uint> x = a.AsUInt32();
        uint w16 = x.GetElement(0) + Sigma1(b.AsUInt32().GetElement(2));
        uint w17 = x.GetElement(1) + Sigma1(b.AsUInt32().GetElement(3));
        uint w18 = x.GetElement(2) + Sigma1(w16);
        uint w19 = x.GetElement(3) + Sigma1(w17);
        return Vector128.Create(w16, w17, w18, w19).AsByte();
    }

    private static uint Sigma1(uint w) => uint.RotateRight(w, 17) ^ uint.RotateRight(w, 19) ^ (w >> 10);
}
