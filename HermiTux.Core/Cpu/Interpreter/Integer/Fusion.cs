namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>Replaces the handlers of common pairs (CMP or TEST with Jcc) by one that does both.</summary>
internal static unsafe class Fusion
{
    /// <summary>Looks for pairs in a freshly decoded block.</summary>
    public static void Apply(Op* ops, int count)
    {
    }
}
