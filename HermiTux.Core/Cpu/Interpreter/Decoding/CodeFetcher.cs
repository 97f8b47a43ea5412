using System.Diagnostics.CodeAnalysis;
using HermiTux.Memory;
using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Decoding;

/// <summary>
/// Fetches guest code for a decoder. Bytes are copied before they are decoded, and after their page was marked as code, so that a
/// change while decoding is noticed.
/// </summary>
internal sealed unsafe class CodeFetcher : CodeReader
{
    /// <summary>The longest instruction (Intel SDM vol. 2, 2.3.11).</summary>
    public const int MaxInstructionLength = 15;

    private const int BufferSize = 1024;

    private readonly AddressSpace _space;
    private byte[]? _filePage;
    private ulong _fileAddress = ulong.MaxValue;
    private readonly byte[] _buffer = new byte[BufferSize + MaxInstructionLength];
    private int _position;
    private int _end;

    public CodeFetcher(AddressSpace space)
    {
        _space = space;
    }

    /// <summary>The file to read code from instead of the guest's memory, where it is mapped; nothing is marked then, and what isn't like that any more isn't fetched.</summary>
    public FileCode? File
    {
        get;
        set
        {
            field = value;
            _fileAddress = ulong.MaxValue;
        }
    }

    /// <summary>What was fetched.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer;

    /// <summary>Where the decoder is to read next, as an offset in what was fetched.</summary>
    public void Reset(int position, int end)
    {
        _position = position;
        _end = end;
    }

    /// <inheritdoc/>
    public override int ReadByte() => _position < _end ? _buffer[_position++] : -1;

    /// <summary>Fetches from an address to the end of its page at most.</summary>
    /// <param name="rip">Guest address.</param>
    /// <param name="available">Bytes fetched.</param>
    /// <param name="fault">What the fetch raises, when the result is false.</param>
    public bool TryFetch(ulong rip, out int available, out VcpuExit fault)
    {
        available = 0;
        if (!InterpreterVcpu.IsCanonical(rip))
        {
            fault = VcpuExit.Raise(X86Exception.GeneralProtection);
            return false;
        }

        if (File is { } file)
        {
            fault = default;
            if (!TryReadFile(Page.Floor(rip), file))
            {
                return false;
            }

            int offset = (int)(rip & Page.OffsetMask);
            available = Math.Min(Page.Size - offset, BufferSize - MaxInstructionLength);
            _filePage.AsSpan(offset, available).CopyTo(_buffer);
            return true;
        }

        if (!TryTranslate(rip, out byte* pointer, out fault))
        {
            return false;
        }

        available = (int)Math.Min(Page.Size - (rip & Page.OffsetMask), BufferSize - MaxInstructionLength);

        // SAFETY: the pointer is good to the end of its page.
        new ReadOnlySpan<byte>(pointer, available).CopyTo(_buffer);
        return true;
    }

    /// <summary>Appends the start of the following page, enough for an instruction that reaches into it.</summary>
    public bool TryFetchNextPage(ulong page, ref int available, out VcpuExit fault)
    {
        if (File is { } file)
        {
            fault = default;
            if (!TryReadFile(page, file))
            {
                return false;
            }

            _filePage.AsSpan(0, MaxInstructionLength).CopyTo(_buffer.AsSpan(available));
            available += MaxInstructionLength;
            return true;
        }

        if (!TryTranslate(page, out byte* pointer, out fault))
        {
            return false;
        }

        // SAFETY: the pointer is good for the whole page.
        new ReadOnlySpan<byte>(pointer, MaxInstructionLength).CopyTo(_buffer.AsSpan(available));
        available += MaxInstructionLength;
        return true;
    }

    /// <summary>Legacy and REX prefixes from a position on.</summary>
    public int PrefixCount(int start, int limit)
    {
        int count = 0;
        while (count < limit && _buffer[start + count] is 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3 or (>= 0x40 and <= 0x4F))
        {
            count++;
        }

        return count;
    }

    [MemberNotNullWhen(true, nameof(_filePage))]
    private bool TryReadFile(ulong page, in FileCode file)
    {
        _filePage ??= new byte[Page.Size];
        if (_fileAddress != page)
        {
            _fileAddress = ulong.MaxValue;
            if (!_space.TryReadFileCode(page, file, _filePage))
            {
                return false;
            }

            _fileAddress = page;
        }

        return true;
    }

    private bool TryTranslate(ulong address, out byte* pointer, out VcpuExit fault)
    {
        fault = default;
        if (_space.TryTranslate(address, MemoryAccess.Execute, out pointer, out MemoryFault memoryFault))
        {
            _space.MarkCode(Page.Floor(address));

            // Translated again: the first answer may be a frame that was replaced before the page was marked.
            if (_space.TryTranslate(address, MemoryAccess.Execute, out pointer, out memoryFault))
            {
                return true;
            }
        }

        fault = VcpuExit.PageFault(memoryFault.Kind == MemoryFaultKind.NonCanonical ? memoryFault with { Kind = MemoryFaultKind.NotMapped } : memoryFault);
        return false;
    }
}
