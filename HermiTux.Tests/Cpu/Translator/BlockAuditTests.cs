using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Cpu.Translator;
using HermiTux.Memory;
using HermiTux.Tests.Cpu.Oracle;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>Every block that comes out of the translator is proven, whatever goes in.</summary>
/// <remarks>HERMITUX_AUDIT_CASES multiplies the random input.</remarks>
public sealed class BlockAuditTests
{
    private static readonly int s_factor = int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_AUDIT_CASES"), out int factor) ? factor : 1;

    public static TheoryData<string> Families => [.. InstructionForms.Families];

    public static TheoryData<string, int> Programs => new()
    {
        { "setjmp.c", 40 },
        { "setjmp.c", 32 },
        { "signals.c", 40 },
        { "longdouble.c", 32 },
        { "files.c", 40 },
        { "threads.c", 40 },
        { "threads.c", 32 },
        { "exceptions.cpp", 40 },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public unsafe void Blocks_of_every_instruction_form_are_proven(string family)
    {
        GuestRunner.SkipWithoutTranslator();
        var audit = new BlockAudit();
        using (var cpu = new EngineCpu(audit.Engine))
        using (CaseBatch batch = new(1024))
        {
            using var memory = new ImageBuffer(1024);
            CaseGenerator generator = new();
            foreach (Code code in InstructionForms.InFamily(CpuFeatures.Of(cpu.Model), family))
            {
                for (int i = 0; i < 8 * s_factor && CpuFeatures.Host.Has(code); i++)
                {
                    generator.TryAdd(batch, code, OracleRandom.Mix(InstructionTests.Seed, (ulong)code, (ulong)(i + 0x10000)));
                    if (batch.IsFull)
                    {
                        cpu.Run(batch, memory.Images);
                        batch.Clear();
                    }
                }
            }

            cpu.Run(batch, memory.Images);
        }

        audit.AssertAllProven();
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 32)]
    public void Blocks_of_random_bytes_are_proven(int seed, int windowBits)
    {
        var random = new Random(seed);
        AuditCode(buffer => random.NextBytes(buffer), seed, windowBits);
    }

