namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>A small seeded generator (SplitMix64) whose sequence never changes, so that a printed seed reproduces its case for ever.</summary>
internal sealed class OracleRandom
{
    private ulong _state;

    public OracleRandom(ulong seed)
    {
        _state = seed;
    }

    /// <summary>Starts over from a seed.</summary>
    public void Reset(ulong seed) => _state = seed;

    public ulong NextUInt64()
    {
        ulong z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Next(int bound) => (int)((NextUInt64() >> 33) % (uint)bound);

    /// <summary><paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Between(int low, int high) => low + Next(high - low + 1);

    public bool Percent(int chance) => Next(100) < chance;

    public T Pick<T>(ReadOnlySpan<T> values) => values[Next(values.Length)];

    /// <summary>A seed for one case of one form under a base seed.</summary>
    public static ulong Mix(ulong seed, ulong form, ulong index) => new OracleRandom(seed ^ (form << 40) ^ index * 0xD6E8_FEB8_6659_FD93).NextUInt64();
}
