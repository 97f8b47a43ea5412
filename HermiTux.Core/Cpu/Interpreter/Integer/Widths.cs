using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>
/// An operand size as a type argument, so that one generic handler becomes exact code for each. Values travel as 64-bit numbers,
/// sign-extended from the width: that keeps zero, sign and unsigned order intact.
/// </summary>
internal unsafe interface IWidth
{
    /// <summary>Size in bytes.</summary>
    static abstract int Bytes { get; }

    /// <summary>log2 of the size.</summary>
    static abstract uint Log2 { get; }

    /// <summary>Cuts a value to the width and sign-extends it.</summary>
    static abstract ulong Extend(ulong value);

    /// <summary>Cuts a value to the width and zero-extends it.</summary>
    static abstract ulong ZeroExtend(ulong value);

    /// <summary>Reads a register.</summary>
    static abstract ulong Read(CpuState* s, int offset);

    /// <summary>Writes a register; 32-bit writes clear the upper half.</summary>
    static abstract void Write(CpuState* s, int offset, ulong value);

    /// <summary>Loads from guest memory.</summary>
    static abstract ulong Load(InterpreterVcpu cpu, Op* op, ulong address);

    /// <summary>Stores to guest memory.</summary>
    static abstract void Store(InterpreterVcpu cpu, Op* op, ulong address, ulong value);

    /// <summary>Reads from host memory.</summary>
    static abstract ulong ReadHost(byte* p);

    /// <summary>Writes to host memory.</summary>
    static abstract void WriteHost(byte* p, ulong value);

    /// <summary>Atomically replaces a value in aligned host memory; the previous value.</summary>
    static abstract ulong CompareExchange(byte* p, ulong value, ulong comparand);
}

/// <summary>8-bit operands.</summary>
internal readonly unsafe struct W8 : IWidth
{
    public static int Bytes => 1;

    public static uint Log2 => 0;

    public static ulong Extend(ulong value) => (ulong)(sbyte)value;

    public static ulong ZeroExtend(ulong value) => (byte)value;

    public static ulong Read(CpuState* s, int offset) => (ulong)*((sbyte*)s + offset);

    public static void Write(CpuState* s, int offset, ulong value) => *((byte*)s + offset) = (byte)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(InterpreterVcpu cpu, Op* op, ulong address) => (ulong)cpu.Load<sbyte>(op, address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(InterpreterVcpu cpu, Op* op, ulong address, ulong value) => cpu.Store(op, address, (byte)value);

    public static ulong ReadHost(byte* p) => (ulong)*(sbyte*)p;

    public static void WriteHost(byte* p, ulong value) => *p = (byte)value;

    public static ulong CompareExchange(byte* p, ulong value, ulong comparand) =>
        (ulong)(sbyte)Interlocked.CompareExchange(ref *p, (byte)value, (byte)comparand);
}

/// <summary>16-bit operands.</summary>
internal readonly unsafe struct W16 : IWidth
{
    public static int Bytes => 2;

    public static uint Log2 => 1;

    public static ulong Extend(ulong value) => (ulong)(short)value;

    public static ulong ZeroExtend(ulong value) => (ushort)value;

    public static ulong Read(CpuState* s, int offset) => (ulong)*(short*)((byte*)s + offset);

    public static void Write(CpuState* s, int offset, ulong value) => *(ushort*)((byte*)s + offset) = (ushort)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(InterpreterVcpu cpu, Op* op, ulong address) => (ulong)cpu.Load<short>(op, address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(InterpreterVcpu cpu, Op* op, ulong address, ulong value) => cpu.Store(op, address, (ushort)value);

    public static ulong ReadHost(byte* p) => (ulong)Unsafe.ReadUnaligned<short>(p);

    public static void WriteHost(byte* p, ulong value) => Unsafe.WriteUnaligned(p, (ushort)value);

    public static ulong CompareExchange(byte* p, ulong value, ulong comparand) =>
        (ulong)(short)Interlocked.CompareExchange(ref *(ushort*)p, (ushort)value, (ushort)comparand);
}

/// <summary>32-bit operands.</summary>
internal readonly unsafe struct W32 : IWidth
{
    public static int Bytes => 4;

    public static uint Log2 => 2;

    public static ulong Extend(ulong value) => (ulong)(int)value;

    public static ulong ZeroExtend(ulong value) => (uint)value;

    public static ulong Read(CpuState* s, int offset) => (ulong)*(int*)((byte*)s + offset);

    public static void Write(CpuState* s, int offset, ulong value) => *(ulong*)((byte*)s + offset) = (uint)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(InterpreterVcpu cpu, Op* op, ulong address) => (ulong)cpu.Load<int>(op, address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(InterpreterVcpu cpu, Op* op, ulong address, ulong value) => cpu.Store(op, address, (uint)value);

    public static ulong ReadHost(byte* p) => (ulong)Unsafe.ReadUnaligned<int>(p);

    public static void WriteHost(byte* p, ulong value) => Unsafe.WriteUnaligned(p, (uint)value);

    public static ulong CompareExchange(byte* p, ulong value, ulong comparand) =>
        (ulong)(int)Interlocked.CompareExchange(ref *(uint*)p, (uint)value, (uint)comparand);
}

/// <summary>64-bit operands.</summary>
internal readonly unsafe struct W64 : IWidth
{
    public static int Bytes => 8;

    public static uint Log2 => 3;

    public static ulong Extend(ulong value) => value;

    public static ulong ZeroExtend(ulong value) => value;

    public static ulong Read(CpuState* s, int offset) => *(ulong*)((byte*)s + offset);

    public static void Write(CpuState* s, int offset, ulong value) => *(ulong*)((byte*)s + offset) = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(InterpreterVcpu cpu, Op* op, ulong address) => cpu.Load<ulong>(op, address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(InterpreterVcpu cpu, Op* op, ulong address, ulong value) => cpu.Store(op, address, value);

    public static ulong ReadHost(byte* p) => Unsafe.ReadUnaligned<ulong>(p);

    public static void WriteHost(byte* p, ulong value) => Unsafe.WriteUnaligned(p, value);

    public static ulong CompareExchange(byte* p, ulong value, ulong comparand) =>
        Interlocked.CompareExchange(ref *(ulong*)p, value, comparand);
}
