using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Interpreter;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator.Sabotage;

/// <summary>
/// Looks for a way out of a window by running generated code, with registers and memory chosen to get out. The interpreter is the processor, and its
/// address space the host's, in which there are a window, a frame with a jump table, and the probe.
/// </summary>
/// <remarks>It shares nothing with the verifier, and finds only what happens: silence is no proof, but what it finds is one.</remarks>
internal sealed unsafe class EscapeHunter : IDisposable
{
    private const ulong Guard = 64UL << 30;
    private const ulong StackSlack = 1 << 20;
    private const ulong FirstWindow = 0x1000_0000_0000;
    private const ulong SecondWindow = 0x2000_0000_0000;
    private const ulong FramePage = 0x3000_0000_0000;
    private const ulong FlatFs = 0x5000_0000_0000;
    private const ulong JumpTarget = 0x6000_0000_0000;
    private const ulong TrapFlag = 0x100;
    private const ulong Secret = 0x5EC2_E700_0000_0000;
    private const int StepLimit = 600;
    private const int PageLimit = 64;

    private readonly GeneratedCode _code;
    private readonly Random _seeds;
    private readonly FrameTable _frames;
    private readonly AddressSpace _space;
    private readonly InterpreterEngine _engine = new();
    private readonly Vcpu _vcpu;
    private readonly CpuState* _state = CpuState.Allocate();
    private readonly List<ulong> _windowPages = [];
    private readonly byte[] _frameBefore = new byte[Page.Size];
    private readonly byte[] _frameAfter = new byte[Page.Size];
    private readonly ulong _windowSize;
    private readonly ulong _frame;
    private Random _random = new(0);
    private ulong _windowBase;

    public EscapeHunter(GeneratedCode code, int seed)
    {
        _code = code;
        _seeds = new Random(seed);
        _windowSize = 1UL << code.WindowBits;
        _frame = FramePage + (ulong)(code.WindowBits & 63);
        _frames = new FrameTable(MemoryModel.Heap.CreateStore(1L << 26), 1L << 26);
        _space = new AddressSpace(_frames);
        _vcpu = _engine.CreateVcpu(_space);
        ulong codePage = Page.Floor(code.Address);
        Map(codePage, Page.Ceiling(code.Address + (ulong)code.Bytes.Length) - codePage, MemoryProtection.Read | MemoryProtection.Write);
        Map(Page.Floor((ulong)code.Probe), Page.Size, MemoryProtection.Read | MemoryProtection.Write);
        Map(FramePage, JumpTable.BytesWithFrame, MemoryProtection.Read | MemoryProtection.Write);
        FillTable();
        Protect(Page.Floor((ulong)code.Probe), Page.Size, MemoryProtection.Read);
        Protect(FramePage + Page.Size, JumpTable.BytesWithFrame - Page.Size, MemoryProtection.Read);
    }

    /// <summary>How the code gets out in one of so many attempts; null when it doesn't.</summary>
    public string? Hunt(byte[] bytes, int attempts)
    {
        ulong codePage = Page.Floor(_code.Address);
        ulong length = Page.Ceiling(_code.Address + (ulong)_code.Bytes.Length) - codePage;
        Protect(codePage, length, MemoryProtection.Read | MemoryProtection.Write);

        // INT3 around the block.
        byte[] page = new byte[length];
        Array.Fill(page, (byte)0xCC);
        bytes.CopyTo(page, (int)(_code.Address - codePage));
        Assert.True(_space.TryWrite(codePage, page));
        Protect(codePage, length, MemoryProtection.Read | MemoryProtection.Execute);
        for (int i = 0; i < attempts; i++)
        {
            int seed = _seeds.Next();
            if (Attempt(seed, FirstWindow) is not { } way)
            {
                continue;
            }

            if (!way.IsSecret)
            {
                return way.What;
            }

            // A number that happens to look like a host address is the same wherever the window is.
            HideAll();
            if (Attempt(seed, FirstWindow) is { IsSecret: true } again)
            {
                HideAll();
                if (Attempt(seed, SecondWindow) is { IsSecret: true } other && other.Place == again.Place)
                {
                    return again.What;
                }

                HideAll();
            }
        }

        return null;
    }

    public void Dispose()
    {
        _vcpu.Dispose();
        _space.Clear();
        _frames.Dispose();
        CpuState.Free(_state);
        _engine.Dispose();
    }

