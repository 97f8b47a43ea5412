using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;

namespace HermiTux.Kvm.Internal;

/// <summary>How this host's KVM behaves, as found by running a few instructions in a throw-away machine.</summary>
/// <param name="SyscallFaults">Whether <c>syscall</c> ends in a page fault at its entry, still at user level (software virtualisation of a nested guest).</param>
/// <param name="RewritesFaults">Whether a general protection fault arrives as another exception when KVM's emulator doesn't know the instruction.</param>
/// <param name="HasHostCpuid">Whether CPUID in the guest shows the processor itself, whatever KVM was told.</param>
/// <param name="NestedPaging">Whether the hardware walks the guest's own page tables (EPT, NPT), so that KVM keeps no shadow of them.</param>
/// <param name="Xcr0">What XGETBV shows in the guest.</param>
/// <param name="TscFrequency">Ticks of RDTSC a second.</param>
/// <param name="ExitTime">What a system call exit and return cost.</param>
internal sealed record HostTraits(bool SyscallFaults, bool RewritesFaults, bool HasHostCpuid, bool NestedPaging, ulong Xcr0, long TscFrequency, TimeSpan ExitTime)
{
    private const ulong CodeAddress = 0x10000;
    private const ulong ExtendedStateAddress = CodeAddress + 64;
    private const ulong MisalignedAddress = CodeAddress + 128;
    private const int Rounds = 16;
    private const uint HypervisorLeaf = 0x4000_0000;
    private const uint OsXsave = 1 << 27;

    // mov eax,0x40000000; xor ecx,ecx; cpuid; L: syscall; jmp L
    private static ReadOnlySpan<byte> Code => [0xB8, 0, 0, 0, 0x40, 0x31, 0xC9, 0x0F, 0xA2, 0x0F, 0x05, 0xEB, 0xFC];

    // mov edi,0x10001; addps xmm0,[rdi]: a general protection fault, by an instruction that KVM's emulator doesn't know
    private static ReadOnlySpan<byte> MisalignedCode => [0xBF, 1, 0, 1, 0, 0x0F, 0x58, 0x07];

    // xor ecx,ecx; xgetbv; syscall
    private static ReadOnlySpan<byte> ExtendedStateCode => [0x31, 0xC9, 0x0F, 0x01, 0xD0, 0x0F, 0x05];

    /// <summary>Finds out.</summary>
    /// <exception cref="IOException">KVM refuses something.</exception>
    /// <exception cref="KvmCrashException">The guest doesn't run as it should.</exception>
    public static unsafe HostTraits Measure(KvmDevice device)
    {
        var assumed = new HostTraits(SyscallFaults: true, RewritesFaults: false, HasHostCpuid: false, NestedPaging: false, 3, 0, TimeSpan.Zero);
        CpuModel model = KvmEngine.FilterModel(device, X86CpuModel.V3);
        using var frames = new FrameTable(MemoryModel.MemoryFile.CreateStore(1 << 20), 1 << 20);
        using var space = new AddressSpace(frames);
        ulong address = CodeAddress;
        Errno mapped = space.Map(ref address, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed);
        if (mapped != Errno.None || !space.TryWrite(CodeAddress, Code) || !space.TryWrite(ExtendedStateAddress, ExtendedStateCode) ||
            !space.TryWrite(MisalignedAddress, MisalignedCode))
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
            bool showsHost = (uint)state->Rbx != model.Query(HypervisorLeaf, 0).Ebx;

            // The least of some: what else the machine does meanwhile is no property of KVM.
            TimeSpan exit = TimeSpan.MaxValue;
            for (int i = 0; i < Rounds; i++)
            {
                long start = Stopwatch.GetTimestamp();
                RunToSyscall(vcpu, state);
                TimeSpan round = Stopwatch.GetElapsedTime(start);
                exit = round < exit ? round : exit;
            }

            ulong xcr0 = 0;
            if (showsHost ? ((uint)X86Base.CpuId(1, 0).Ecx & OsXsave) != 0 : model.Xcr0 != 0)
            {
                state->Rip = ExtendedStateAddress;
                RunToSyscall(vcpu, state);
                xcr0 = (uint)state->Rax | (state->Rdx << 32);
            }

            state->Rip = MisalignedAddress;
            VcpuExit misaligned = vcpu.Run(state);
            bool rewrites = misaligned.Exception != X86Exception.GeneralProtection;
            return new HostTraits(faults, rewrites, showsHost, !faults && HasNestedPaging(), xcr0, vcpu.Processor.TscFrequency, exit);
        }
        finally
        {
            CpuState.Free(state);
        }
    }

    /// <summary>What the module in charge says about itself. Software virtualisation may have a module of its own beside it, and is told by its behaviour.</summary>
    private static bool HasNestedPaging() => SaysYes("/sys/module/kvm_intel/parameters/ept") || SaysYes("/sys/module/kvm_amd/parameters/npt");

    private static bool SaysYes(string parameter)
    {
        try
        {
            return File.ReadAllText(parameter).Trim() is "Y" or "1";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
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
