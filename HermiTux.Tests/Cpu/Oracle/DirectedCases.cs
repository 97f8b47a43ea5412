using HermiTux.Cpu;
using Iced.Intel;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>Test cases written by hand: some code, a state with recognisable values, and the real CPU says what comes out.</summary>
internal sealed unsafe class DirectedCases : IDisposable
{
    /// <summary>Changes the initial state of a case.</summary>
    public delegate void Setup(ref CpuImage image);

    /// <summary>Where RSP points in every case unless it says otherwise.</summary>
    public const ulong Stack = OracleMemory.DataBase + 0x1200;

    /// <summary>An address in the middle of the data.</summary>
    public const ulong Data = OracleMemory.DataBase + 0x0E00;

    private readonly IVcpuEngine _engine;
    private readonly InstructionOracle _oracle;
    private readonly CaseBatch _batch;
    private ulong _number;

    /// <summary>Starts with no cases.</summary>
    /// <param name="engineName">The engine to compare with the real CPU.</param>
    /// <param name="slotSize">Bytes of code that a case may have.</param>
    public DirectedCases(string engineName, int slotSize = 128)
    {
        _engine = OracleEngines.Create(engineName);
        _oracle = new InstructionOracle(_engine);
        _batch = new CaseBatch(2048, slotSize);
    }

    /// <summary>Where the next case's code will be.</summary>
    public ulong NextAddress => _batch.NextAddress;

    /// <summary>Adds code as bytes.</summary>
    public void Add(ReadOnlySpan<byte> code, Setup? setup = null, ulong ignoredFlags = 0) => Add(code, default(Instruction), setup, ignoredFlags);

    /// <summary>Adds one instruction; what the manual leaves undefined of its results isn't compared.</summary>
    public void Add(in Instruction instruction, Setup? setup = null)
    {
        using MemoryStream stream = new();
        Encoder encoder = Encoder.Create(64, new StreamCodeWriter(stream));
        encoder.Encode(instruction, _batch.NextAddress);
        byte[] code = stream.ToArray();
        Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(code), _batch.NextAddress);
        Add(code, decoder.Decode(), setup, 0);
    }

    /// <summary>Adds assembled code.</summary>
    public void Add(Action<Assembler> assemble, Setup? setup = null, ulong ignoredFlags = 0)
    {
        Assembler assembler = new(64);
        assemble(assembler);
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), _batch.NextAddress);
        Add(stream.ToArray(), setup, ignoredFlags);
    }

    /// <summary>Runs what was added and fails on any difference.</summary>
    public void Check()
    {
        _oracle.Check(_batch);
        _oracle.AssertNoDifferences();
        Xunit.Assert.NotEqual(0, _oracle.Cases);
    }

    public void Dispose()
    {
        _batch.Dispose();
        _oracle.Dispose();
        _engine.Dispose();
    }

    private void Add(ReadOnlySpan<byte> code, in Instruction instruction, Setup? setup, ulong ignoredFlags)
    {
        CpuImage image = default;
        for (int i = 0; i < 16; i++)
        {
            image.Gpr[i] = 0x1111_1111_1111_1111 * (ulong)i;
        }

        image.Gpr[4] = Stack;
        image.Mxcsr = 0x1F80;
        image.Fcw = 0x37F;
        image.XstateBv = 7;
        for (int i = 0; i < 256; i++)
        {
            image.Xsave[CpuImage.XmmOffset(0) + i] = (byte)i;
            image.Xsave[CpuImage.YmmHighOffset(0) + i] = (byte)~i;
        }

        image.Window = OracleMemory.DataBase + 0x0C00;
        setup?.Invoke(ref image);
        OracleMemory.Background.AsSpan((int)(image.Window - OracleMemory.DataBase), CpuImage.WindowSize).CopyTo(new Span<byte>(System.Runtime.CompilerServices.Unsafe.AsPointer(ref image.Memory[0]), CpuImage.WindowSize));
        _batch.Add(code, image, new CaseInfo(instruction, _number++, ignoredFlags));
        if (_batch.IsFull)
        {
            _oracle.Check(_batch);
        }
    }
}
