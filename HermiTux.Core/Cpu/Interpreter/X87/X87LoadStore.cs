using System.Runtime.CompilerServices;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.X87;

/// <summary>Loads, stores, exchanges, constants.</summary>
internal static unsafe class X87LoadStore
{
    private const int St7 = X87Stack.St0 + (7 * 16);

    private interface IStore
    {
        /// <summary>Converts ST(0) to the memory format; bytes 8 and 9 of an 80-bit format go to <paramref name="high"/>.</summary>
        static abstract ulong Convert(F80 value, uint cw, ref uint sw, out ushort high);

        /// <summary>Bytes of the memory format.</summary>
        static abstract int Size { get; }
    }

    public static void Register()
    {
        HandlerTable.Add(Code.Fld_m32fp, null, &Load<SingleOperand>);
        HandlerTable.Add(Code.Fld_m64fp, null, &Load<DoubleOperand>);
        HandlerTable.Add(Code.Fld_m80fp, null, &Load<ExtendedOperand>);
        HandlerTable.Add(Code.Fild_m16int, null, &Load<Int16Operand>);
        HandlerTable.Add(Code.Fild_m32int, null, &Load<Int32Operand>);
        HandlerTable.Add(Code.Fild_m64int, null, &Load<Int64Operand>);
        HandlerTable.Add(Code.Fbld_m80bcd, null, &Load<BcdOperand>);
        HandlerTable.Add(Code.Fld_sti, &LoadRegister, null);

        HandlerTable.Add(Code.Fst_m32fp, null, &Store<SingleStore>);
        HandlerTable.Add(Code.Fst_m64fp, null, &Store<DoubleStore>);
        HandlerTable.Add(Code.Fist_m16int, null, &Store<Int16Store>);
        HandlerTable.Add(Code.Fist_m32int, null, &Store<Int32Store>);
        HandlerTable.Add(Code.Fstp_m32fp, null, &StorePop<SingleStore>);
        HandlerTable.Add(Code.Fstp_m64fp, null, &StorePop<DoubleStore>);
        HandlerTable.Add(Code.Fstp_m80fp, null, &StorePop<ExtendedStore>);
        HandlerTable.Add(Code.Fistp_m16int, null, &StorePop<Int16Store>);
        HandlerTable.Add(Code.Fistp_m32int, null, &StorePop<Int32Store>);
        HandlerTable.Add(Code.Fistp_m64int, null, &StorePop<Int64Store>);
        HandlerTable.Add(Code.Fisttp_m16int, null, &StorePop<Int16Truncate>);
        HandlerTable.Add(Code.Fisttp_m32int, null, &StorePop<Int32Truncate>);
        HandlerTable.Add(Code.Fisttp_m64int, null, &StorePop<Int64Truncate>);
        HandlerTable.Add(Code.Fbstp_m80bcd, null, &StorePop<BcdStore>);
        HandlerTable.Add(Code.Fst_sti, &StoreRegister, null);
        HandlerTable.Add(Code.Fstp_sti, &StoreRegisterPop, null);
        HandlerTable.Add(Code.Fstp_sti_DFD0, &StoreRegisterPop, null);
        HandlerTable.Add(Code.Fstp_sti_DFD8, &StoreRegisterPop, null);
        HandlerTable.Add(Code.Fstpnce_sti, &StoreRegisterPopNoCheck, null);

        HandlerTable.Add(Code.Fxch_st0_sti, &Exchange, null);
        HandlerTable.Add(Code.Fxch_st0_sti_DDC8, &Exchange, null);
        HandlerTable.Add(Code.Fxch_st0_sti_DFC8, &Exchange, null);
        HandlerTable.Add(Code.Fcmovb_st0_sti, &MoveIf, null);
        HandlerTable.Add(Code.Fcmove_st0_sti, &MoveIf, null);
        HandlerTable.Add(Code.Fcmovbe_st0_sti, &MoveIf, null);
        HandlerTable.Add(Code.Fcmovu_st0_sti, &MoveIf, null);
        HandlerTable.Add(Code.Fcmovnb_st0_sti, &MoveIf, null);
        HandlerTable.Add(Code.Fcmovne_st0_sti, &MoveIf, null);
        HandlerTable.Add(Code.Fcmovnbe_st0_sti, &MoveIf, null);
        HandlerTable.Add(Code.Fcmovnu_st0_sti, &MoveIf, null);

        HandlerTable.Add(Code.Fld1, &Constant, null);
        HandlerTable.Add(Code.Fldl2t, &Constant, null);
        HandlerTable.Add(Code.Fldl2e, &Constant, null);
        HandlerTable.Add(Code.Fldpi, &Constant, null);
        HandlerTable.Add(Code.Fldlg2, &Constant, null);
        HandlerTable.Add(Code.Fldln2, &Constant, null);
        HandlerTable.Add(Code.Fldz, &Constant, null);
    }

