using System.Buffers.Binary;

namespace HermiTux.Tests.Cpu;

/// <summary>One instruction with the state before or after it; the layout is that of struct record in x87-oracle.c.</summary>
internal sealed class X87Record
{
    public const int Size = 2048;
    public const int MemorySize = 1024;
    public const int StateSize = 832;
    private const int StateOffset = 128;
    private const int MemoryOffset = 1024;

    public X87Record()
    {
        Bytes = new byte[Size];
    }

    public X87Record(ReadOnlySpan<byte> bytes)
    {
        Bytes = bytes.ToArray();
    }

    public byte[] Bytes { get; }

    public Span<byte> State => Bytes.AsSpan(StateOffset, StateSize);

    public Span<byte> Memory => Bytes.AsSpan(MemoryOffset, MemorySize);

    public ReadOnlySpan<byte> Code => Bytes.AsSpan(0, (int)this[16]);

    /// <summary>0, or 1 + the exception's vector.</summary>
    public ulong Trap { get => this[24]; set => this[24] = value; }

    public ulong Rax { get => this[32]; set => this[32] = value; }

    public ulong Rcx { get => this[40]; set => this[40] = value; }

    public ulong Rdx { get => this[48]; set => this[48] = value; }

    public ulong Rflags { get => this[56]; set => this[56] = value; }

    public ulong CodeBase { get => this[64]; set => this[64] = value; }

    public ulong MemoryBase { get => this[72]; set => this[72] = value; }

    public ushort Fcw { get => Get16(0); set => Set16(0, value); }

    public ushort Fsw { get => Get16(2); set => Set16(2, value); }

    public byte Ftw { get => State[4]; set => State[4] = value; }

    public ulong Fip { get => BinaryPrimitives.ReadUInt64LittleEndian(State[8..]); set => BinaryPrimitives.WriteUInt64LittleEndian(State[8..], value); }

    public ulong Fdp { get => BinaryPrimitives.ReadUInt64LittleEndian(State[16..]); set => BinaryPrimitives.WriteUInt64LittleEndian(State[16..], value); }

    public uint Mxcsr { get => BinaryPrimitives.ReadUInt32LittleEndian(State[24..]); set => BinaryPrimitives.WriteUInt32LittleEndian(State[24..], value); }

    private ulong this[int offset]
    {
        get => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(offset));
        set => BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(offset), value);
    }

    public void SetCode(ReadOnlySpan<byte> code)
    {
        Bytes.AsSpan(0, 16).Clear();
        code.CopyTo(Bytes);
        this[16] = (ulong)code.Length;
    }

    public X87Record Clone() => new(Bytes);

    public void SetSt(int i, ushort signExponent, ulong mantissa)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(State[(32 + (16 * i))..], mantissa);
        BinaryPrimitives.WriteUInt16LittleEndian(State[(40 + (16 * i))..], signExponent);
    }

    public string St(int i) => $"{BinaryPrimitives.ReadUInt16LittleEndian(State[(40 + (16 * i))..]):X4}:{BinaryPrimitives.ReadUInt64LittleEndian(State[(32 + (16 * i))..]):X16}";

    /// <summary>Makes pointers relative, so that runs at different addresses compare equal.</summary>
    public void Normalise()
    {
        if (Fip - CodeBase < 16)
        {
            Fip = 0x1000 + (Fip - CodeBase);
        }

        if (Fdp - MemoryBase < MemorySize)
        {
            Fdp = 0x2000 + (Fdp - MemoryBase);
        }
    }

    private ushort Get16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(State[offset..]);

    private void Set16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(State[offset..], value);
}
