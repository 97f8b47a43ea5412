using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Kvm.Internal;

/// <summary>What is told when a virtual machine stops in a way that no guest program should be able to cause.</summary>
internal static unsafe class CrashReport
{
    private const int CodeBytes = 64;
    private const int Instructions = 6;

    /// <summary>What KVM_RUN's exit reason means.</summary>
    public static string ExitName(kvm_run* run) => run->exit_reason switch
    {
        KvmNative.KVM_EXIT_SHUTDOWN => "the guest triple-faulted (KVM_EXIT_SHUTDOWN)",
        KvmNative.KVM_EXIT_INTERNAL_ERROR => $"KVM can't go on (KVM_EXIT_INTERNAL_ERROR, suberror {run->suberror})",
        KvmNative.KVM_EXIT_FAIL_ENTRY => $"the processor refuses to enter the guest (KVM_EXIT_FAIL_ENTRY, reason {run->hardware_exit_reason:x})",
        KvmNative.KVM_EXIT_UNKNOWN => $"KVM doesn't know why the guest stopped (KVM_EXIT_UNKNOWN, reason {run->hardware_exit_reason:x})",
        KvmNative.KVM_EXIT_MMIO => "the guest touched physical memory that isn't there (KVM_EXIT_MMIO)",
        KvmNative.KVM_EXIT_IO => "the guest reached an I/O port (KVM_EXIT_IO)",
        uint other => $"KVM stopped the guest for an unexpected reason ({other})",
    };

    /// <summary>The report: what happened, registers, the last exception, and code.</summary>
    public static string Create(string what, kvm_run* run, VcpuPage page, AddressSpace space)
    {
        ref readonly kvm_regs r = ref run->regs;
        ref readonly kvm_sregs s = ref run->sregs;
        ExceptionFrame last = page.ReadFrame(hasErrorCode: true);
        var text = new System.Text.StringBuilder();
        text.AppendLine($"The KVM engine stopped the machine: {what}.");
        text.AppendLine($"rax {r.rax:x16} rbx {r.rbx:x16} rcx {r.rcx:x16} rdx {r.rdx:x16}");
        text.AppendLine($"rsi {r.rsi:x16} rdi {r.rdi:x16} rbp {r.rbp:x16} rsp {r.rsp:x16}");
        text.AppendLine($"r8  {r.r8:x16} r9  {r.r9:x16} r10 {r.r10:x16} r11 {r.r11:x16}");
        text.AppendLine($"r12 {r.r12:x16} r13 {r.r13:x16} r14 {r.r14:x16} r15 {r.r15:x16}");
        text.AppendLine($"rip {r.rip:x16} rflags {r.rflags:x} cs {s.cs.selector:x} ss {s.ss.selector:x} fs {s.fs.@base:x} gs {s.gs.@base:x}");
        text.AppendLine($"cr0 {s.cr0:x} cr2 {s.cr2:x} cr3 {s.cr3:x} cr4 {s.cr4:x} efer {s.efer:x}");
        text.AppendLine($"last exception: error code {last.ErrorCode:x} rip {last.Rip:x} cs {last.Cs:x} rflags {last.Rflags:x} rsp {last.Rsp:x}");
        AppendCode(text, r.rip, space);
        if (last.Rip != r.rip)
        {
            AppendCode(text, last.Rip, space);
        }

        return text.ToString().TrimEnd();
    }

    private static void AppendCode(System.Text.StringBuilder text, ulong rip, AddressSpace space)
    {
        Span<byte> code = stackalloc byte[CodeBytes];
        int have = (int)Math.Min(CodeBytes, Page.Size - (rip & Page.OffsetMask));
        if (!space.TryRead(rip, code[..have]))
        {
            text.AppendLine($"{rip:x16}  (no code of the program)");
            return;
        }

        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code[..have].ToArray()), rip);
        var formatter = new NasmFormatter();
        var output = new StringOutput();
        for (int i = 0; i < Instructions && decoder.IP < rip + (ulong)have; i++)
        {
            Instruction instruction = decoder.Decode();
            if (instruction.IsInvalid)
            {
                text.AppendLine($"{instruction.IP:x16}  (no instruction)");
                return;
            }

            formatter.Format(instruction, output);
            text.AppendLine($"{instruction.IP:x16}  {output.ToStringAndReset()}");
        }
    }
}
