using System.Diagnostics;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>How this host's KVM behaves, as found by running a few instructions in a throw-away machine.</summary>
/// <param name="SyscallFaults">Whether <c>syscall</c> ends in a page fault at its entry, still at user level (software virtualisation of a nested guest).</param>
/// <param name="HasHostCpuid">Whether CPUID in the guest shows the processor itself, whatever KVM was told.</param>
/// <param name="Xcr0">What XGETBV shows in the guest.</param>
/// <param name="TscFrequency">Ticks of RDTSC a second.</param>
/// <param name="ExitTime">What a system call exit and return cost.</param>
internal sealed record HostTraits(bool SyscallFaults, bool HasHostCpuid, ulong Xcr0, long TscFrequency, TimeSpan ExitTime)
{
    private const ulong CodeAddress = 0x10000;
    private const int Rounds = 16;

    // mov eax,0x40000000; xor ecx,ecx; cpuid; mov esi,ebx; xor ecx,ecx; xgetbv; mov edi,eax; L: syscall; jmp L
    private static ReadOnlySpan<byte> Code =>
        [0xB8, 0, 0, 0, 0x40, 0x31, 0xC9, 0x0F, 0xA2, 0x89, 0xDE, 0x31, 0xC9, 0x0F, 0x01, 0xD0, 0x89, 0xC7, 0x0F, 0x05, 0xEB, 0xFC];

    /// <summary>Finds out.</summary>
    /// <exception cref="IOException">KVM refuses something.</exception>
    /// <exception cref="KvmCrashException">The guest doesn't run as it should.</exception>
    public static unsafe HostTraits Measure(KvmDevice device)
    {
        var assumed = new HostTraits(SyscallFaults: true, HasHostCpuid: false, 3, 0, TimeSpan.Zero);
        CpuModel model = KvmEngine.FilterModel(device, X86CpuModel.V3);
        using var frames = new FrameTable(MemoryModel.MemoryFile.CreateStore(1 << 20), 1 << 20);
        using var space = new AddressSpace(frames);
        ulong address = CodeAddress;
        Errno mapped = space.Map(ref address, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed);
        if (mapped != Errno.None || !space.TryWrite(CodeAddress, Code))
        {
            throw new IOException("No memory for a first look at KVM.");
        }

        CpuState* state = CpuState.Allocate();
        using var engine = new KvmEngine(device, assumed, model);
        try
        {
            using var vcpu = (KvmVcpu)engine.CreateVcpu(space);
            state->Rip = CodeAddress;
            RunToSyscall(vcpu, state);
            bool faults = vcpu.IsAtPageFaultStub;
            uint signature = (uint)state->Rsi;
            ulong xcr0 = model.Xcr0 == 0 ? 0 : (uint)state->Rdi;
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Rounds; i++)
            {
                RunToSyscall(vcpu, state);
            }

            return new HostTraits(faults, signature != model.Query(0x4000_0000, 0).Ebx, xcr0, vcpu.Processor.TscFrequency,
                Stopwatch.GetElapsedTime(start) / Rounds);
        }
        finally
        {
            CpuState.Free(state);
        }
    }

    private static unsafe void RunToSyscall(KvmVcpu vcpu, CpuState* state)
    {
        VcpuExit exit = vcpu.Run(state);
        if (exit.Reason != VcpuExitReason.Syscall)
        {
            throw new IOException($"A first program in the guest ended with {exit.Reason} {exit.Exception} at {state->Rip:x}.");
        }
    }
}
