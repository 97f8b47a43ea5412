using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HermiTux.Cpu.Interpreter.SoftFloat;
using Iced.Intel;
using static HermiTux.Cpu.Interpreter.InterpreterVcpu;
using static HermiTux.Cpu.Interpreter.Simd.VectorOperand;
using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>MXCSR, tests that set flags, clearing of registers, fences and hints, CRC32, and MOVNTI.</summary>
internal static unsafe class ControlHandlers
{
    private const ulong Carry = 1;
    private const ulong Zero = 0x40;

    public static void List()
    {
        L(&RegisterVzero, Code.INVALID, Code.VEX_Vzeroupper, Code.VEX_Vzeroall);
        L(&RegisterLdmxcsr, Code.Ldmxcsr_m32, Code.VEX_Vldmxcsr_m32);
        L(&RegisterStmxcsr, Code.Stmxcsr_m32, Code.VEX_Vstmxcsr_m32);
        L(&TestForms<TestBits>.Register, Code.Ptest_xmm_xmmm128, Code.VEX_Vptest_xmm_xmmm128, Code.VEX_Vptest_ymm_ymmm256);
        L(&TestForms<TestSingleSigns>.Register, Code.INVALID, Code.VEX_Vtestps_xmm_xmmm128, Code.VEX_Vtestps_ymm_ymmm256);
        L(&TestForms<TestDoubleSigns>.Register, Code.INVALID, Code.VEX_Vtestpd_xmm_xmmm128, Code.VEX_Vtestpd_ymm_ymmm256);
        L(&RegisterMovnti, Code.Movnti_m32_r32, Code.Movnti_m64_r64);
        L(&RegisterHint, Code.Prefetchnta_m8, Code.Prefetcht0_m8, Code.Prefetcht1_m8);
        L(&RegisterHint, Code.Prefetcht2_m8, Code.Prefetchw_m8, Code.Prefetchwt1_m8);
        L(&RegisterHint, Code.Prefetch_m8, Code.Prefetchreserved3_m8, Code.Prefetchreserved4_m8);
        L(&RegisterHint, Code.Prefetchreserved5_m8, Code.Prefetchreserved6_m8, Code.Prefetchreserved7_m8);
        L(&RegisterFlush, Code.Clflush_m8, Code.Clflushopt_m8, Code.Clwb_m8);
        L(&RegisterFence, Code.Lfence, Code.Sfence, Code.Mfence);
        L(&RegisterCrc32<byte>, Code.Crc32_r32_rm8, Code.Crc32_r64_rm8);
        L(&RegisterCrc32<ushort>, Code.Crc32_r32_rm16);
        L(&RegisterCrc32<uint>, Code.Crc32_r32_rm32);
        L(&RegisterCrc32<ulong>, Code.Crc32_r64_rm64);
    }

    private static void L(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128 = Code.INVALID, Code vex256 = Code.INVALID) =>
        SimdHandlers.List(registrar, legacy, vex128, vex256);

