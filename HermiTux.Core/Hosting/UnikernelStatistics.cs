namespace HermiTux;

/// <summary>What a machine did and took so far.</summary>
public sealed class UnikernelStatistics
{
    /// <summary>The vCPU engine.</summary>
    public required string Engine { get; init; }

    /// <summary>From <see cref="UnikernelBuilder.Build"/> to the first guest instruction.</summary>
    public required TimeSpan CreateTime { get; init; }

    /// <summary>From the first guest instruction to the end, or to now.</summary>
    public required TimeSpan WallTime { get; init; }

    /// <summary>CPU time of the guest's threads.</summary>
    public required TimeSpan CpuTime { get; init; }

    /// <summary>Guest instructions executed; 0 where the engine doesn't count.</summary>
    public required long Instructions { get; init; }

    /// <summary>How often each system call was made, by name (<c>syscall_N</c> for unknown numbers).</summary>
    public required IReadOnlyDictionary<string, long> Syscalls { get; init; }

    /// <summary>Most guest memory in use at once, in bytes.</summary>
    public required long PeakResidentBytes { get; init; }

    /// <summary>Memory of translated or decoded guest code, in bytes; 0 where that means nothing.</summary>
    public required long TranslatedBytes { get; init; }
}