    private static void Load<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IMemoryOperand
    {
        DoLoad<T>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DoLoad<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IMemoryOperand
    {
        X87Stack.Enter(cpu, s, op);
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        F80 value = T.Load(cpu, op, address, out bool denormal);
        uint sw = 0;
        if (!X87Stack.IsEmpty(s, St7))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault | Fsw.C1;
            value = F80.Indefinite;
        }
        else if (denormal)
        {
            sw = Fsw.DenormalOperand;
        }
        else if (typeof(T) != typeof(ExtendedOperand) && value.IsSignallingNaN)
        {
            sw = Fsw.InvalidOperation;
            value = value.Quieten();
        }

        // An unmasked denormal exception doesn't stop a load (as on AMD): the widened value is normal.
        if (X87Stack.CommitMemory(cpu, s, op, address, sw) || sw == Fsw.DenormalOperand)
        {
            X87Stack.Push(s, value);
        }
    }

    private static void LoadRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        F80 value = X87Stack.Read(s, op->R0);
        if (X87Stack.IsEmpty(s, op->R0))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            value = F80.Indefinite;
        }
        else if (!X87Stack.IsEmpty(s, St7))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault | Fsw.C1;
            value = F80.Indefinite;
        }

        if (X87Stack.Commit(cpu, s, op, sw))
        {
            X87Stack.Push(s, value);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Store<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IStore
    {
        DoStore<T>(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void StorePop<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IStore
    {
        if (DoStore<T>(cpu, s, op))
        {
            X87Stack.Pop(s);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool DoStore<T>(InterpreterVcpu cpu, CpuState* s, Op* op) where T : struct, IStore
    {
        X87Stack.Enter(cpu, s, op);
        ulong address = InterpreterVcpu.EffectiveAddress(s, op);
        uint sw = 0;
        bool empty = X87Stack.IsEmpty(s, X87Stack.St0);
        ulong low = T.Convert(empty ? F80.Indefinite : X87Stack.Read(s, X87Stack.St0), s->Fcw, ref sw, out ushort high);
        if (empty)
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
        }

        bool stored = !X87Stack.BlocksStore(s, sw);
        if (!stored)
        {
            // The place must be writable nevertheless. Nothing was rounded to its final place.
            cpu.CheckWrite(op, address, T.Size);
            sw &= ~(Fsw.Precision | Fsw.C1);
        }
        else
        {
            switch (T.Size)
            {
                case 2:
                    cpu.Store(op, address, (ushort)low);
                    break;
                case 4:
                    cpu.Store(op, address, (uint)low);
                    break;
                case 8:
                    cpu.Store(op, address, low);
                    break;
                default:
                    Span<byte> image = stackalloc byte[10];
                    Unsafe.WriteUnaligned(ref image[0], low);
                    Unsafe.WriteUnaligned(ref image[8], high);
                    cpu.RequireAligned(op, address, 8);
                    cpu.StoreBlock(op, address, image);
                    break;
            }
        }

        X87Stack.CommitMemory(cpu, s, op, address, sw);
        return stored;
    }

    private static void StoreRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoStoreRegister(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void StoreRegisterPop(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        if (DoStoreRegister(cpu, s, op))
        {
            X87Stack.Pop(s);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool DoStoreRegister(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        F80 value = X87Stack.Read(s, X87Stack.St0);
        uint sw = 0;
        if (X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            value = F80.Indefinite;
        }

        bool written = X87Stack.Commit(cpu, s, op, sw);
        if (written)
        {
            X87Stack.WriteValid(s, op->R0, value);
        }

        return written;
    }

    /// <summary>FSTPNCE (D9 D8+i): FSTP that just pops when ST(0) is empty.</summary>
    private static void StoreRegisterPopNoCheck(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        X87Stack.Commit(cpu, s, op, 0);
        if (!X87Stack.IsEmpty(s, X87Stack.St0))
        {
            X87Stack.WriteValid(s, op->R0, X87Stack.Read(s, X87Stack.St0));
        }

        X87Stack.Pop(s);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void Exchange(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        F80 first = X87Stack.Read(s, X87Stack.St0);
        F80 second = X87Stack.Read(s, op->R1);
        if (X87Stack.IsEmpty(s, X87Stack.St0))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            first = F80.Indefinite;
        }

        if (X87Stack.IsEmpty(s, op->R1))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            second = F80.Indefinite;
        }

        if (X87Stack.Commit(cpu, s, op, sw))
        {
            X87Stack.WriteValid(s, X87Stack.St0, second);
            X87Stack.WriteValid(s, op->R1, first);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void MoveIf(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        DoMoveIf(cpu, s, op);
        InterpreterVcpu.Next(cpu, s, op);
    }

    private static void DoMoveIf(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        const ulong Carry = 1;
        const ulong Parity = 4;
        const ulong Zero = 0x40;

        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        F80 value = X87Stack.Read(s, op->R1);
        if (X87Stack.IsEmpty(s, X87Stack.St0) || X87Stack.IsEmpty(s, op->R1))
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault;
            value = F80.Indefinite;
        }

        ulong flags = InterpreterVcpu.GetFlags(s);
        bool condition = op->IcedCode switch
        {
            Code.Fcmovb_st0_sti => (flags & Carry) != 0,
            Code.Fcmove_st0_sti => (flags & Zero) != 0,
            Code.Fcmovbe_st0_sti => (flags & (Carry | Zero)) != 0,
            Code.Fcmovu_st0_sti => (flags & Parity) != 0,
            Code.Fcmovnb_st0_sti => (flags & Carry) == 0,
            Code.Fcmovne_st0_sti => (flags & Zero) == 0,
            Code.Fcmovnbe_st0_sti => (flags & (Carry | Zero)) == 0,
            _ => (flags & Parity) == 0,
        };
        if (X87Stack.CommitKeepingC1(cpu, s, op, sw) && (condition || sw != 0))
        {
            X87Stack.WriteValid(s, X87Stack.St0, value);
        }
    }

    private static void Constant(InterpreterVcpu cpu, CpuState* s, Op* op)
    {
        X87Stack.Enter(cpu, s, op);
        uint sw = 0;
        F80 value = F80.Indefinite;
        if (X87Stack.IsEmpty(s, St7))
        {
            value = F80Math.Constant(op->IcedCode, s->Fcw);
        }
        else
        {
            sw = Fsw.InvalidOperation | Fsw.StackFault | Fsw.C1;
        }

        if (X87Stack.Commit(cpu, s, op, sw))
        {
            X87Stack.Push(s, value);
        }

        InterpreterVcpu.Next(cpu, s, op);
    }

    private readonly struct SingleStore : IStore
    {
        public static int Size => 4;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = 0;
            return F80Math.ToSingle(value, cw, ref sw);
        }
    }

    private readonly struct DoubleStore : IStore
    {
        public static int Size => 8;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = 0;
            return F80Math.ToDouble(value, cw, ref sw);
        }
    }

    private readonly struct ExtendedStore : IStore
    {
        public static int Size => 10;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = (ushort)value.SignExponent;
            return value.Mantissa;
        }
    }

    private readonly struct Int16Store : IStore
    {
        public static int Size => 2;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = 0;
            return (ulong)F80Math.ToInteger(value, 16, cw, ref sw);
        }
    }

    private readonly struct Int32Store : IStore
    {
        public static int Size => 4;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = 0;
            return (ulong)F80Math.ToInteger(value, 32, cw, ref sw);
        }
    }

    private readonly struct Int64Store : IStore
    {
        public static int Size => 8;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = 0;
            return (ulong)F80Math.ToInteger(value, 64, cw, ref sw);
        }
    }

    private readonly struct Int16Truncate : IStore
    {
        public static int Size => 2;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = 0;
            return (ulong)F80Math.ToInteger(value, 16, cw | Fcw.RoundTowardZero, ref sw);
        }
    }

    private readonly struct Int32Truncate : IStore
    {
        public static int Size => 4;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = 0;
            return (ulong)F80Math.ToInteger(value, 32, cw | Fcw.RoundTowardZero, ref sw);
        }
    }

    private readonly struct Int64Truncate : IStore
    {
        public static int Size => 8;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high)
        {
            high = 0;
            return (ulong)F80Math.ToInteger(value, 64, cw | Fcw.RoundTowardZero, ref sw);
        }
    }

    private readonly struct BcdStore : IStore
    {
        public static int Size => 10;

        public static ulong Convert(F80 value, uint cw, ref uint sw, out ushort high) => F80Math.ToBcd(value, cw, ref sw, out high);
    }
}