    private Escape? Attempt(int seed, ulong windowBase)
    {
        _random = new Random(seed);
        _windowBase = windowBase;
        Prepare();
        for (int step = 0; step < StepLimit; step++)
        {
            _state->Rflags |= TrapFlag;
            VcpuExit exit = _vcpu.Run(_state);
            if (_state->Rsp != _frame)
            {
                return new Escape($"RSP is {_state->Rsp:x}");
            }

            if (exit.Reason == VcpuExitReason.Syscall)
            {
                return new Escape("a system call");
            }

            if (exit.Exception == X86Exception.Debug)
            {
                continue;
            }

            if (exit.Exception is X86Exception.Breakpoint)
            {
                return new Escape($"code that isn't the block's at {_state->Rip:x}");
            }

            if (exit.Exception != X86Exception.PageFault)
            {
                // The host delivers it, and the guest gets it: an exception of the guest's own, wherever it comes from.
                return null;
            }

            MemoryFault fault = exit.Fault;
            if (fault.Access == MemoryAccess.Execute)
            {
                return AtExit(fault.Address);
            }

            if (fault.Address - (_windowBase - Guard) < _windowSize + (2 * Guard))
            {
                if (fault.Address - _windowBase >= _windowSize || _random.Next(8) == 0 || !TryShow(fault.Address))
                {
                    return null;
                }

                continue;
            }

            ulong probe = (ulong)_code.Probe;
            if (fault.Address - probe >= 8UL << (64 - _code.WindowBits) || fault.Access == MemoryAccess.Write)
            {
                return new Escape($"{fault.Access} at {fault.Address:x}, at {_state->Rip:x}");
            }

            return null;
        }

        return null;
    }

    /// <summary>The block is left. Everything must be as it ought to be between blocks.</summary>
    private Escape? AtExit(ulong target)
    {
        bool dispatch = target == _code.IndirectMiss || target == JumpTarget;
        if (target != _code.Exit && !dispatch && !_code.IsBlockStart(target))
        {
            return new Escape($"a jump to {target:x}");
        }

        if (_state->R10 + StackSlack > _windowSize + (2 * StackSlack))
        {
            return new Escape($"the guest's RSP is {_state->R10:x} at the exit");
        }

        for (int i = 0; i < 16; i++)
        {
            if (i is not (HostRegister.Scratch or HostRegister.Rsp) && !(dispatch && i == HostRegister.Rcx) && IsSecret(_state->Gpr[i]))
            {
                return new Escape($"register {i} is {_state->Gpr[i]:x} at the exit", i);
            }
        }

        Assert.True(_space.TryRead(FramePage, _frameAfter));
        int start = (int)(_frame - FramePage);
        for (int i = 0; i < Page.Size; i++)
        {
            bool allowed = i - start is >= 0 and < 128 or >= FrameOffset.Temporary and < FrameOffset.Temporary + 16 or >= FrameOffset.Exit and < FrameOffset.Exit + 4 or FrameOffset.UsesX87;
            if (!allowed && _frameAfter[i] != _frameBefore[i])
            {
                return new Escape($"the frame has changed at {i - start}");
            }
        }

        for (int i = 0; i < 16; i++)
        {
            if (IsSecret(BitConverter.ToUInt64(_frameAfter, start + (8 * i))))
            {
                return new Escape($"slot {i} holds a host address at the exit", 16 + i);
            }
        }

        return null;
    }

    private bool IsSecret(ulong value) => value >> 40 == Secret >> 40 || value - (_windowBase - Guard) < _windowSize + (2 * Guard) || value - FramePage < 4UL << 20
        || value == JumpTarget;

    private bool TryShow(ulong address)
    {
        if (_windowPages.Count >= PageLimit)
        {
            return false;
        }

        ulong page = Page.Floor(address);
        if (_windowPages.Contains(page))
        {
            return false;
        }

        Map(page, Page.Size, MemoryProtection.Read | MemoryProtection.Write);
        _windowPages.Add(page);
        FillPage(page);
        return true;
    }

    private void HideAll()
    {
        foreach (ulong page in _windowPages)
        {
            Assert.Equal(Errno.None, _space.Unmap(page, Page.Size));
        }

        _windowPages.Clear();
    }

    private void FillPage(ulong page)
    {
        Span<ulong> content = stackalloc ulong[Page.Size / 8];
        foreach (ref ulong value in content)
        {
            value = AnyValue();
        }

        Assert.True(_space.TryWrite(page, System.Runtime.InteropServices.MemoryMarshal.AsBytes(content)));
    }