    [Theory]
    [InlineData(3, 40)]
    [InlineData(4, 32)]
    public void Blocks_of_random_instructions_with_many_prefixes_and_short_branches_are_proven(int seed, int windowBits)
    {
        byte[] prefixes = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x40, 0x41, 0x44, 0x48, 0x49, 0x4C, 0x4D, 0x4F];
        byte[] opcodes = [0x01, 0x03, 0x29, 0x2B, 0x31, 0x83, 0x81, 0x85, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8D, 0xA4, 0xA5, 0xA6, 0xAA, 0xAB, 0xAE, 0xC7, 0xD7, 0xD9, 0xDD, 0x9B, 0xFF,
            0x50, 0x54, 0x58, 0x5C, 0xC9, 0x99, 0x98, 0x63, 0xF7, 0xD1, 0x94, 0x0F];
        byte[] second = [0x10, 0x11, 0x1F, 0x28, 0x44, 0x6F, 0x7F, 0xAF, 0xB0, 0xB1, 0xB6, 0xB7, 0xBE, 0xBF, 0xC0, 0xC1, 0xC7, 0xC8, 0xF7, 0xBC, 0xBD, 0xA3, 0xBA];
        var random = new Random(seed);
        AuditCode(buffer =>
        {
            for (int i = 0; i + 24 < buffer.Length;)
            {
                for (int n = random.Next(4) == 0 ? random.Next(4) : random.Next(2); n > 0; n--)
                {
                    buffer[i++] = prefixes[random.Next(prefixes.Length)];
                }

                if (random.Next(9) == 0)
                {
                    // A short branch, mostly backwards: loops.
                    buffer[i++] = (byte)(random.Next(6) == 0 ? 0xEB : random.Next(8) == 0 ? 0xE2 : 0x70 + random.Next(16));
                    buffer[i++] = (byte)random.Next(-60, 20);
                    continue;
                }

                byte opcode = opcodes[random.Next(opcodes.Length)];
                buffer[i++] = opcode;
                if (opcode == 0x0F)
                {
                    buffer[i++] = second[random.Next(second.Length)];
                }

                buffer[i++] = (byte)random.Next(256);
                for (int n = random.Next(6); n > 0; n--)
                {
                    buffer[i++] = (byte)(random.Next(3) == 0 ? 0 : random.Next(256));
                }
            }
        }, seed, windowBits);
    }

    [Theory]
    [InlineData(5, 40)]
    [InlineData(6, 32)]
    public void Blocks_of_mutated_code_of_a_real_program_are_proven(int seed, int windowBits)
    {
        byte[] program = File.ReadAllBytes(GuestCompiler.CompileSource("setjmp.c", Toolchain.GccStatic));
        var random = new Random(seed);
        AuditCode(buffer =>
        {
            program.AsSpan(0x2000 + random.Next(program.Length / 2), buffer.Length).CopyTo(buffer);
            for (int i = random.Next(buffer.Length / 8); i > 0; i--)
            {
                buffer[random.Next(buffer.Length)] = (byte)random.Next(256);
            }
        }, seed, windowBits);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Blocks_of_real_programs_are_proven(string source, int windowBits)
    {
        GuestRunner.SkipWithoutTranslator();
        var audit = new BlockAudit(windowBits);
        string program = GuestCompiler.CompileSource(source, source.EndsWith(".cpp", StringComparison.Ordinal) ? Toolchain.GxxStatic : Toolchain.GccStatic);
        var request = new ProgramRequest(program);
        ProgramRun run = await GuestRunner.RunAsync("translator", request, builder => builder.UseEngine(_ => audit.Engine));

        Assert.InRange(run.Status, 0, 255);
        audit.AssertAllProven();
        Assert.True(audit.Blocks > 500, $"only {audit.Blocks} blocks");
    }

    /// <summary>Translates from many places of generated bytes, as loops and not, and runs what comes of it.</summary>
    private static unsafe void AuditCode(Action<byte[]> fill, int seed, int windowBits)
    {
        GuestRunner.SkipWithoutTranslator();
        var audit = new BlockAudit(windowBits);
        using var frames = new FrameTable(MemoryModel.ForHost.CreateStore(16L << 20), 16L << 20);
        using var space = new SpaceOwner(frames, audit.Engine.DefaultMapWindow);
        const ulong Code = 0x1000_0000;
        const int Size = 0x4000;
        ulong at = Code;
        Assert.Equal(Errno.None, space.Space.Map(ref at, Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed));
        using Vcpu vcpu = audit.Engine.CreateVcpu(space.Space);
        TranslationCache cache = audit.Engine.CacheOf(space.Space)!;
        var random = new Random(seed + 1000);
        var bytes = new byte[Size];
        CpuState* state = CpuState.Allocate();
        try
        {
            for (int round = 0; round < 3 * s_factor; round++)
            {
                fill(bytes);
                Assert.True(space.Space.TryWrite(Code, bytes));
                for (int i = 0; i < 400; i++)
                {
                    cache.Get(Code + (ulong)random.Next(Size), backwards: i % 2 == 0, out _);
                }

                for (int i = 0; i < 100; i++)
                {
                    state->Reset();
                    state->Rip = Code + (ulong)random.Next(Size);
                    state->Rsp = Code + (ulong)random.Next(Size);
                    for (int r = 0; r < 16; r++)
                    {
                        state->Gpr[r] = r == 4 ? state->Rsp : random.Next(3) switch { 0 => Code + (ulong)random.Next(Size), 1 => (ulong)random.NextInt64(), _ => (ulong)random.Next(100) };
                    }

                    using var watchdog = new Timer(_ => vcpu.RequestExit(), null, 20, 20);
                    vcpu.Run(state);
                }

                audit.CheckLinked(space.Space);
            }
        }
        finally
        {
            CpuState.Free(state);
        }

        audit.AssertAllProven();
    }

    private sealed class SpaceOwner(FrameTable frames, ulong window) : IDisposable
    {
        public AddressSpace Space { get; } = new(frames) { DefaultMapWindow = window };

        public void Dispose() => Space.Clear();
    }

    private sealed unsafe class ImageBuffer(int count) : IDisposable
    {
        // SAFETY: freed by Dispose, exactly once.
        public CpuImage* Images { get; } = (CpuImage*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc((nuint)count * CpuImage.SizeInBytes, 64);

        public void Dispose() => System.Runtime.InteropServices.NativeMemory.AlignedFree(Images);
    }
}
