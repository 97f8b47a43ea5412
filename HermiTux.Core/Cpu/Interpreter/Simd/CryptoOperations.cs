using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

// AES rounds and carry-less multiplication: the host's instructions where it has them, FIPS 197 and schoolbook multiplication where it doesn't.

/// <summary>AESENC.</summary>
internal readonly struct Aesenc : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Aes.IsSupported ? Aes.Encrypt(a, b) : AesRounds.Encrypt(a, b, mixes: true);
}

/// <summary>AESENCLAST.</summary>
internal readonly struct Aesenclast : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Aes.IsSupported ? Aes.EncryptLast(a, b) : AesRounds.Encrypt(a, b, mixes: false);
}

/// <summary>AESDEC.</summary>
internal readonly struct Aesdec : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Aes.IsSupported ? Aes.Decrypt(a, b) : AesRounds.Decrypt(a, b, mixes: true);
}

/// <summary>AESDECLAST.</summary>
internal readonly struct Aesdeclast : IBinaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b) => Aes.IsSupported ? Aes.DecryptLast(a, b) : AesRounds.Decrypt(a, b, mixes: false);
}

/// <summary>AESIMC.</summary>
internal readonly struct Aesimc : IUnaryOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a) => Aes.IsSupported ? Aes.InverseMixColumns(a) : AesRounds.InverseMixColumns(a);
}

/// <summary>AESKEYGENASSIST.</summary>
internal readonly struct Aeskeygenassist : IUnaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V128 Apply(V128 a, byte immediate)
    {
        uint x1 = AesRounds.SubstituteWord(a.AsUInt32().GetElement(1));
        uint x3 = AesRounds.SubstituteWord(a.AsUInt32().GetElement(3));
        return Vector128.Create(x1, uint.RotateRight(x1, 8) ^ immediate, x3, uint.RotateRight(x3, 8) ^ immediate).AsByte();
    }
}

/// <summary>PCLMULQDQ.</summary>
internal readonly struct Pclmulqdq : IBinaryImmediateOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Apply(V128 a, V128 b, byte immediate)
    {
        ulong x = (immediate & 1) != 0 ? a.AsUInt64().GetElement(1) : a.AsUInt64().ToScalar();
        ulong y = (immediate & 16) != 0 ? b.AsUInt64().GetElement(1) : b.AsUInt64().ToScalar();
        return CarrylessProduct.Multiply(x, y);
    }
}

/// <summary>The carry-less product of two quadwords.</summary>
internal static class CarrylessProduct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Multiply(ulong x, ulong y) => System.Runtime.Intrinsics.X86.Pclmulqdq.IsSupported
        ? System.Runtime.Intrinsics.X86.Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(x), Vector128.CreateScalar(y), 0).AsByte()
        : Portable(x, y);

    private static V128 Portable(ulong x, ulong y)
    {
        ulong low = 0;
        ulong high = 0;
        for (int i = 0; i < 64; i++)
        {
            if (((y >> i) & 1) != 0)
            {
                low ^= x << i;
                high ^= i == 0 ? 0 : x >> (64 - i);
            }
        }

        return Vector128.Create(low, high).AsByte();
    }
}

/// <summary>The AES round transformations (FIPS 197); byte i of the state is row i % 4 of column i / 4.</summary>
internal static class AesRounds
{
    private static readonly byte[] s_substitution = new byte[256];
    private static readonly byte[] s_inverse = new byte[256];

    static AesRounds()
    {
        // FIPS 197, 5.1.1: the inverse in GF(2^8), then an affine map. 3 generates the field, 0xF6 is its inverse.
        byte p = 1;
        byte q = 1;
        do
        {
            p = (byte)(p ^ (p << 1) ^ ((p & 0x80) != 0 ? 0x1B : 0));
            q ^= (byte)(q << 1);
            q ^= (byte)(q << 2);
            q ^= (byte)(q << 4);
            q ^= (byte)((q & 0x80) != 0 ? 0x09 : 0);
            byte x = (byte)(q ^ byte.RotateLeft(q, 1) ^ byte.RotateLeft(q, 2) ^ byte.RotateLeft(q, 3) ^ byte.RotateLeft(q, 4));
            s_substitution[p] = (byte)(x ^ 0x63);
        }
        while (p != 1);

        s_substitution[0] = 0x63;
        for (int i = 0; i < 256; i++)
        {
            s_inverse[s_substitution[i]] = (byte)i;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V128 Encrypt(V128 state, V128 key, bool mixes)
    {
        V128 result = default;
        for (int i = 0; i < 16; i++)
        {
            result = result.WithElement(i, s_substitution[state.GetElement((i + (4 * (i & 3))) & 15)]);
        }

        return (mixes ? Mix(result, 2, 3, 1, 1) : result) ^ key;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V128 Decrypt(V128 state, V128 key, bool mixes)
    {
        V128 result = default;
        for (int i = 0; i < 16; i++)
        {
            result = result.WithElement(i, s_inverse[state.GetElement((i - (4 * (i & 3))) & 15)]);
        }

        return (mixes ? InverseMixColumns(result) : result) ^ key;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V128 InverseMixColumns(V128 state) => Mix(state, 14, 11, 13, 9);

    /// <summary>The S-box on each byte.</summary>
    public static uint SubstituteWord(uint word) => s_substitution[(byte)word] | ((uint)s_substitution[(byte)(word >> 8)] << 8) |
        ((uint)s_substitution[(byte)(word >> 16)] << 16) | ((uint)s_substitution[word >> 24] << 24);

    private static V128 Mix(V128 state, byte c0, byte c1, byte c2, byte c3)
    {
        V128 result = default;
        for (int i = 0; i < 16; i++)
        {
            int column = i & ~3;
            result = result.WithElement(i, (byte)(
                Multiply(state.GetElement(i), c0) ^
                Multiply(state.GetElement(column | ((i + 1) & 3)), c1) ^
                Multiply(state.GetElement(column | ((i + 2) & 3)), c2) ^
                Multiply(state.GetElement(column | ((i + 3) & 3)), c3)));
        }

        return result;
    }

    private static byte Multiply(byte a, byte b)
    {
        int product = 0;
        int x = a;
        for (; b != 0; b >>= 1)
        {
            product ^= (b & 1) != 0 ? x : 0;
            x = (x << 1) ^ ((x & 0x80) != 0 ? 0x11B : 0);
        }

        return (byte)product;
    }
}
