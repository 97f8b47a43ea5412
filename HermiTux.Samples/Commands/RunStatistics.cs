using System.Text.Json;
using System.Text.Json.Serialization;

namespace HermiTux.Samples.Commands;

/// <summary>The JSON object of <c>--stats</c>.</summary>
internal sealed record RunStatistics
{
    public required string Engine { get; init; }

    public required int ExitCode { get; init; }

    public required double WallMs { get; init; }

    public required double CreateMs { get; init; }

    public required long Instructions { get; init; }

    public required IReadOnlyDictionary<string, long> Syscalls { get; init; }

    public required long PeakResidentBytes { get; init; }

    public required long TranslatedBytes { get; init; }

    public static async Task WriteAsync(TextWriter writer, UnikernelStatistics statistics, int exitCode)
    {
        var value = new RunStatistics
        {
            Engine = statistics.Engine,
            ExitCode = exitCode,
            WallMs = statistics.WallTime.TotalMilliseconds,
            CreateMs = statistics.CreateTime.TotalMilliseconds,
            Instructions = statistics.Instructions,
            Syscalls = statistics.Syscalls,
            PeakResidentBytes = statistics.PeakResidentBytes,
            TranslatedBytes = statistics.TranslatedBytes,
        };
        await writer.WriteLineAsync(JsonSerializer.Serialize(value, RunStatisticsContext.Default.RunStatistics));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunStatistics))]
internal sealed partial class RunStatisticsContext : JsonSerializerContext;
