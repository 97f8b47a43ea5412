using HermiTux.Devices;

namespace HermiTux.Tests.Lockstep;

/// <summary>Makes two runs of a program of one thread the same: no randomness, and clocks stand still.</summary>
internal static class SameSurroundings
{
    public static void Apply(UnikernelBuilder builder) =>
        builder.WithLayoutRandomization(false).WithCpuCount(1).UseTimeProvider(new StillTime()).UseEntropySource(new KnownEntropy());

    private sealed class StillTime : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => 1_000_000_000_000;

        public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }

    private sealed class KnownEntropy : IEntropySource
    {
        private byte _next;

        public void Fill(Span<byte> buffer)
        {
            foreach (ref byte b in buffer)
            {
                b = _next += 37;
            }
        }
    }
}
