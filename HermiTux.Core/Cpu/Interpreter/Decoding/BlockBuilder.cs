using System.Runtime.InteropServices;
using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Decoding;

/// <summary>
/// Decodes one block of guest code into ops. Each vCPU has its own.
/// </summary>
/// <remarks>
/// A block runs on through conditional branches (not taken means the next op) and ends at other transfers of control, at the end of the page it
/// started on, or at <see cref="MaxInstructions"/>. Only the last instruction may reach into the next page. Bytes are copied
/// before they are decoded, and after the page was marked as code, so that a change while decoding is noticed.
/// </remarks>
internal sealed unsafe class BlockBuilder : IDisposable
{
    /// <summary>Instructions in a block at most.</summary>
    public const int MaxInstructions = 64;

    private const int MaxInstructionLength = 15;
    private const int BufferSize = 1024;

    private readonly AddressSpace _space;
    private readonly CodeSupport _support;
    private readonly Op* _ops;
    private readonly BufferReader _reader = new();
    private readonly Decoder _decoder;

    public BlockBuilder(AddressSpace space, CpuModel model)
    {
        _space = space;
        _support = new CodeSupport(model);
        _decoder = Decoder.Create(64, _reader, DecoderOptions.None);

        // SAFETY: room for the longest block and the op that continues elsewhere; freed in Dispose.
        _ops = (Op*)NativeMemory.AlignedAlloc((MaxInstructions + 1) * (nuint)sizeof(Op), 64);
    }

    /// <summary>Ops in the block just built.</summary>
    public int OpCount { get; private set; }

    /// <summary>First code byte of the block.</summary>
    public ulong Start { get; private set; }

    /// <summary>Address after the last code byte of the block.</summary>
    public ulong End { get; private set; }

    /// <summary>Decodes from <paramref name="rip"/>. False with the page fault (or #GP) when not even the first byte can be fetched.</summary>
    /// <param name="rip">Guest address.</param>
    /// <param name="limit">Instructions at most.</param>
    /// <param name="ops">The ops, valid until the next call.</param>
    /// <param name="fault">What the first instruction raises.</param>
    public bool Build(ulong rip, int limit, out Op* ops, out VcpuExit fault)
    {
        ops = _ops;
        Start = rip;
        OpCount = 0;
        if (!Fetch(rip, out int available, out fault))
        {
            return false;
        }

        ulong pageEnd = Page.Floor(rip) + Page.Size;
        int position = 0;
        bool open = true;
        while (open)
        {
            ulong address = rip + (ulong)position;
            if (OpCount == limit || address >= pageEnd || (position + MaxInstructionLength > available && rip + (ulong)available < pageEnd))
            {
                break;
            }

            Instruction instruction = Decode(address, position, available);
            if (instruction.Code == Code.INVALID)
            {
                int left = available - position;
                if (_decoder.LastError == DecoderError.NoMoreBytes && left < MaxInstructionLength)
                {
                    // The instruction reaches into the next page.
                    if (!FetchNextPage(pageEnd, ref available, out VcpuExit nextFault))
                    {
                        if (OpCount == 0)
                        {
                            fault = nextFault;
                            return false;
                        }

                        break;
                    }

                    if (available > position + left)
                    {
                        continue;
                    }
                }

                AddInvalid(address, position, available);
                position++;
                open = false;
                break;
            }

            Op* op = _ops + OpCount;
            OpTranslator.Translate(instruction, _support, op);
            OpCount++;
            position += instruction.Length;
            if ((nint)op->Handler == ControlFlow.UndefinedPointer)
            {
                open = false;
            }
            else
            {
                open = instruction.FlowControl is FlowControl.Next or FlowControl.ConditionalBranch && !IsBarrier(instruction.Code);
            }

            if (!open || instruction.FlowControl == FlowControl.ConditionalBranch)
            {
                op->Flags |= OpFlags.Counted;
                op->Aux = (uint)OpCount;
            }
        }

        End = rip + (ulong)position;
        if (open)
        {
            AddContinue(End);
        }

        return true;
    }

    public void Dispose() => NativeMemory.AlignedFree(_ops);

    /// <summary>Instructions after which the block can't simply go on because they may return to the run loop.</summary>
    private static bool IsBarrier(Code code) => code is Code.Popfq or Code.Popfw;

    private Instruction Decode(ulong address, int position, int available)
    {
        _reader.Reset(position, available);
        _decoder.IP = address;
        _decoder.Decode(out Instruction instruction);
        return instruction;
    }

