using System.Diagnostics.CodeAnalysis;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// The hand-written code around translated code: how it is entered from .NET and left again. One set for a process.
/// </summary>
/// <remarks>
/// <para>Entering has two parts. The first, in the stub zone, runs on the caller's stack and moves to the frame. The second lies in the block
/// zone, where the signal handler knows that RSP is the frame: it looks at <see cref="VcpuFrame.Pending"/> last thing before the
/// guest's registers are loaded, so a request that came before is seen here and one that comes later is seen by the handler.</para>
/// <para>Leaving saves every host register by its number to the register file's general registers, the frame's slots untouched:
/// <see cref="TranslatorVcpu"/> knows which guest register is where. Vector registers go to the frame, which is several times
/// cheaper than XSAVE, or with the x87 unit to the XSAVE image if translated code has used that. The host's own modes are put back.</para>
/// </remarks>
internal sealed unsafe class TranslatorStubs
{
    private const int XsaveOffset = CpuState.XsaveOffset;
    private const int RflagsOffset = 136;
    private const int MaxEntryBytes = 1024;
    private const int AllState = 7;
    private const int VectorState = 6;

    private static readonly Lock s_lock = new();
    private static TranslatorStubs? s_stubs;
    private static string? s_refusal;

    private TranslatorStubs(CodeRegion region)
    {
        Region = region;
        Index = new CodeIndex(region);
        Images = new CodeImages(Index);
        Exit = (byte*)region.AddStub(WriteExit);
        FaultLanding = region.AddStub(a =>
        {
            a.mov(__dword_ptr[rsp + FrameOffset.Exit], (int)ExitReason.Fault);
            a.jmp((ulong)Exit);
        });
        Sync = (delegate* unmanaged[SuppressGCTransition]<VcpuFrame*, void>)region.AddStub(WriteSync);
        nint pending = region.AddStub(a =>
        {
            a.mov(__dword_ptr[rsp + FrameOffset.Exit], (int)ExitReason.Pending);
            a.mov(rsp, __[rsp + FrameOffset.HostStack]);
            WriteReturn(a);
        });
        byte* load = region.AllocateArea(CodeRegion.AreaUnit);
        if (load == null)
        {
            throw new IOException("No executable memory is left.");
        }

        WriteLoad(load, (ulong)pending);
        IndirectMiss = load + MaxEntryBytes;
        WriteMiss(IndirectMiss);
        Enter = (delegate* unmanaged<VcpuFrame*, void>)region.AddStub(a =>
        {
            a.push(rbx);
            a.push(rbp);
            a.push(r12);
            a.push(r13);
            a.push(r14);
            a.push(r15);
            a.mov(__[rdi + FrameOffset.HostStack], rsp);
            a.stmxcsr(__dword_ptr[rdi + FrameOffset.HostMxcsr]);
            a.mov(rsp, rdi);
            a.jmp((ulong)load);
        });
    }

    /// <summary>The region that holds all code.</summary>
    public CodeRegion Region { get; }

    /// <summary>What is where in the region.</summary>
    public CodeIndex Index { get; }

    /// <summary>Translations that machines share.</summary>
    public CodeImages Images { get; }

    /// <summary>Runs translated code from <see cref="VcpuFrame.Entry"/> on, until it leaves.</summary>
    public delegate* unmanaged<VcpuFrame*, void> Enter { get; }

    /// <summary>Moves <see cref="VcpuFrame.Vectors"/> to the register file.</summary>
    public delegate* unmanaged[SuppressGCTransition]<VcpuFrame*, void> Sync { get; }

    /// <summary>Where translated code leaves, <see cref="VcpuFrame.Exit"/> having been set.</summary>
    public byte* Exit { get; }

    /// <summary>Where the first jump table leads for addresses that it has no code for; the scratch register holds the address.</summary>
    public byte* IndirectMiss { get; }

    /// <summary>Where the signal handler sends a thread.</summary>
    public nint FaultLanding { get; }

    /// <summary>The stubs, with the signal handlers installed. False with the reason where this host can't.</summary>
    public static bool TryGet([NotNullWhen(true)] out TranslatorStubs? stubs, out string? refusal)
    {
        lock (s_lock)
        {
            if (s_stubs == null && s_refusal == null)
            {
                try
                {
                    if (CodeRegion.TryGet(out CodeRegion? region, out s_refusal))
                    {
                        var created = new TranslatorStubs(region);
                        HostSignals.Install(region, created.FaultLanding);
                        s_stubs = created;
                    }
                }
                catch (IOException e)
                {
                    s_refusal = e.Message;
                }
            }

            (stubs, refusal) = (s_stubs, s_refusal);
            return stubs != null;
        }
    }

