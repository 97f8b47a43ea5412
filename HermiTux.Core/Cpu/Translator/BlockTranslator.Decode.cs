using HermiTux.Cpu.Interpreter.Decoding;
using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <content>Which instructions make up a block.</content>
internal sealed unsafe partial class BlockTranslator
{
    private bool Decode(ulong rip, CodeStore store, out VcpuExit fault)
    {
        _rip = rip;
        _end = rip;
        _count = 0;
        _blockEnd = BlockEnd.Continues;
        if (!_fetcher.TryFetch(rip, out int available, out fault))
        {
            return false;
        }

        ulong pageEnd = Page.Floor(rip) + Page.Size;
        int position = 0;
        bool extended = false;
        int branches = 0;
        while (_count < MaxInstructions)
        {
            ulong address = rip + (ulong)position;
            if (address >= pageEnd || (position + CodeFetcher.MaxInstructionLength > available && rip + (ulong)available < pageEnd))
            {
                break;
            }

            _fetcher.Reset(position, available);
            _decoder.IP = address;
            ref Instruction instruction = ref _instructions[_count];
            _decoder.Decode(out instruction);
            if (instruction.Code == Code.INVALID)
            {
                if (_decoder.LastError == DecoderError.NoMoreBytes && !extended && available - position < CodeFetcher.MaxInstructionLength)
                {
                    // The instruction reaches into the next page.
                    if (!_fetcher.TryFetchNextPage(pageEnd, ref available, out VcpuExit nextFault))
                    {
                        fault = nextFault;
                        return _count > 0;
                    }

                    extended = true;
                    continue;
                }

                _blockEnd = BlockEnd.Interprets;
                break;
            }

            InstructionClass kind = _support.IsSupported(instruction.Code) ? InstructionClassifier.Classify(instruction) : InstructionClass.Interpret;
            if (kind == InstructionClass.Interpret)
            {
                _end = address + (ulong)instruction.Length;
                _blockEnd = BlockEnd.Interprets;
                break;
            }

            _positions[_count] = position;
            _classes[_count] = kind;
            _count++;
            position += instruction.Length;
            _end = rip + (ulong)position;
            if (kind is InstructionClass.Jump or InstructionClass.IndirectJump or InstructionClass.Call or InstructionClass.IndirectCall
                or InstructionClass.Return or InstructionClass.Syscall)
            {
                _blockEnd = BlockEnd.Left;
                break;
            }

            if (kind is InstructionClass.ConditionalJump or InstructionClass.CountedJump && (++branches >= MaxBranches || store.Find(_end) != null))
            {
                break;
            }
        }

        fault = default;
        return true;
    }
}
