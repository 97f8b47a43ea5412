using System.Diagnostics;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Devices;
using HermiTux.Hosting.Consoles;
using HermiTux.Hosting.Network;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Kernel.Signals;
using HermiTux.Loader;
using HermiTux.Memory;
using HermiTux.Syscalls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Process = HermiTux.Kernel.Process;

namespace HermiTux.Hosting;

/// <summary>Makes a machine from services and options: the one place where everything is put together.</summary>
internal static class MachineComposer
{
    private const int StackLimitIndex = 3;
    private const int CoreLimitIndex = 4;
    private const int FilesLimitIndex = 7;
    private const int PendingSignalsLimitIndex = 11;
    private const ulong Infinity = ulong.MaxValue;
    private const long StackLimit = 8 << 20;

    /// <summary>See <see cref="UnikernelBuilder.Build"/>.</summary>
    public static Unikernel Compose(ServiceCollection services)
    {
        long start = Stopwatch.GetTimestamp();
        ServiceProvider provider = services.BuildServiceProvider();
        var owned = new Stack<IDisposable>();
        owned.Push(provider);
        try
        {
            UnikernelOptions options = provider.GetRequiredService<IOptions<UnikernelOptions>>().Value;
            List<string> problems = OptionsCheck.Check(options);
            SyscallTable table = ConfigureTable(options, problems);
            Throw(problems);
            return Compose(provider, options, table, owned, start);
        }
        catch
        {
            while (owned.TryPop(out IDisposable? part))
            {
                part.Dispose();
            }

            throw;
        }
    }

    private static Unikernel Compose(ServiceProvider provider, UnikernelOptions options, SyscallTable table, Stack<IDisposable> owned, long start)
    {
        IVcpuEngine engine = provider.GetRequiredService<IVcpuEngine>();
        if (options.RequireHardwareIsolation && !engine.IsHardwareIsolated)
        {
            Throw([$"Hardware isolation is required, and the engine {engine.Name} that was asked for doesn't give it: use UseKvm() or leave the choice to UseAutomaticEngine()."]);
        }

        TimeProvider time = provider.GetRequiredService<TimeProvider>();
        ILogger logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("HermiTux.Kernel");
        var frames = new FrameTable(provider.GetRequiredService<IMemoryModel>().CreateStore(options.MemoryLimit), options.MemoryLimit);
        owned.Push(frames);
        var problems = new List<string>();
        var context = new MountContext(provider, frames, time);
        GuestTree tree = GuestTreeBuilder.Create(options, context, problems);
        owned.Push(tree);
        var dispatcher = new SyscallDispatcher(table);
        var machine = new Machine
        {
            Frames = frames,
            Files = tree.Files,
            Time = time,
            Entropy = provider.GetRequiredService<IEntropySource>(),
            Logger = logger,
            Engine = engine,
            Dispatcher = dispatcher,
            HostName = options.HostName,
            CpuCount = options.CpuCount,
            ThreadLimit = options.ThreadLimit,
            BootTimestamp = time.GetTimestamp(),
        };
        if (options.Outbound is { } outbound)
        {
            machine.Network.AddOutside();
            machine.Network.Outside = new OutboundNetwork(outbound, logger, machine.Stopping);
        }

        GuestTreeBuilder.MountAll(options, tree, context, machine, provider.GetServices<CharacterDevice>(), problems);
        Throw(problems);
        Credentials credentials = Credentials.ForUser(options.UserId, options.GroupId);
        credentials.Groups = [.. options.SupplementaryGroups];
        int pid = machine.AllocateId();
        var process = new Process
        {
            Machine = machine,
            Pid = pid,
            ProcessGroup = pid,
            Session = pid,
            Memory = new AddressSpace(frames) { MaximumAddress = engine.AddressLimit, DefaultMapWindow = Math.Min(engine.DefaultMapWindow, engine.AddressLimit) },
            Descriptors = new FdTable { Limit = options.OpenFileLimit },
            Fs = new FsContext(tree.Files, credentials),
            Credentials = credentials,
            StartTime = machine.MonotonicNanoseconds,
        };
        SetLimits(process, options);
        unsafe
        {
            var thread = new GuestThread { Process = process, Tid = pid, State = CpuState.Allocate() };
            GuestProgram program = GuestProgram.Find(options, tree, process);
            EnterWorkingDirectory(options, process);
            var console = StandardFiles.Install(options.Console, process);
            owned.Push(console);
            Load(process, thread, program, options, engine.Model);

            OfferServices(options, machine, logger, owned);
            var parts = new MachineParts
            {
                Services = provider,
                Machine = machine,
                MainThread = thread,
                Console = console,
                Dispatcher = dispatcher,
                Tree = tree,
                ProgramName = program.Path,
            };
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            HostingLog.Built(logger, program.Path, engine.Name, elapsed.TotalMilliseconds);
            return new Unikernel(parts, elapsed, options.TimeLimit);
        }
    }

