using System.Buffers.Binary;
using Iced.Intel;

namespace HermiTux.Kvm.Internal;

/// <summary>
/// The only code that runs in the guest's supervisor mode: for a system call and for each exception one <c>hlt</c>, which makes KVM_RUN return. Nothing
/// returns to user mode by an instruction: the next KVM_RUN starts there with the registers that it is given.
/// </summary>
/// <remarks>
/// A stub of one instruction is as little as can be: supervisor code is emulated, slowly, under some kinds of nested virtualisation, and the
/// instructions that return (<c>sysret</c>, <c>iret</c>) don't work under all of them. Which stub was reached is told by RIP.
/// </remarks>
internal static class SupervisorImage
{
    /// <summary>Exceptions that the processor defines.</summary>
    public const int Vectors = 32;

    private const int StubSize = 16;
    private const int GateSize = 16;

    /// <summary>Where <c>syscall</c> goes.</summary>
    public const ulong SyscallEntry = PhysicalLayout.SupervisorVirtual + PhysicalLayout.StubPage;

    private static readonly byte[] s_stubs = Assemble();

    /// <summary>Which stub's <c>hlt</c> is before <paramref name="rip"/>: -1 for the system call's, else the vector; -2 for none.</summary>
    public static int StubAt(ulong rip)
    {
        ulong offset = rip - SyscallEntry - 1;
        return offset < (Vectors + 1) * StubSize && offset % StubSize == 0 ? (int)(offset / StubSize) - 1 : -2;
    }

    /// <summary>Whether the processor pushes an error code for a vector (Intel SDM vol. 3, 6.13; AMD APM vol. 2, 8.2).</summary>
    public static bool HasErrorCode(int vector) => vector is 8 or (>= 10 and <= 14) or 17 or 21 or 29 or 30;

    /// <summary>Writes the stubs and the interrupt descriptor table.</summary>
    /// <param name="supervisor">The supervisor area.</param>
    public static void Write(Span<byte> supervisor)
    {
        s_stubs.CopyTo(supervisor[(int)PhysicalLayout.StubPage..]);
        for (int vector = 0; vector < Vectors; vector++)
        {
            Span<byte> gate = supervisor.Slice((int)PhysicalLayout.IdtPage + (vector * GateSize), GateSize);
            ulong entry = SyscallEntry + (ulong)((vector + 1) * StubSize);

            // int3 and into may be executed by user code, as on Linux. Stack 1 of the TSS whatever happens.
            int level = vector is 3 or 4 ? 3 : 0;
            BinaryPrimitives.WriteUInt16LittleEndian(gate, (ushort)entry);
            BinaryPrimitives.WriteUInt16LittleEndian(gate[2..], PhysicalLayout.KernelCode);
            gate[4] = 1;
            gate[5] = (byte)(0x8E | (level << 5));
            BinaryPrimitives.WriteUInt16LittleEndian(gate[6..], (ushort)(entry >> 16));
            BinaryPrimitives.WriteUInt32LittleEndian(gate[8..], (uint)(entry >> 32));
        }
    }

    private static byte[] Assemble()
    {
        byte[] page = new byte[(Vectors + 1) * StubSize];
        page.AsSpan().Fill(0xF4);
        for (int stub = 0; stub <= Vectors; stub++)
        {
            var assembler = new Assembler(64);
            Label halt = assembler.CreateLabel();
            assembler.Label(ref halt);
            assembler.hlt();
            assembler.jmp(halt);
            using var stream = new MemoryStream();
            ulong address = SyscallEntry + (ulong)(stub * StubSize);
            assembler.Assemble(new StreamCodeWriter(stream), address);
            stream.ToArray().CopyTo(page, stub * StubSize);
        }

        return page;
    }
}
