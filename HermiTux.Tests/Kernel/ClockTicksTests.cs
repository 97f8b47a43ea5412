using CsCheck;
using HermiTux.Kernel.Timers;
using Xunit;

namespace HermiTux.Tests.Kernel;

public sealed class ClockTicksTests
{
    private static readonly Gen<long> s_frequency = Gen.OneOf(Gen.Const(1_000_000_000L), Gen.Const(10_000_000L), Gen.Long[1, 9_000_000_000]);

    [Fact]
    public void Ticks_become_nanoseconds_as_in_wider_arithmetic() =>
        Gen.Select(Gen.Long[long.MinValue / 4, long.MaxValue / 4], s_frequency).Sample((ticks, frequency) =>
        {
            Int128 exact = (Int128)ticks * 1_000_000_000 / frequency;
            return exact > long.MaxValue || exact < long.MinValue || ClockTicks.ToNanoseconds(ticks, frequency) == (long)exact;
        });

    [Fact]
    public void Nanoseconds_become_ticks_rounded_up_or_the_largest_number() =>
        Gen.Select(Gen.Long[0, long.MaxValue], s_frequency).Sample((nanoseconds, frequency) =>
        {
            Int128 exact = (((Int128)nanoseconds * frequency) + 999_999_999) / 1_000_000_000;
            long ticks = ClockTicks.FromNanoseconds(nanoseconds, frequency);
            return ticks == (long)Int128.Min(exact, long.MaxValue) || (ticks == long.MaxValue && exact > long.MaxValue - frequency);
        });
}