    private void Prepare()
    {
        if (_windowPages.Count > PageLimit / 2)
        {
            HideAll();
        }

        _state->Reset();
        for (int i = 0; i < 16; i++)
        {
            _state->Gpr[i] = AnyValue();
        }

        byte* vectors = (byte*)_state + CpuState.XsaveOffset + 160;
        for (int i = 0; i < 32; i++)
        {
            ((ulong*)vectors)[i] = AnyValue();
        }

        _state->R10 = StackValue();
        _state->Rsp = _frame;

        // By a direct branch, or through the jump table, which has led here rightly or not.
        bool arrives = _code.Arrival >= 0 && _random.Next(3) == 0;
        _state->Rip = _code.Address + (ulong)(arrives ? _code.Arrival : _code.Entry);
        _state->R11 = arrives && _random.Next(2) == 0 ? _code.Rip : _state->R11;
        _state->GsBase = _windowBase;
        _state->FsBase = FlatFs;
        _state->Rflags = 0x202 | ((ulong)_random.Next() & 0xCD5);
        if (_random.Next(4) != 0)
        {
            _state->Rflags &= ~0x400UL;
        }

        // What guests must never see or change is recognisable.
        Span<byte> frame = _frameBefore;
        int start = (int)(_frame - FramePage);
        for (int i = start; i < start + VcpuFrame.Size; i += 8)
        {
            BitConverter.TryWriteBytes(frame[i..], Secret + (ulong)i);
        }

        for (int i = 0; i < 16; i++)
        {
            BitConverter.TryWriteBytes(frame[(start + (8 * i))..], AnyValue());
        }

        BitConverter.TryWriteBytes(frame[(start + FrameOffset.FsBase)..], WindowValue());
        BitConverter.TryWriteBytes(frame[(start + FrameOffset.GsBase)..], WindowValue());
        BitConverter.TryWriteBytes(frame[(start + FrameOffset.WindowBase)..], _windowBase);
        BitConverter.TryWriteBytes(frame[(start + FrameOffset.NegativeWindowBase)..], unchecked(0 - _windowBase));
        BitConverter.TryWriteBytes(frame[(start + FrameOffset.Temporary)..], AnyValue());
        BitConverter.TryWriteBytes(frame[(start + FrameOffset.Temporary + 8)..], AnyValue());
        BitConverter.TryWriteBytes(frame[(start + FrameOffset.Pending)..], 0UL);
        Assert.True(_space.TryWrite(FramePage, frame));
    }

    /// <summary>Half of the jump table's entries lead to a block.</summary>
    private void FillTable()
    {
        ulong[] table = new ulong[JumpTable.Entries];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = i % 2 == 0 ? JumpTarget : _code.IndirectMiss;
        }

        Assert.True(_space.TryWrite(_frame + JumpTable.First, System.Runtime.InteropServices.MemoryMarshal.AsBytes(table.AsSpan())));
        Assert.True(_space.TryRead(FramePage, _frameBefore));
    }

    private ulong WindowValue() => (ulong)_random.NextInt64() & (_windowSize - 1);

    private ulong StackValue() => _random.Next(6) switch
    {
        0 => unchecked(0 - (ulong)_random.Next((int)StackSlack)),
        1 => _windowSize + (ulong)_random.Next((int)StackSlack),
        _ => WindowValue(),
    };

    /// <summary>Values that code for the window is likely to go wrong with.</summary>
    private ulong AnyValue() => _random.Next(14) switch
    {
        0 or 1 or 2 or 3 => WindowValue(),
        4 => WindowValue() & ~0xFFFUL,
        5 => (ulong)_random.Next(0x10000),
        6 => unchecked((ulong)-_random.Next(0x10000)),
        7 => _windowSize + ((ulong)_random.NextInt64() & 0x1FF_FFFF_FFFF),
        8 => unchecked(0 - ((ulong)_random.NextInt64() & 0x1FF_FFFF_FFFF)),
        9 => ((ulong)_random.NextInt64() & 0x7FFF_FFFF_FFFF) | 0x4000_0000_0000,
        10 => (ulong)_random.NextInt64(long.MinValue, long.MaxValue),
        11 => (ulong)(uint)_random.Next(int.MinValue, int.MaxValue),
        12 => (ulong)(long)_random.Next(int.MinValue, int.MaxValue),
        _ => 0x40_0000UL | (ulong)_random.Next(0x10000),
    };

    private void Map(ulong address, ulong length, MemoryProtection protection) =>
        Assert.Equal(Errno.None, _space.Map(ref address, length, protection, MappingFlags.Fixed));

    private void Protect(ulong address, ulong length, MemoryProtection protection) => Assert.Equal(Errno.None, _space.Protect(address, length, protection));

    /// <summary>What happened, and for a host address that the guest would see, where.</summary>
    private sealed record Escape(string What, int Place = -1)
    {
        public bool IsSecret => Place >= 0;
    }
}
