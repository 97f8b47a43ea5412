using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <content>Bit manipulation and system instructions.</content>
internal static unsafe partial class IntegerHandlers
{
    private static nint SelectBits(Mnemonic mnemonic, in Instruction instruction)
    {
        switch (mnemonic)
        {
            case Mnemonic.Bt:
                return SelectBitTest<BitTest>(instruction);

            case Mnemonic.Bts:
                return SelectBitTest<BitSet>(instruction);

            case Mnemonic.Btr:
                return SelectBitTest<BitReset>(instruction);

            case Mnemonic.Btc:
                return SelectBitTest<BitComplement>(instruction);

            case Mnemonic.Bsf:
                return SelectScan<BsfOp>(instruction);

            case Mnemonic.Bsr:
                return SelectScan<BsrOp>(instruction);

            case Mnemonic.Tzcnt:
                return SelectScan<TzcntOp>(instruction);

            case Mnemonic.Lzcnt:
                return SelectScan<LzcntOp>(instruction);

            case Mnemonic.Popcnt:
                return SelectScan<PopcntOp>(instruction);

            case Mnemonic.Andn:
                return SelectBmi<AndnOp>(instruction, 0);

            case Mnemonic.Pdep:
                return SelectBmi<PdepOp>(instruction, 0);

            case Mnemonic.Pext:
                return SelectBmi<PextOp>(instruction, 0);

            case Mnemonic.Bextr:
                return SelectBmi<BextrOp>(instruction, 1);

            case Mnemonic.Bzhi:
                return SelectBmi<BzhiOp>(instruction, 1);

            case Mnemonic.Sarx:
                return SelectBmi<SarxOp>(instruction, 1);

            case Mnemonic.Shlx:
                return SelectBmi<ShlxOp>(instruction, 1);

            case Mnemonic.Shrx:
                return SelectBmi<ShrxOp>(instruction, 1);

            case Mnemonic.Blsi:
                return SelectBmi<BlsiOp>(instruction, 2);

            case Mnemonic.Blsmsk:
                return SelectBmi<BlsmskOp>(instruction, 2);

            case Mnemonic.Blsr:
                return SelectBmi<BlsrOp>(instruction, 2);

            case Mnemonic.Rorx:
                return SelectBmi<RorxOp>(instruction, 2);

            case Mnemonic.Mulx:
                return (OperandSize(instruction, 0), IsMemory(instruction, 2)) switch
                {
                    (4, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W32>.MulxRegister,
                    (4, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W32>.MulxMemory,
                    (_, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W64>.MulxRegister,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W64>.MulxMemory,
                };

            case Mnemonic.Adcx:
                return (OperandSize(instruction, 0), IsMemory(instruction, 1)) switch
                {
                    (4, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W32>.AdcxRegister,
                    (4, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W32>.AdcxMemory,
                    (_, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W64>.AdcxRegister,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W64>.AdcxMemory,
                };

            case Mnemonic.Adox:
                return (OperandSize(instruction, 0), IsMemory(instruction, 1)) switch
                {
                    (4, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W32>.AdoxRegister,
                    (4, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W32>.AdoxMemory,
                    (_, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W64>.AdoxRegister,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&WideArithmetic<W64>.AdoxMemory,
                };

            case Mnemonic.Crc32 when IsRegister(instruction, 1):
                return OperandSize(instruction, 1) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Crc32Register<W8>,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Crc32Register<W16>,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Crc32Register<W32>,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Crc32Register<W64>,
                };

            case Mnemonic.Crc32:
                return OperandSize(instruction, 1) switch
                {
                    1 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Crc32Memory<W8>,
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Crc32Memory<W16>,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Crc32Memory<W32>,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Crc32Memory<W64>,
                };

            default:
                return 0;
        }
    }

    /// <summary>What TZCNT and LZCNT are on processors without them: the REP prefix is ignored, and compilers rely on that.</summary>
    public static nint SelectOldScan(in Instruction instruction) =>
        instruction.Mnemonic == Mnemonic.Tzcnt ? SelectScan<BsfOp>(instruction) : SelectScan<BsrOp>(instruction);

    private static nint SelectBitTest<TOp>(in Instruction instruction) where TOp : struct, IBitOp => OperandSize(instruction, 0) switch
    {
        2 => SelectBitTest<TOp, W16>(instruction),
        4 => SelectBitTest<TOp, W32>(instruction),
        _ => SelectBitTest<TOp, W64>(instruction),
    };

    private static nint SelectBitTest<TOp, W>(in Instruction instruction)
        where TOp : struct, IBitOp
        where W : struct, IWidth => (IsMemory(instruction, 0), IsRegister(instruction, 1)) switch
        {
            (false, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitTests<TOp, W>.RegisterRegister,
            (false, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitTests<TOp, W>.RegisterImmediate,
            (true, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitTests<TOp, W>.MemoryRegister,
            _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitTests<TOp, W>.MemoryImmediate,
        };

    private static nint SelectScan<TOp>(in Instruction instruction) where TOp : struct, IScanOp => OperandSize(instruction, 0) switch
    {
        2 => SelectScan<TOp, W16>(instruction),
        4 => SelectScan<TOp, W32>(instruction),
        _ => SelectScan<TOp, W64>(instruction),
    };

    private static nint SelectScan<TOp, W>(in Instruction instruction)
        where TOp : struct, IScanOp
        where W : struct, IWidth => IsMemory(instruction, 1)
            ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Scan<TOp, W>.Memory
            : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Scan<TOp, W>.Register;

    private static nint SelectBmi<TOp>(in Instruction instruction, int form) where TOp : struct, IBmiOp => OperandSize(instruction, 0) switch
    {
        4 => SelectBmi<TOp, W32>(instruction, form),
        _ => SelectBmi<TOp, W64>(instruction, form),
    };

    /// <summary>Form 0: memory is the last operand; 1: the middle one; 2: two operands.</summary>
    private static nint SelectBmi<TOp, W>(in Instruction instruction, int form)
        where TOp : struct, IBmiOp
        where W : struct, IWidth => (form, IsMemory(instruction, form == 0 ? 2 : 1)) switch
        {
            (0 or 1, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitManipulation<TOp, W>.ThreeRegister,
            (0, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitManipulation<TOp, W>.ThreeMemory,
            (1, true) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitManipulation<TOp, W>.MiddleMemory,
            (2, false) => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitManipulation<TOp, W>.TwoRegister,
            _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&BitManipulation<TOp, W>.TwoMemory,
        };

    private static nint SelectSystem(Mnemonic mnemonic, in Instruction instruction, Op* op)
    {
        switch (mnemonic)
        {
            case Mnemonic.Movnti:
                return OperandSize(instruction, 0) == 4
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W32>.Store<AnyAddress>
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&Move<W64>.Store<AnyAddress>;

            case Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs:
                op->Aux = mnemonic == Mnemonic.Lss ? 162u : mnemonic == Mnemonic.Lfs ? 168u : 170;
                return OperandSize(instruction, 0) switch
                {
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.LoadFarPointer<W16>,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.LoadFarPointer<W32>,
                };

            case Mnemonic.Verr:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.VerifyRead;

            case Mnemonic.Verw:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.VerifyWrite;

            case Mnemonic.Lar:
                return OperandSize(instruction, 0) switch
                {
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.LoadAccess<W16>,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.LoadAccess<W32>,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.LoadAccess<W64>,
                };

            case Mnemonic.Lsl:
                return OperandSize(instruction, 0) switch
                {
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.LoadLimit<W16>,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.LoadLimit<W32>,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.LoadLimit<W64>,
                };

            case Mnemonic.Jmp:
                return SelectJump(instruction);

            case Mnemonic.Jrcxz or Mnemonic.Jecxz:
                SetCounterWidth(instruction, op);
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.JumpIfCounterZero;

            case Mnemonic.Loop:
                SetCounterWidth(instruction, op);
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Loop;

            case Mnemonic.Loope:
                SetCounterWidth(instruction, op);
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.LoopIfZero;

            case Mnemonic.Loopne:
                SetCounterWidth(instruction, op);
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.LoopIfNotZero;

            case Mnemonic.Syscall:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Syscall;

            case Mnemonic.Nop or Mnemonic.Reservednop or Mnemonic.Prefetchit0 or Mnemonic.Prefetchit1 or Mnemonic.Cldemote or Mnemonic.Rdsspd or Mnemonic.Rdsspq or Mnemonic.Endbr64 or Mnemonic.Endbr32 or Mnemonic.Prefetch or Mnemonic.Prefetchw or Mnemonic.Prefetchwt1 or
                Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2 or Mnemonic.Prefetchnta:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Nop;

            case Mnemonic.Pause:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Pause;

            case Mnemonic.Mfence or Mnemonic.Sfence or Mnemonic.Lfence:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Fence;

            case Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.FlushLine;

            case Mnemonic.Cpuid:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Cpuid;

            case Mnemonic.Rdtsc:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Rdtsc;

            case Mnemonic.Rdtscp:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Rdtscp;

            case Mnemonic.Rdpid:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Rdpid;

            case Mnemonic.Xgetbv:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Xgetbv;

            case Mnemonic.Rdfsbase or Mnemonic.Rdgsbase:
                op->Aux = mnemonic == Mnemonic.Rdfsbase ? 144u : 152;
                return OperandSize(instruction, 0) switch
                {
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.ReadBase<W32>,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.ReadBase<W64>,
                };

            case Mnemonic.Wrfsbase or Mnemonic.Wrgsbase:
                op->Aux = mnemonic == Mnemonic.Wrfsbase ? 144u : 152;
                return OperandSize(instruction, 0) switch
                {
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.WriteBase<W32>,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.WriteBase<W64>,
                };

            case Mnemonic.Rdrand or Mnemonic.Rdseed:
                return OperandSize(instruction, 0) switch
                {
                    2 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Random<W16>,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Random<W32>,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Random<W64>,
                };

            case Mnemonic.Xlatb:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.Translate;

            case Mnemonic.Clc:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.ClearCarry;

            case Mnemonic.Stc:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.SetCarry;

            case Mnemonic.Cmc:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.ComplementCarry;

            case Mnemonic.Cld:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.ClearDirection;

            case Mnemonic.Std:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&SystemInstructions.SetDirection;

            case Mnemonic.Int3:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Breakpoint;

            case Mnemonic.Int1:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.DebugTrap;

            case Mnemonic.Int:
                return op->Immediate switch
                {
                    3 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Breakpoint,
                    4 => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.OverflowTrap,
                    _ => (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Interrupt,
                };

            case Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Sldt or Mnemonic.Str or Mnemonic.Smsw or Mnemonic.Hlt or Mnemonic.In or Mnemonic.Out or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd or Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd or Mnemonic.Cli or Mnemonic.Sti or Mnemonic.Clts or Mnemonic.Invd or Mnemonic.Wbinvd or Mnemonic.Wbnoinvd or Mnemonic.Invlpg or Mnemonic.Invpcid or Mnemonic.Lgdt or Mnemonic.Lidt or Mnemonic.Lldt or Mnemonic.Ltr or Mnemonic.Lmsw or Mnemonic.Rdmsr or Mnemonic.Wrmsr or Mnemonic.Rdpmc or Mnemonic.Sysret or Mnemonic.Sysretq or Mnemonic.Sysexit or Mnemonic.Sysexitq or Mnemonic.Swapgs or Mnemonic.Xsetbv:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Privileged;

            default:
                return SelectFar(instruction);
        }
    }

    private static nint SelectJump(in Instruction instruction)
    {
        switch (instruction.Code)
        {
            case Code.Jmp_rel8_64 or Code.Jmp_rel32_64:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.Jump;

            case Code.Jmp_rm64:
                return IsMemory(instruction, 0)
                    ? (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.JumpMemory
                    : (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&ControlFlow.JumpRegister;

            default:
                return SelectFar(instruction);
        }
    }

    private static nint SelectFar(in Instruction instruction)
    {
        switch (instruction.Code)
        {
            case Code.Retfw or Code.Retfw_imm16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.Return<W16>;

            case Code.Retfd or Code.Retfd_imm16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.Return<W32>;

            case Code.Retfq or Code.Retfq_imm16:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.Return<W64>;

            case Code.Iretw:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.InterruptReturn<W16>;

            case Code.Iretd:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.InterruptReturn<W32>;

            case Code.Iretq:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.InterruptReturn<W64>;

            case Code.Call_m1616:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.Call<W16>;

            case Code.Call_m1632 or Code.Call_m1664:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.Call<W32>;

            case Code.Jmp_m1616:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.Jump<W16>;

            case Code.Jmp_m1632 or Code.Jmp_m1664:
                return (nint)(delegate*<InterpreterVcpu, CpuState*, Op*, void>)&FarControl.Jump<W32>;

            default:
                return 0;
        }
    }

    /// <summary>An address-size prefix makes ECX the counter.</summary>
    private static void SetCounterWidth(in Instruction instruction, Op* op)
    {
        if (instruction.Code is Code.Jecxz_rel8_64 or Code.Loop_rel8_64_ECX or Code.Loope_rel8_64_ECX or Code.Loopne_rel8_64_ECX)
        {
            op->Flags |= OpFlags.Address32;
        }
    }
}
