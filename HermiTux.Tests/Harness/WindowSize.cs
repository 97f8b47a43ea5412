using System.Globalization;
using System.Runtime.CompilerServices;
using HermiTux.Cpu.Translator;

namespace HermiTux.Tests.Harness;

/// <summary>HERMITUX_WINDOW_BITS=32 runs all tests as on a host that gives the translator small windows only.</summary>
internal static class WindowSize
{
    [ModuleInitializer]
    public static void Set()
    {
        if (Environment.GetEnvironmentVariable("HERMITUX_WINDOW_BITS") is { Length: > 0 } bits)
        {
            WindowReservation.MostBits = int.Parse(bits, CultureInfo.InvariantCulture);
        }
    }
}
