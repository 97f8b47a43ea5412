using System.Security.Cryptography;

namespace HermiTux.Devices;

/// <summary>Where a machine's random bytes come from. Thread-safe.</summary>
public interface IEntropySource
{
    /// <summary>Fills the buffer.</summary>
    void Fill(Span<byte> buffer);
}

/// <summary>The host's cryptographic generator: the default.</summary>
public sealed class SystemEntropySource : IEntropySource
{
    /// <inheritdoc/>
    public void Fill(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);
}

/// <summary>A repeatable sequence from a seed, for tests and reproducible runs. Not for secrets.</summary>
public sealed class SeededEntropySource : IEntropySource
{
    private readonly Lock _lock = new();
    private readonly Random _random;

    /// <summary>Creates a source; equal seeds give equal bytes.</summary>
    public SeededEntropySource(int seed)
    {
        _random = new Random(seed);
    }

    /// <inheritdoc/>
    public void Fill(Span<byte> buffer)
    {
        lock (_lock)
        {
            _random.NextBytes(buffer);
        }
    }
}