    private static void RegisterVzero(Code unused, Code upper, Code all)
    {
        SimdHandlers.Add(upper, &Vzeroupper, null);
        SimdHandlers.Add(all, &Vzeroall, null);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vzeroupper(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        // SAFETY: sixteen 16-byte upper halves lie side by side in the register file.
        Unsafe.InitBlockUnaligned((byte*)s + CpuState.YmmHighOffset, 0, 256);
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Vzeroall(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        // SAFETY: sixteen 16-byte slots each for the lower and the upper halves.
        Unsafe.InitBlockUnaligned((byte*)s + CpuState.XmmOffset, 0, 256);
        Unsafe.InitBlockUnaligned((byte*)s + CpuState.YmmHighOffset, 0, 256);
        Next(cpu, s, op);
    }

    private static void RegisterLdmxcsr(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, null, &Ldmxcsr);
        SimdHandlers.Add(vex, null, &Ldmxcsr);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Ldmxcsr(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        uint value = Load<uint>(cpu, s, op);
        if ((value & ~SseControl.Writable) != 0)
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        s->Mxcsr = value;
        Next(cpu, s, op);
    }

    private static void RegisterStmxcsr(Code legacy, Code vex, Code unused)
    {
        SimdHandlers.Add(legacy, null, &Stmxcsr);
        SimdHandlers.Add(vex, null, &Stmxcsr);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Stmxcsr(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Store(cpu, s, op, s->Mxcsr);
        Next(cpu, s, op);
    }

    private static void RegisterMovnti(Code narrow, Code wide, Code unused)
    {
        SimdHandlers.Add(narrow, null, &Movnti<uint>);
        SimdHandlers.Add(wide, null, &Movnti<ulong>);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Movnti<T>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where T : unmanaged
    {
        Store(cpu, s, op, Reg<T>(s, op->R1));
        Next(cpu, s, op);
    }

    private static void RegisterHint(Code first, Code second, Code third)
    {
        SimdHandlers.Add(first, null, &Nothing);
        SimdHandlers.Add(second, null, &Nothing);
        SimdHandlers.Add(third, null, &Nothing);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Nothing(InterpreterVcpu cpu, CpuState* s, Op* op) => Next(cpu, s, op);

    private static void RegisterFlush(Code first, Code second, Code third)
    {
        SimdHandlers.Add(first, null, &Flush);
        SimdHandlers.Add(second, null, &Flush);
        SimdHandlers.Add(third, null, &Flush);
    }

    /// <summary>CLFLUSH and its kin: nothing to do but the faults of a load.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    private static void Flush(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        _ = Load<byte>(cpu, s, op);
        Next(cpu, s, op);
    }

    private static void RegisterFence(Code first, Code second, Code third)
    {
        SimdHandlers.Add(first, &Fence, null);
        SimdHandlers.Add(second, &Fence, null);
        SimdHandlers.Add(third, &Fence, null);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Fence(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Interlocked.MemoryBarrier();
        Next(cpu, s, op);
    }

    private static void RegisterCrc32<T>(Code first, Code second, Code unused)
        where T : unmanaged
    {
        SimdHandlers.Add(first, &Crc32Register<T>, &Crc32Memory<T>);
        SimdHandlers.Add(second, &Crc32Register<T>, &Crc32Memory<T>);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Crc32Register<T>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where T : unmanaged
    {
        Reg<ulong>(s, op->R0) = Crc32C(Reg<uint>(s, op->R0), Reg<T>(s, op->R1));
        Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    private static void Crc32Memory<T>(InterpreterVcpu cpu, CpuState* s, Op* op)
        where T : unmanaged
    {
        T value = Load<T>(cpu, s, op);
        Reg<ulong>(s, op->R0) = Crc32C(Reg<uint>(s, op->R0), value);
        Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Crc32C<T>(uint crc, T value)
        where T : unmanaged
    {
        if (typeof(T) == typeof(byte))
        {
            return System.Numerics.BitOperations.Crc32C(crc, (byte)(object)value);
        }

        if (typeof(T) == typeof(ushort))
        {
            return System.Numerics.BitOperations.Crc32C(crc, (ushort)(object)value);
        }

        return typeof(T) == typeof(uint)
            ? System.Numerics.BitOperations.Crc32C(crc, (uint)(object)value)
            : System.Numerics.BitOperations.Crc32C(crc, (ulong)(object)value);
    }

    /// <summary>Which bits PTEST, VTESTPS and VTESTPD look at.</summary>
    internal interface ITestMask
    {
        static abstract V128 Mask { get; }
    }

    /// <summary>All bits.</summary>
    internal readonly struct TestBits : ITestMask
    {
        public static V128 Mask => V128.AllBitsSet;
    }

    /// <summary>The signs of singles.</summary>
    internal readonly struct TestSingleSigns : ITestMask
    {
        public static V128 Mask => Vector128.Create(0x8000_0000u).AsByte();
    }

    /// <summary>The signs of doubles.</summary>
    internal readonly struct TestDoubleSigns : ITestMask
    {
        public static V128 Mask => Vector128.Create(0x8000_0000_0000_0000ul).AsByte();
    }

    /// <summary>ZF: no common bit; CF: no bit of the second operand that the first lacks; the other flags become 0.</summary>
    internal static class TestForms<TMask>
        where TMask : struct, ITestMask
    {
        public static void Register(Code legacy, Code vex128, Code vex256)
        {
            SimdHandlers.Add(legacy, &Register128, &Memory128Legacy);
            SimdHandlers.Add(vex128, &Register128, &Memory128);
            SimdHandlers.Add(vex256, &Register256, &Memory256);
        }

        [MethodImpl(HandlerMode.Threaded)]
        private static void Register128(InterpreterVcpu cpu, CpuState* s, Op* op)
        {
            Test(s, Xmm(s, op->R0), Xmm(s, op->R1));
            Next(cpu, s, op);
        }

        [MethodImpl(HandlerMode.Threaded)]
        private static void Memory128Legacy(InterpreterVcpu cpu, CpuState* s, Op* op)
        {
            V128 b = LoadAligned(cpu, s, op);
            Test(s, Xmm(s, op->R0), b);
            Next(cpu, s, op);
        }

        [MethodImpl(HandlerMode.Threaded)]
        private static void Memory128(InterpreterVcpu cpu, CpuState* s, Op* op)
        {
            V128 b = Load<V128>(cpu, s, op);
            Test(s, Xmm(s, op->R0), b);
            Next(cpu, s, op);
        }

        [MethodImpl(HandlerMode.Threaded)]
        private static void Register256(InterpreterVcpu cpu, CpuState* s, Op* op)
        {
            Test256(s, op, Xmm(s, op->R1), High(s, op->R1));
            Next(cpu, s, op);
        }

        [MethodImpl(HandlerMode.Threaded)]
        private static void Memory256(InterpreterVcpu cpu, CpuState* s, Op* op)
        {
            Vector256<byte> b = Load<Vector256<byte>>(cpu, s, op);
            Test256(s, op, b.Low(), b.High());
            Next(cpu, s, op);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Test(CpuState* s, V128 a, V128 b) => SetTestFlags(s, a & b & TMask.Mask, Vector128.AndNot(b, a) & TMask.Mask);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Test256(CpuState* s, Op* op, V128 b0, V128 b1)
        {
            V128 a0 = Xmm(s, op->R0);
            V128 a1 = High(s, op->R0);
            SetTestFlags(s, ((a0 & b0) | (a1 & b1)) & TMask.Mask, (Vector128.AndNot(b0, a0) | Vector128.AndNot(b1, a1)) & TMask.Mask);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void SetTestFlags(CpuState* s, V128 common, V128 missing) =>
            SetFlags(s, (common == default ? Zero : 0) | (missing == default ? Carry : 0));
    }
}
