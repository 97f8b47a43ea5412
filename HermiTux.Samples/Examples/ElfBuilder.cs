using System.Buffers.Binary;
using Iced.Intel;

namespace HermiTux.Samples.Examples;

/// <summary>
/// Makes tiny static ELF programs from assembly, so that the examples need no compiler. One segment holds code and data, readable, writable and executable.
/// </summary>
internal static class ElfBuilder
{
    private const ulong Base = 0x400000;
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int CodeOffset = HeaderSize + ProgramHeaderSize;

    /// <summary>Assembles from the entry point on. Data go behind the code: see <see cref="Assembler.db(byte[])"/> after a label.</summary>
    public static byte[] Build(Action<Assembler> write)
    {
        var assembler = new Assembler(64);
        write(assembler);
        using var code = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(code), Base + CodeOffset);
        int size = CodeOffset + (int)code.Length;

        byte[] file = new byte[size];
        Span<byte> header = file;
        "\u007FELF"u8.CopyTo(header);
        header[4] = 2; // ELFCLASS64
        header[5] = 1; // ELFDATA2LSB
        header[6] = 1; // EV_CURRENT
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], 62); // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], Base + CodeOffset); // e_entry
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], HeaderSize); // e_phoff
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], 1); // e_phnum

        Span<byte> segment = header[HeaderSize..];
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1); // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 7); // PF_R | PF_W | PF_X
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], Base);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], Base);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], (ulong)size + 0x10000); // zeroed room behind
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x1000);
        code.ToArray().CopyTo(file, CodeOffset);
        return file;
    }
}
