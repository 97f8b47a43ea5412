using HermiTux.Cpu;
using HermiTux.Kvm.Internal;
using HermiTux.Memory;

namespace HermiTux.Kvm;

/// <summary>
/// The KVM engine: guest threads run at native speed in a virtual machine of their own, made in this process without a monitor or a guest kernel.
/// </summary>
public sealed class KvmEngine : IVcpuEngine
{
    private readonly KvmDevice _device;
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressSpace, GuestPageTables> _tables = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<Processor> _idle = new();
    private VirtualMachine? _machine;
    private bool _disposed;

    /// <summary>Creates the engine of one machine; the virtual machine itself comes with the first vCPU.</summary>
    /// <param name="model">What CPUID says; null for x86-64-v3, less what the host's KVM doesn't have.</param>
    /// <exception cref="PlatformNotSupportedException">KVM isn't usable here, or not with that model; the message says why and what helps.</exception>
    public KvmEngine(CpuModel? model = null)
    {
        KvmHost host = KvmHost.Current;
        if (host.Device == null || host.Traits == null)
        {
            throw new PlatformNotSupportedException($"The KVM engine {host.Probe.Reason}.{(host.Probe.Remedy is { } remedy ? " " + remedy : "")}");
        }

        _device = host.Device;
        Traits = host.Traits;
        Model = ChooseModel(_device, Traits, model);
    }

    /// <summary>For the first look at a host.</summary>
    internal KvmEngine(KvmDevice device, HostTraits traits, CpuModel model)
    {
        _device = device;
        Traits = traits;
        Model = model;
    }

    /// <inheritdoc/>
    public string Name => "kvm";

    /// <inheritdoc/>
    public CpuModel Model { get; }

    /// <inheritdoc/>
    public bool IsHardwareIsolated => true;

    /// <inheritdoc/>
    public long TranslatedBytes => 0;

    /// <summary>How the host's KVM behaves.</summary>
    internal HostTraits Traits { get; }

    /// <inheritdoc/>
    /// <exception cref="PlatformNotSupportedException">The machine's memory isn't a memory file.</exception>
    /// <exception cref="IOException">KVM refuses.</exception>
    public Vcpu CreateVcpu(AddressSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            VirtualMachine machine = GetMachine(space.Frames.Store);
            bool isNew = !_tables.TryGetValue(space, out GuestPageTables? tables);
            tables ??= new GuestPageTables(machine, space, Traits.NestedPaging);
            try
            {
                if (!_idle.TryPop(out Processor? processor))
                {
                    processor = new Processor(_device, machine, Model, Traits.HasHostCpuid);
                }

                _tables[space] = tables;
                return new KvmVcpu(this, space, tables, processor);
            }
            catch when (isNew)
            {
                tables.Dispose();
                throw;
            }
        }
    }

    /// <summary>Frees the virtual machine. No vCPU may run.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (GuestPageTables tables in _tables.Values)
            {
                tables.Dispose();
            }

            _tables.Clear();
            while (_idle.TryPop(out Processor? processor))
            {
                processor.Dispose();
            }

            _machine?.Dispose();
        }
    }

    /// <summary>A model less what KVM can't show here.</summary>
    internal static CpuModel FilterModel(KvmDevice device, X86CpuModel model)
    {
        X86Features missing = model.Features & ~X86FeatureBits.Read(device.Supported);
        return missing == 0 ? model : new X86CpuModel("HermiTux virtual CPU", model.Features & X86FeatureBits.Read(device.Supported));
    }

    /// <summary>A vCPU is gone; with the last one of a space its page tables go too.</summary>
    internal void Release(KvmVcpu vcpu)
    {
        lock (_lock)
        {
            if (_tables.TryGetValue(vcpu.Space, out GuestPageTables? tables) && tables.Remove(vcpu))
            {
                _tables.Remove(vcpu.Space);
                tables.Dispose();
            }

            if (_disposed)
            {
                vcpu.Processor.Dispose();
            }
            else
            {
                _idle.Push(vcpu.Processor);
            }
        }
    }

    private static CpuModel ChooseModel(KvmDevice device, HostTraits traits, CpuModel? wanted)
    {
        if (traits.HasHostCpuid)
        {
            return wanted == null
                ? new HostCpuModel(traits.Xcr0, traits.TscFrequency)
                : throw new PlatformNotSupportedException(
                    "A CPU model was asked for, but under this host's kind of nested virtualisation the guest sees the processor itself. Leave the model out, or use another engine.");
        }

        CpuModel model = wanted ?? FilterModel(device, X86CpuModel.V3);
        X86Features missing = X86FeatureBits.Read(model.Query) & ~X86FeatureBits.Read(device.Supported);
        return missing == 0
            ? new FilteredCpuModel(model, device.PhysicalBits, traits.TscFrequency)
            : throw new PlatformNotSupportedException($"The CPU model has {missing}, which this host's KVM can't give a guest. Choose a smaller model or another engine.");
    }

    private VirtualMachine GetMachine(PageStore store)
    {
        if (_machine == null)
        {
            unsafe
            {
                if (store.LinearBase == null || store.FileDescriptor < 0)
                {
                    throw new PlatformNotSupportedException("The KVM engine needs the machine's memory to be a memory file: use MemoryModel.MemoryFile.");
                }
            }

            _machine = new VirtualMachine(_device, store);
        }
        else if (!ReferenceEquals(_machine.Store, store))
        {
            throw new ArgumentException("An engine belongs to one machine; this address space is another's.");
        }

        return _machine;
    }
}