    /// <summary>
    /// Looks into the second jump table, and leaves if there is nothing either. In the block zone, since a hit goes on without a look at
    /// <see cref="VcpuFrame.Pending"/>: the signal handler steps through here.
    /// </summary>
    private void WriteMiss(byte* place)
    {
        var a = new Assembler(64);
        Label hit = a.CreateLabel();
        WriteSecondIndex(a);
        a.mov(rcx, __[rsp + (rcx * 8) + JumpTable.SecondKeys]);
        a.lea(rcx, __[rcx + r11]);
        a.jrcxz(hit);
        a.mov(rcx, __[rsp + FrameOffset.RcxHome]);
        a.mov(__[rsp + FrameOffset.Target], r11);
        a.jmp((ulong)Exit);
        a.Label(ref hit);
        WriteSecondIndex(a);
        a.jmp(__qword_ptr[rsp + (rcx * 8) + JumpTable.SecondHosts]);
        var writer = new CodeEmitter();
        writer.Begin(place, MaxEntryBytes, Region.WriteDelta);
        a.Assemble(writer, (ulong)place);
    }

    /// <summary>RCX = <see cref="JumpTable.SecondIndex"/> of R11.</summary>
    private static void WriteSecondIndex(Assembler a)
    {
        a.rorx(rcx, r11, JumpTable.SecondRotation);
        a.lea(rcx, __[rcx + r11]);
        a.movzx(ecx, cx);
    }

    private static void WriteReturn(Assembler a)
    {
        a.pop(r15);
        a.pop(r14);
        a.pop(r13);
        a.pop(r12);
        a.pop(rbp);
        a.pop(rbx);
        a.ret();
    }

    /// <summary>Saves everything and returns to .NET.</summary>
    private static void WriteExit(Assembler a)
    {
        a.mov(__[rsp + FrameOffset.ScratchHome], r11);
        a.mov(r11, __[rsp + FrameOffset.State]);
        for (int i = 0; i < 16; i++)
        {
            if (i is not (HostRegister.Rsp or HostRegister.Scratch))
            {
                a.mov(__[r11 + (i * 8)], new AssemblerRegister64(Register.RAX + i));
            }
        }

        a.mov(rax, __[rsp + FrameOffset.ScratchHome]);
        a.mov(__[r11 + (HostRegister.Scratch * 8)], rax);
        a.pushfq();
        a.pop(rax);
        a.mov(__[r11 + RflagsOffset], rax);
        a.cld();
        Label all = a.CreateLabel();
        Label leave = a.CreateLabel();
        a.cmp(__byte_ptr[rsp + FrameOffset.UsesX87], 0);
        a.jne(all);
        a.stmxcsr(__dword_ptr[rsp + FrameOffset.GuestMxcsr]);
        for (int i = 0; i < 16; i++)
        {
            a.vmovups(__[rsp + (FrameOffset.Vectors + (i * 32))], new AssemblerRegisterYMM(Register.YMM0 + i));
        }

        a.mov(__byte_ptr[rsp + FrameOffset.HoldsVectors], 1);
        WriteUpperTest(a);
        a.jmp(leave);
        a.Label(ref all);
        WriteSave(a, r11, AllState);

        // .NET and the C library expect an empty x87 stack and the default control word. FNINIT leaves the registers' contents, which the
        // next guest on this thread could read as MMX registers.
        a.fninit();
        for (int i = 0; i < 8; i++)
        {
            a.fldz();
        }

        a.fninit();
        a.mov(__byte_ptr[rsp + FrameOffset.UsesX87], 0);
        a.Label(ref leave);
        a.vzeroupper();
        a.ldmxcsr(__dword_ptr[rsp + FrameOffset.HostMxcsr]);
        a.mov(rsp, __[rsp + FrameOffset.HostStack]);
        WriteReturn(a);
    }

    /// <summary>XSAVE of some of x87 (1), SSE (2) and AVX (4) to a register file.</summary>
    private static void WriteSave(Assembler a, AssemblerRegister64 state, int components)
    {
        a.mov(eax, components);
        a.xor(edx, edx);
        a.xsave64(__[state + XsaveOffset]);
    }

