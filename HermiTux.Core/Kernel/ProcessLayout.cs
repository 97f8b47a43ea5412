namespace HermiTux.Kernel;

/// <summary>Addresses of the initial stack's parts and of the image (prctl(PR_SET_MM) names).</summary>
public sealed class ProcessLayout
{
    /// <summary>Argument strings.</summary>
    public ulong ArgStart { get; set; }

    /// <summary>End of the argument strings.</summary>
    public ulong ArgEnd { get; set; }

    /// <summary>Environment strings.</summary>
    public ulong EnvStart { get; set; }

    /// <summary>End of the environment strings.</summary>
    public ulong EnvEnd { get; set; }

    /// <summary>Code of the program.</summary>
    public ulong CodeStart { get; set; }

    /// <summary>End of the code.</summary>
    public ulong CodeEnd { get; set; }

    /// <summary>Data of the program.</summary>
    public ulong DataStart { get; set; }

    /// <summary>End of the data.</summary>
    public ulong DataEnd { get; set; }

    /// <summary>Heap start.</summary>
    public ulong BrkStart { get; set; }

    /// <summary>RSP at entry.</summary>
    public ulong StackStart { get; set; }

    /// <summary>The auxiliary vector as bytes.</summary>
    public byte[] AuxiliaryVector { get; set; } = [];
}
