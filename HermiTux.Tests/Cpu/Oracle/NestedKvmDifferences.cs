using HermiTux.Cpu;
using HermiTux.Kvm;
using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>
/// What is not the engine's fault where the host's KVM virtualises in software (<see cref="HermiTux.Kvm.Internal.HostTraits.RewritesFaults"/>): its emulator, which knows few
/// instructions, takes over at every general protection fault and while RSP isn't canonical, and segment selectors are the processor's own. Under a KVM that uses
/// the processor's virtualisation nothing is excused.
/// </summary>
internal static unsafe class NestedKvmDifferences
{
    /// <summary>Whether differences of an engine may be excused at all.</summary>
    public static bool Concern(IVcpuEngine engine) => engine is KvmEngine { Traits.RewritesFaults: true };

    /// <summary>Whether a difference of one case is excused.</summary>
    public static bool Excuse(ReadOnlySpan<byte> code, CpuImage* input, CpuImage* expected, CpuImage* actual)
    {
        const int Rsp = 4;
        if (!IsCanonical(input->Gpr[Rsp]) || !IsCanonical(expected->Gpr[Rsp]))
        {
            return true;
        }

        // The fault was emulated away, or into another one.
        if (expected->Vector is (uint)X86Exception.GeneralProtection or (uint)X86Exception.InvalidOpcode or (uint)X86Exception.StackSegment &&
            (expected->Vector != actual->Vector || expected->ErrorCode != actual->ErrorCode || expected->Rip != actual->Rip))
        {
            return true;
        }

        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code.ToArray()), OracleMemory.CodeBase);
        while (decoder.IP < OracleMemory.CodeBase + (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            if (instruction.Mnemonic is Mnemonic.Iretq or Mnemonic.Iretd or Mnemonic.Iret)
            {
                return true;
            }

            // An interrupt of the host's in the guest loses NT there.
            const ulong NestedTask = 1 << 14;
            if (instruction.Mnemonic is Mnemonic.Popfq or Mnemonic.Popf && (expected->Rflags ^ actual->Rflags) == NestedTask)
            {
                return true;
            }

            for (int i = 0; i < instruction.OpCount; i++)
            {
                if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).IsSegmentRegister())
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsCanonical(ulong address) => (long)(address << 16) >> 16 == (long)address;
}
