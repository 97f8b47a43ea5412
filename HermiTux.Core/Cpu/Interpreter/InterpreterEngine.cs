using HermiTux.Cpu.Interpreter.Decoding;
using HermiTux.Memory;

namespace HermiTux.Cpu.Interpreter;

/// <summary>Fills a buffer with random bytes.</summary>
public delegate void RandomBytes(Span<byte> buffer);

/// <summary>
/// The portable vCPU engine: an interpreter in managed code that runs on every .NET host, without dynamic code.
/// </summary>
public sealed class InterpreterEngine : IVcpuEngine
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressSpace, DecodeCache> _caches = new(ReferenceEqualityComparer.Instance);

    /// <summary>Creates the engine with the default CPU model, x86-64-v3.</summary>
    public InterpreterEngine()
        : this(X86CpuModel.V3)
    {
    }

    /// <summary>Creates the engine.</summary>
    /// <param name="model">What CPUID says; instructions of features that it doesn't have raise #UD.</param>
    public InterpreterEngine(CpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
    }

    /// <summary>Where RDRAND and RDSEED take their bytes from; the host's cryptographic generator by default. Called from any vCPU's thread.</summary>
    public RandomBytes Random { get; init; } = System.Security.Cryptography.RandomNumberGenerator.Fill;

    /// <summary>The clock that RDTSC shows.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Bytes of decoded code that an address space may have before it is decoded afresh.</summary>
    internal long CodeCacheLimit { get; init; } = 64 << 20;

    /// <inheritdoc/>
    public string Name => "interpreter";

    /// <inheritdoc/>
    public CpuModel Model { get; }

    /// <inheritdoc/>
    public long TranslatedBytes
    {
        get
        {
            lock (_lock)
            {
                long total = 0;
                foreach (DecodeCache cache in _caches.Values)
                {
                    total += cache.AllocatedBytes;
                }

                return total;
            }
        }
    }

    /// <inheritdoc/>
    public Vcpu CreateVcpu(AddressSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        lock (_lock)
        {
            if (!_caches.TryGetValue(space, out DecodeCache? cache))
            {
                cache = new DecodeCache(space, CodeCacheLimit);
                _caches.Add(space, cache);
            }

            return new InterpreterVcpu(this, space, cache);
        }
    }

    /// <summary>A vCPU is gone; with the last one of a space its decoded code goes too.</summary>
    internal void Release(AddressSpace space, InterpreterVcpu vcpu)
    {
        lock (_lock)
        {
            if (_caches.TryGetValue(space, out DecodeCache? cache) && cache.RemoveVcpu(vcpu))
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