    private void AddInvalid(ulong address, int position, int available)
    {
        int left = available - position;
        bool tooLong = _decoder.LastError == DecoderError.NoMoreBytes && left >= MaxInstructionLength;
        Op* op = _ops + OpCount++;
        *op = default;
        op->Handler = tooLong || IsTooLong(address, position, available) ? &ControlFlow.TooLong : &ControlFlow.Undefined;
        op->NextRip = address;
        op->Flags = OpFlags.Counted;
        op->Aux = (uint)OpCount;
    }

    /// <summary>Whether the bytes would be an instruction if there were fewer prefixes: then the length is what is wrong with it.</summary>
    private bool IsTooLong(ulong address, int position, int available)
    {
        if (available - position < MaxInstructionLength)
        {
            return false;
        }

        int prefixes = _reader.PrefixCount(position, MaxInstructionLength);
        for (int skipped = 1; skipped <= prefixes; skipped++)
        {
            if (skipped == MaxInstructionLength)
            {
                return true;
            }

            Instruction instruction = Decode(address + (ulong)skipped, position + skipped, available);
            if (instruction.Code != Code.INVALID && skipped + instruction.Length > MaxInstructionLength)
            {
                return true;
            }
        }

        return false;
    }

    private void AddContinue(ulong target)
    {
        Op* op = _ops + OpCount++;
        *op = default;
        op->Handler = &ControlFlow.Jump;
        op->NextRip = target;
        op->Immediate = (long)target;
        op->Flags = OpFlags.Counted | OpFlags.Synthetic;
        op->Aux = (uint)(OpCount - 1);
    }

    private bool Fetch(ulong rip, out int available, out VcpuExit fault)
    {
        available = 0;
        if (!InterpreterVcpu.IsCanonical(rip))
        {
            fault = VcpuExit.Raise(X86Exception.GeneralProtection);
            return false;
        }

        if (!_space.TryTranslate(rip, MemoryAccess.Execute, out _, out MemoryFault memoryFault))
        {
            fault = FetchFault(memoryFault);
            return false;
        }

        _space.MarkCode(Page.Floor(rip));

        // Translated again: the first answer may be a frame that was replaced before the page was marked.
        if (!_space.TryTranslate(rip, MemoryAccess.Execute, out byte* pointer, out memoryFault))
        {
            fault = FetchFault(memoryFault);
            return false;
        }

        available = (int)Math.Min(Page.Size - (rip & Page.OffsetMask), BufferSize - MaxInstructionLength);

        // SAFETY: the pointer is good to the end of its page.
        new ReadOnlySpan<byte>(pointer, available).CopyTo(_reader.Buffer);
        fault = default;
        return true;
    }

    private bool FetchNextPage(ulong page, ref int available, out VcpuExit fault)
    {
        if (!_space.TryTranslate(page, MemoryAccess.Execute, out _, out MemoryFault memoryFault))
        {
            fault = FetchFault(memoryFault);
            return false;
        }

        _space.MarkCode(page);
        if (!_space.TryTranslate(page, MemoryAccess.Execute, out byte* pointer, out memoryFault))
        {
            fault = FetchFault(memoryFault);
            return false;
        }

        // SAFETY: the pointer is good for the whole page.
        new ReadOnlySpan<byte>(pointer, MaxInstructionLength).CopyTo(_reader.Buffer.AsSpan(available));
        available += MaxInstructionLength;
        fault = default;
        return true;
    }

    private static VcpuExit FetchFault(MemoryFault fault) =>
        VcpuExit.PageFault(fault.Kind == MemoryFaultKind.NonCanonical ? fault with { Kind = MemoryFaultKind.NotMapped } : fault);

    /// <summary>Feeds Iced from a part of a buffer.</summary>
    private sealed class BufferReader : CodeReader
    {
        private int _position;
        private int _end;

        public byte[] Buffer { get; } = new byte[BufferSize + MaxInstructionLength];

        public void Reset(int position, int end)
        {
            _position = position;
            _end = end;
        }

        public override int ReadByte() => _position < _end ? Buffer[_position++] : -1;

        /// <summary>Legacy and REX prefixes from a position on.</summary>
        public int PrefixCount(int start, int limit)
        {
            int count = 0;
            while (count < limit && Buffer[start + count] is 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3 or (>= 0x40 and <= 0x4F))
            {
                count++;
            }

            return count;
        }
    }
}