    /// <summary>
    /// Moves vector registers that a light exit left in the frame (RDI) to the register file. The x87 part there is still right; what the
    /// processor's x87 unit remembers now may be the host's (addresses of its code among it).
    /// </summary>
    private static void WriteSync(Assembler a)
    {
        LoadVectors(a, rdi);
        a.mov(rsi, __[rdi + FrameOffset.State]);
        WriteSave(a, rsi, VectorState);
        a.mov(__byte_ptr[rdi + FrameOffset.HoldsVectors], 0);
        a.vzeroupper();
        a.ldmxcsr(__dword_ptr[rdi + FrameOffset.HostMxcsr]);
        a.ret();
    }

    /// <summary>
    /// Remembers whether an upper half of a vector register is in use. Where none is, loading must leave the processor knowing that: otherwise
    /// each SSE instruction of the guest waits for the last writer of its destination, to merge with an upper half of zeros.
    /// </summary>
    private static void WriteUpperTest(Assembler a)
    {
        for (int i = 1; i < 16; i++)
        {
            a.vorps(ymm0, ymm0, new AssemblerRegisterYMM(Register.YMM0 + i));
        }

        a.vextractf128(xmm0, ymm0, 1);
        a.vptest(xmm0, xmm0);
        a.setne(__byte_ptr[rsp + FrameOffset.UpperInUse]);
    }

    private static void LoadLowerVectors(Assembler a, AssemblerRegister64 frame)
    {
        a.vzeroupper();
        for (int i = 0; i < 16; i++)
        {
            a.movups(new AssemblerRegisterXMM(Register.XMM0 + i), __[frame + (FrameOffset.Vectors + (i * 32))]);
        }

        a.ldmxcsr(__dword_ptr[frame + FrameOffset.GuestMxcsr]);
    }

    private static void LoadVectors(Assembler a, AssemblerRegister64 frame)
    {
        for (int i = 0; i < 16; i++)
        {
            a.vmovups(new AssemblerRegisterYMM(Register.YMM0 + i), __[frame + (FrameOffset.Vectors + (i * 32))]);
        }

        a.ldmxcsr(__dword_ptr[frame + FrameOffset.GuestMxcsr]);
    }

    /// <summary>The second part of entering: the mirror image of <see cref="WriteExit"/>.</summary>
    private void WriteLoad(byte* place, ulong pending)
    {
        var a = new Assembler(64);
        a.cmp(__dword_ptr[rsp + FrameOffset.Pending], 0);
        a.jne(pending);
        a.mov(r11, __[rsp + FrameOffset.State]);
        Label all = a.CreateLabel();
        Label flags = a.CreateLabel();
        Label initial = a.CreateLabel();
        a.cmp(__byte_ptr[rsp + FrameOffset.HoldsVectors], 0);
        a.je(all);
        Label wide = a.CreateLabel();
        a.mov(__byte_ptr[rsp + FrameOffset.HoldsVectors], 0);
        a.cmp(__byte_ptr[rsp + FrameOffset.UpperInUse], 0);
        a.jne(wide);
        LoadLowerVectors(a, rsp);
        a.jmp(flags);
        a.Label(ref wide);
        LoadVectors(a, rsp);
        a.jmp(flags);
        a.Label(ref all);
        a.mov(eax, 7);
        a.xor(edx, edx);
        a.xrstor64(__[r11 + XsaveOffset]);

        // Control word 037F, status 0, all empty: a state that needn't be kept.
        a.mov(rax, 0xFF_FFFF_FFFFUL);
        a.and(rax, __[r11 + XsaveOffset]);
        a.cmp(rax, 0x37F);
        a.je(initial);
        a.mov(__byte_ptr[rsp + FrameOffset.UsesX87], 1);
        a.Label(ref initial);
        a.nop();
        a.Label(ref flags);
        // OF comes from an addition, DF from STD, the rest from SAHF: POPFQ takes several times as long.
        Label up = a.CreateLabel();
        a.mov(rdx, __[r11 + RflagsOffset]);
        a.bt(edx, 10);
        a.jae(up);
        a.std();
        a.Label(ref up);
        a.mov(eax, edx);
        a.shr(eax, 11);
        a.and(eax, 1);
        a.mov(ah, dl);
        a.add(al, 127);
        a.sahf();
        for (int i = 0; i < 16; i++)
        {
            if (i is not (HostRegister.Rsp or HostRegister.Scratch))
            {
                a.mov(new AssemblerRegister64(Register.RAX + i), __[r11 + (i * 8)]);
            }
        }

        a.mov(r11, __[r11 + (HostRegister.Scratch * 8)]);

        a.jmp(__qword_ptr[rsp + FrameOffset.Entry]);
        var writer = new CodeEmitter();
        writer.Begin(place, MaxEntryBytes, Region.WriteDelta);
        a.Assemble(writer, (ulong)place);
    }
}
