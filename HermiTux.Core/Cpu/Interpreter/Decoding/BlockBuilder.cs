using System.Runtime.InteropServices;
using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Decoding;

/// <summary>
/// Decodes one block of guest code into ops. Each vCPU has its own.
/// </summary>
/// <remarks>
/// A block runs on through conditional branches (not taken means the next op) and ends at other transfers of control, at the end of the page it
/// started on, or at <see cref="MaxInstructions"/>. Only the last instruction may reach into the next page.
/// </remarks>
internal sealed unsafe class BlockBuilder : IDisposable
{
    /// <summary>Instructions in a block at most.</summary>
    public const int MaxInstructions = 64;

    private const int MaxInstructionLength = CodeFetcher.MaxInstructionLength;

    private readonly CodeSupport _support;
    private readonly Op* _ops;
    private readonly CodeFetcher _reader;
    private readonly Decoder _decoder;

    public BlockBuilder(AddressSpace space, CpuModel model)
    {
        _reader = new CodeFetcher(space);
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
        if (!_reader.TryFetch(rip, out int available, out fault))
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
                    if (!_reader.TryFetchNextPage(pageEnd, ref available, out VcpuExit nextFault))
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
}
