using HermiTux.Cpu.Interpreter;
using HermiTux.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// The vCPU engine for x86-64 Linux hosts without a hypervisor: re-encodes guest code so that it can touch nothing but the guest's window of
/// host memory, and runs it on the host's processor.
/// </summary>
public sealed class TranslatorEngine : IVcpuEngine
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressSpace, TranslationCache> _caches = new(ReferenceEqualityComparer.Instance);
    private readonly TranslatorStubs _stubs;

    /// <summary>Creates the engine with the default CPU model, x86-64-v3.</summary>
    /// <exception cref="PlatformNotSupportedException">This host can't run it; the message says why.</exception>
    public TranslatorEngine()
        : this(X86CpuModel.V3)
    {
    }

    /// <summary>Creates the engine.</summary>
    /// <param name="model">What CPUID says; instructions of features that it doesn't have raise #UD.</param>
    /// <exception cref="PlatformNotSupportedException">This host can't run it; the message says why.</exception>
    public TranslatorEngine(CpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!TranslatorHost.IsSupported(model, out string? reason) || !TranslatorStubs.TryGet(out TranslatorStubs? stubs, out reason))
        {
            throw new PlatformNotSupportedException($"The translator engine doesn't work here: {reason}.");
        }

        int bits = GuestWindow.AvailableBits;
        if (bits == 0)
        {
            throw new PlatformNotSupportedException("The translator engine doesn't work here: the host refuses the address space for one more guest window.");
        }

        Model = model;
        DefaultMapWindow = 1UL << bits;
        _stubs = stubs;
        Fallback = new InterpreterEngine(model);
    }

    /// <inheritdoc/>
    public string Name => "translator";

    /// <inheritdoc/>
    public CpuModel Model { get; }

    /// <summary>
    /// The end of the window: 2^40 bytes, or 2^32 where the host gives less. Programs that use memory above it are run by the interpreter, wholly if they do it often.
    /// </summary>
    public ulong DefaultMapWindow { get; internal init; }

    /// <summary>Where RDRAND and RDSEED take their bytes from; the host's cryptographic generator by default. Called from any vCPU's thread.</summary>
    public RandomBytes Random
    {
        get => Fallback.Random;
        init => Fallback = new InterpreterEngine(Model) { Random = value, Time = Fallback.Time };
    }

    /// <summary>The clock that RDTSC shows.</summary>
    public TimeProvider Time
    {
        get => Fallback.Time;
        init => Fallback = new InterpreterEngine(Model) { Random = Fallback.Random, Time = value };
    }

    /// <inheritdoc/>
    public long TranslatedBytes
    {
        get
        {
            lock (_lock)
            {
                return _caches.Values.Sum(c => c.Bytes) + _stubs.Images.Bytes + Fallback.TranslatedBytes;
            }
        }
    }

    /// <summary>Bytes of translated code that an address space may have before it is translated afresh.</summary>
    internal long CodeCacheLimit { get; init; } = 64 << 20;

    /// <summary>Whether code of files that other machines of the process run too is translated once for all.</summary>
    internal bool SharesTranslations { get; init; } = true;

    /// <summary>Hears what an embedder should know about a run.</summary>
    internal ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>See <see cref="TranslationCache.Observer"/>.</summary>
    internal Action<TranslationCache, TranslatedBlock>? Observer { get; init; }

    /// <summary>Sees each end of a block.</summary>
    internal BlockObserver? BlockEnds { get; init; }

    /// <summary>The translations of an address space; null before its first vCPU and after its last.</summary>
    internal TranslationCache? CacheOf(AddressSpace space)
    {
        lock (_lock)
        {
            return _caches.GetValueOrDefault(space);
        }
    }

    /// <summary>Executes what isn't translated.</summary>
    internal InterpreterEngine Fallback { get; private init; }

    /// <inheritdoc/>
    public Vcpu CreateVcpu(AddressSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        lock (_lock)
        {
            if (!_caches.TryGetValue(space, out TranslationCache? cache))
            {
                cache = new TranslationCache(space, Model, _stubs, new GuestWindow(space), CodeCacheLimit)
                {
                    Observer = Observer,
                    UsesImages = SharesTranslations,
                    Distant = new DistantMemory(space, Logger),
                };
                _caches.Add(space, cache);
            }

            bool isFirst = cache.IsUnused;
            try
            {
                var vcpu = new TranslatorVcpu(this, space, cache, _stubs);
                cache.AddVcpu(vcpu);
                return vcpu;
            }
            catch when (isFirst)
            {
                _caches.Remove(space);
                cache.Dispose();
                throw;
            }
        }
    }

    /// <summary>A vCPU is gone; with the last one of a space its translations go too.</summary>
    internal void Release(AddressSpace space, TranslatorVcpu vcpu)
    {
        lock (_lock)
        {
            if (_caches.TryGetValue(space, out TranslationCache? cache) && cache.RemoveVcpu(vcpu))
            {
                _caches.Remove(space);
                cache.Dispose();
            }
        }
    }

    /// <summary>Nothing to free beyond the vCPUs.</summary>
    public void Dispose()
    {
    }
}
