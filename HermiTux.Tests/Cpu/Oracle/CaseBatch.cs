using System.Runtime.InteropServices;
using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>
/// Test cases that are run together: their code, each case in a slot of its own that is otherwise full of int3, and their initial states.
/// </summary>
internal sealed unsafe class CaseBatch : IDisposable
{
    /// <summary>Where in its slot the code of a case starts, so that short backward branches stay in the slot.</summary>
    public const int EntryOffset = 24;

    /// <summary>How many cases the native side takes at once.</summary>
    public const int MaxCases = 16384;

    private readonly byte[] _code;
    private readonly CaseInfo[] _infos;
    private readonly int _slotSize;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="capacity">How many cases it can hold.</param>
    /// <param name="slotSize">Bytes of code for each, with the int3 that end it.</param>
    public CaseBatch(int capacity, int slotSize = 64)
    {
        capacity = Math.Min(capacity, Math.Min(MaxCases, OracleMemory.CodeSize / slotSize));
        _slotSize = slotSize;
        _code = new byte[capacity * slotSize];
        _infos = new CaseInfo[capacity];
        // SAFETY: freed by Dispose; only elements below Count are ever read, after Add cleared them.
        Images = (CpuImage*)NativeMemory.AlignedAlloc((nuint)capacity * CpuImage.SizeInBytes, 64);
        Clear();
    }

    /// <summary>The initial states.</summary>
    public CpuImage* Images { get; }

    public int Count { get; private set; }

    public bool IsFull => Count == _infos.Length;

    public int CodeLength => Count * _slotSize;

    public ReadOnlySpan<byte> CodeBytes => _code.AsSpan(0, CodeLength);

    /// <summary>Where the next case's code will be.</summary>
    public ulong NextAddress => OracleMemory.CodeBase + (ulong)(Count * _slotSize + EntryOffset);

    /// <summary>Adds a case: code for <see cref="NextAddress"/>, and a state whose RIP this sets.</summary>
    public void Add(ReadOnlySpan<byte> code, in CpuImage image, in CaseInfo info)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code.Length, _slotSize - EntryOffset - 1);
        code.CopyTo(_code.AsSpan(Count * _slotSize + EntryOffset));
        Images[Count] = image;
        if (image.Rip == 0)
        {
            Images[Count].Rip = NextAddress;
        }

        _infos[Count] = info with { Length = code.Length };
        Count++;
    }

    public ref readonly CaseInfo Info(int index) => ref _infos[index];

    public ReadOnlySpan<byte> CodeOf(int index) => _code.AsSpan(index * _slotSize + EntryOffset, _infos[index].Length);

    /// <summary>Bytes and disassembly of a case.</summary>
    public string Describe(int index)
    {
        ReadOnlySpan<byte> code = CodeOf(index);
        ulong address = OracleMemory.CodeBase + (ulong)(index * _slotSize + EntryOffset);
        Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(code.ToArray()), address);
        NasmFormatter formatter = new();
        StringOutput output = new();
        string separator = "";
        while (decoder.IP < address + (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            output.Write(separator, FormatterTextKind.Text);
            formatter.Format(instruction, output);
            separator = "; ";
        }

        return $"{Convert.ToHexString(code)} {output.ToStringAndReset()}";
    }

    /// <summary>Empties the batch for reuse.</summary>
    public void Clear()
    {
        Count = 0;
        _code.AsSpan().Fill(0xCC);
    }

    public void Dispose() => NativeMemory.AlignedFree(Images);
}

/// <summary>What is known of a case besides its state and code.</summary>
/// <param name="Instruction">The instruction under test; default for a sequence.</param>
/// <param name="Seed">Reproduces the case with the generator.</param>
/// <param name="IgnoredFlags">Flags that a sequence leaves undefined.</param>
internal readonly record struct CaseInfo(Instruction Instruction, ulong Seed, ulong IgnoredFlags = 0)
{
    /// <summary>Bytes of code.</summary>
    public int Length { get; init; }
}