    private static void OfferServices(UnikernelOptions options, Machine machine, ILogger logger, Stack<IDisposable> owned)
    {
        foreach (HostService service in options.HostServices)
        {
            if (!GuestListener.Open(machine, service.Port).TryGet(out GuestListener? listener, out _))
            {
                throw new UnikernelConfigurationException([$"Two services want port {service.Port}."]);
            }

            // The listener ends with the machine.
            owned.Push(listener);
            _ = service.RunAsync(listener, logger, machine.Stopping);
        }
    }

    private static void Throw(List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new UnikernelConfigurationException(problems);
        }
    }

    private static SyscallTable ConfigureTable(UnikernelOptions options, List<string> problems)
    {
        var table = SyscallTable.CreateDefault();
        foreach (Action<SyscallTable> configure in options.SyscallConfiguration)
        {
            try
            {
                configure(table);
            }
            catch (ArgumentException e)
            {
                problems.Add($"A change to the system-call table fails: {e.Message}");
            }
        }

        return table;
    }

    private static void SetLimits(Process process, UnikernelOptions options)
    {
        Array.Fill(process.ResourceLimits, (Infinity, Infinity));
        process.ResourceLimits[StackLimitIndex] = (StackLimit, Infinity);
        process.ResourceLimits[CoreLimitIndex] = (0, Infinity);
        process.ResourceLimits[FilesLimitIndex] = ((ulong)options.OpenFileLimit, (ulong)options.OpenFileLimit);
        process.ResourceLimits[PendingSignalsLimitIndex] = (4096, 4096);
    }

    // A terminal says what it is, as the kernel's console does to init.
    private static IEnumerable<KeyValuePair<string, string>> Environment(UnikernelOptions options) => options.Console.Terminal is { Type.Length: > 0 } terminal && !options.Environment.ContainsKey("TERM")
        ? [.. options.Environment, new("TERM", terminal.Type)]
        : options.Environment;

    private static void EnterWorkingDirectory(UnikernelOptions options, Process process)
    {
        Result<Dentry> found = process.Machine.Files.Resolve(process.Fs, null, options.WorkingDirectory, ResolveFlags.Directory);
        if (!found.TryGet(out Dentry? directory, out Errno error))
        {
            throw new UnikernelConfigurationException(
                [$"The working directory {options.WorkingDirectory} isn't a directory of the guest's tree ({error}); mount it or choose another."]);
        }

        process.Fs.WorkingDirectory = directory;
    }

    private static void Load(Process process, GuestThread thread, GuestProgram program, UnikernelOptions options, CpuModel model)
    {
        string[] arguments = [options.ArgumentZero ?? program.GivenPath, .. options.Arguments];
        var request = new ProgramImageRequest(
            program.Path,
            [.. arguments.Select(FileName.Encode)],
            [.. Environment(options).Select(v => FileName.Encode($"{v.Key}={v.Value}"))]);
        CpuidResult features = model.Query(1, 0);
        bool hasFsGsBase = model.Query(0, 0).Eax >= 7 && (model.Query(7, 0).Ebx & 1) != 0;
        process.Machine.LoaderOptions = new LoaderOptions
        {
            RandomizeLayout = options.RandomizeLayout,
            HardwareCapabilities = features.Edx,
            HardwareCapabilities2 = hasFsGsBase ? 2UL : 0,
            MinimumSignalStackSize = SignalFrame.MaximumSize(model),
            StackLimit = StackLimit,
        };
        LoadFailure? failure = ProgramLoader.Load(process, thread, request, process.Machine.LoaderOptions);
        if (failure is not null)
        {
            string hint = failure.Interpreter is null ? "" : " Mount what the program needs, for example the host's root: MountHost(\"/\", \"/\").";
            throw new ProgramLoadException(program.GivenPath, failure.Error, failure.Message + hint) { Interpreter = failure.Interpreter };
        }
    }
}
