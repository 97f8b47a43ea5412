using HermiTux.Syscalls.Trace;

namespace HermiTux.Samples.Commands;

/// <summary>Makes a builder from the command's options.</summary>
internal static class RunBuilder
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <exception cref="RunArgumentException">The engine isn't there.</exception>
    public static UnikernelBuilder Create(RunRequest request, TextWriter? trace)
    {
        UnikernelBuilder builder = new UnikernelBuilder()
            .UseProgram(ProgramSource.GuestOrHost(request.Program))
            .WithArguments(request.Arguments)
            .WithEnvironment("PATH", DefaultPath)
            .WithEnvironment("HOME", "/")
            .WithEnvironment(request.Environment)
            .WithWorkingDirectory(request.WorkingDirectory ?? "/");
        switch (request.Engine)
        {
            case "auto":
                builder.AddKvm().UseAutomaticEngine();
                break;
            case "kvm":
                builder.UseKvm();
                break;
            case "interpreter":
                builder.UseInterpreter();
                break;
            case "translator":
                builder.UseTranslator();
                break;
            default:
                throw new RunArgumentException($"--engine {request.Engine}: not one of auto, kvm, translator, interpreter");
        }

        foreach (MountArgument mount in request.Mounts)
        {
            _ = mount.Mode == MountMode.Overlay
                ? builder.MountOverlay(mount.Host, mount.Guest)
                : builder.MountHost(mount.Host, mount.Guest, mount.Mode == MountMode.ReadOnly);
        }

        foreach (string path in request.Tmpfs)
        {
            builder.MountTmpfs(path);
        }

        if (request.Memory is { } memory)
        {
            builder.WithMemoryLimit(memory);
        }

        if (request.Cpus is { } cpus)
        {
            builder.WithCpuCount(cpus);
        }

        if (request.Timeout is { } timeout)
        {
            builder.WithTimeLimit(timeout);
        }

        if (trace is not null)
        {
            builder.UseTracer(new StraceTracer(trace));
        }

        return builder;
    }
}
