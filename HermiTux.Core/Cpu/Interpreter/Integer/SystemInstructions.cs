using System.Runtime.CompilerServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>CPUID, time stamps, segment registers and bases, and the instructions that do nothing.</summary>
internal static unsafe class SystemInstructions
{
    // Offset of SS in the state.
    private const int StackSegment = 162;

    [MethodImpl(HandlerMode.Threaded)]
    public static void Nop(InterpreterVcpu cpu, CpuState* s, Op* op) => InterpreterVcpu.Next(cpu, s, op);

    /// <summary>MFENCE, SFENCE, LFENCE and serialising instructions.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Fence(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Interlocked.MemoryBarrier();
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>PAUSE: the guest spins, somebody else may need the host CPU.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Pause(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        Thread.SpinWait(1);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>CLFLUSH, CLFLUSHOPT, CLWB: faults like a load.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void FlushLine(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        cpu.Load<byte>(op, InterpreterVcpu.EffectiveAddress(s, op));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Cpuid(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        CpuidResult result = cpu.Model.Query((uint)s->Rax, (uint)s->Rcx);
        s->Rax = result.Eax;
        s->Rbx = result.Ebx;
        s->Rcx = result.Ecx;
        s->Rdx = result.Edx;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Rdtsc(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ReadTimeStamp(cpu, s);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>RDTSCP; IA32_TSC_AUX holds the CPU number on Linux: 0.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Rdtscp(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ReadTimeStamp(cpu, s);
        s->Rcx = 0;
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>RDPID.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Rdpid(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        InterpreterVcpu.Reg<ulong>(s, op->R0) = 0;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Xgetbv(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (cpu.Model.Xcr0 == 0)
        {
            cpu.Raise(op, X86Exception.InvalidOpcode);
        }

        if ((uint)s->Rcx != 0)
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        s->Rax = (uint)cpu.Model.Xcr0;
        s->Rdx = cpu.Model.Xcr0 >> 32;
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>RDFSBASE, RDGSBASE: <see cref="Op.Aux"/> is the base's offset.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ReadBase<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        W.Write(s, op->R0, InterpreterVcpu.Reg<ulong>(s, (int)op->Aux));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>WRFSBASE, WRGSBASE.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void WriteBase<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong value = W.ZeroExtend(W.Read(s, op->R0));
        if (!InterpreterVcpu.IsCanonical(value))
        {
            cpu.Raise(op, X86Exception.GeneralProtection);
        }

        InterpreterVcpu.Reg<ulong>(s, (int)op->Aux) = value;
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>MOV r, sreg: a 32- or 64-bit destination is zero-extended.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void ReadSegment<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        W.Write(s, op->R0, InterpreterVcpu.Reg<ushort>(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void StoreSegment(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        cpu.Store(op, InterpreterVcpu.EffectiveAddress(s, op), InterpreterVcpu.Reg<ushort>(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void WriteSegment(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        LoadSegment(cpu, s, op, op->R0, InterpreterVcpu.Reg<ushort>(s, op->R1));
        cpu.DefersTrap = op->R0 == StackSegment;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void LoadSegmentFromMemory(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        LoadSegment(cpu, s, op, op->R0, cpu.Load<ushort>(op, InterpreterVcpu.EffectiveAddress(s, op)));
        cpu.DefersTrap = op->R0 == StackSegment;
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>
    /// LSS, LFS, LGS: <see cref="Op.Aux"/> is the segment register. AMD processors have no 64-bit form: the offset is 32 bits.
    /// </summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void LoadFarPointer<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        ulong offset = W.Load(cpu, op, address);
        LoadSegment(cpu, s, op, (int)op->Aux, cpu.Load<ushort>(op, address + (ulong)W.Bytes));
        W.Write(s, op->R0, offset);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>POP FS, POP GS.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void PopSegment(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong rsp = s->Rsp;
        ushort selector = op->Immediate == 2 ? cpu.Load<ushort>(op, rsp) : (ushort)cpu.Load<ulong>(op, rsp);
        LoadSegment(cpu, s, op, op->R0, selector);
        s->Rsp = rsp + (ulong)op->Immediate;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void ClearCarry(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        LazyFlags.SetCarry(s, 0);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SetCarry(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        LazyFlags.SetCarry(s, 1);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void ComplementCarry(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        LazyFlags.SetCarry(s, LazyFlags.Carry(s) ^ 1);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void ClearDirection(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        s->Rflags &= ~LazyFlags.DF;
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void SetDirection(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        s->Rflags |= LazyFlags.DF;
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>XLAT: AL = [RBX + AL].</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Translate(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        ulong offset = s->Rbx + (byte)s->Rax;
        if ((op->Flags & OpFlags.Address32) != 0)
        {
            offset = (uint)offset;
        }

        *(byte*)s = cpu.Load<byte>(op, offset + InterpreterVcpu.Reg<ulong>(s, op->Segment));
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>RDRAND, RDSEED: always succeed.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Random<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong value;
        cpu.Engine.Random(new Span<byte>(&value, sizeof(ulong)));
        W.Write(s, op->R0, value);
        LazyFlags.SetStatus(s, LazyFlags.CF);
        InterpreterVcpu.Next(cpu, s, op);
    }

    /// <summary>CRC32.</summary>
    [MethodImpl(HandlerMode.Threaded)]
    public static void Crc32Register<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        InterpreterVcpu.Reg<ulong>(s, op->R0) = Crc<W>((uint)InterpreterVcpu.Reg<ulong>(s, op->R0), W.Read(s, op->R1));
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(HandlerMode.Threaded)]
    public static void Crc32Memory<W>(InterpreterVcpu cpu, CpuState* s, Op* op) where W : struct, IWidth
    {
        ulong value = W.Load(cpu, op, InterpreterVcpu.EffectiveAddress(s, op));
        InterpreterVcpu.Reg<ulong>(s, op->R0) = Crc<W>((uint)InterpreterVcpu.Reg<ulong>(s, op->R0), value);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static uint Crc<W>(uint crc, ulong value) where W : struct, IWidth => W.Bytes switch
    {
        1 => System.Numerics.BitOperations.Crc32C(crc, (byte)value),
        2 => System.Numerics.BitOperations.Crc32C(crc, (ushort)value),
        4 => System.Numerics.BitOperations.Crc32C(crc, (uint)value),
        _ => System.Numerics.BitOperations.Crc32C(crc, value),
    };

    /// <summary>
    /// Loads a selector as a 64-bit Linux user program may: null selectors and the user segments of Linux' GDT. A null selector in FS or GS
    /// clears the base, as on Intel and newer AMD hardware.
    /// </summary>
    private static void LoadSegment(InterpreterVcpu cpu, CpuState* s, Op* op, int register, ushort selector)
    {
        const int Cs = 160;
        const int Fs = 168;
        const int Gs = 170;
        if (register == Cs)
        {
            cpu.Raise(op, X86Exception.InvalidOpcode);
        }

        bool isNull = (selector & ~3) == 0;
        bool isReadable = FarControl.IsUserSegment(selector);
        if (register == StackSegment ? selector != 0x2B : !isNull && !isReadable)
        {
            cpu.Raise(op, X86Exception.GeneralProtection, (uint)selector & 0xFFFC);
        }

        InterpreterVcpu.Reg<ushort>(s, register) = selector;
        if (register == Fs)
        {
            s->FsBase = 0;
        }
        else if (register == Gs)
        {
            s->GsBase = 0;
        }
    }

    private static void ReadTimeStamp(InterpreterVcpu cpu, CpuState* s)
    {
        TimeProvider time = cpu.Engine.Time;
        ulong now = (ulong)time.GetTimestamp();
        ulong frequency = (ulong)cpu.Model.TscFrequency;
        ulong ticks = time.TimestampFrequency == cpu.Model.TscFrequency ? now : (ulong)((UInt128)now * frequency / (ulong)time.TimestampFrequency);
        s->Rax = (uint)ticks;
        s->Rdx = ticks >> 32;
    }
}
