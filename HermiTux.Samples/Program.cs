namespace HermiTux.Samples;

internal static class Program
{
    public static int Main() => 125;
}
