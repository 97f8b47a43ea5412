using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Memory;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Oracle;

/// <summary>What CPUID promises is what the engine does. These need no oracle.</summary>
public sealed unsafe class CpuidTests
{
    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void Cpuid_instruction_returns_what_the_model_says(string engineName)
    {
        using IVcpuEngine engine = OracleEngines.Create(engineName);
        using GuestCode guest = new(engine);
        uint[] leaves = [.. Enumerable.Range(0, 0x20).Select(i => (uint)i), .. Enumerable.Range(0, 0x22).Select(i => 0x8000_0000 + (uint)i), 0x4000_0000, 0x4000_0001, 0xFFFF_FFFF];
        foreach (uint leaf in leaves)
        {
            for (uint subleaf = 0; subleaf < 5; subleaf++)
            {
                guest.State->Reset();
                guest.State->Rax = 0xFFFF_FFFF_0000_0000 | leaf;
                guest.State->Rcx = 0xFFFF_FFFF_0000_0000 | subleaf;
                Assert.Equal(X86Exception.Breakpoint, guest.Run([0x0F, 0xA2]));
                CpuidResult expected = engine.Model.Query(leaf, subleaf);
                Assert.Equal((expected.Eax, expected.Ebx, expected.Ecx, expected.Edx), (guest.State->Rax, guest.State->Rbx, guest.State->Rcx, guest.State->Rdx));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Instructions_of_features_that_are_not_advertised_are_undefined(string engineName)
    {
        using IVcpuEngine engine = OracleEngines.Create(engineName);
        OracleEngines.SkipWithoutModel(engine);
        using GuestCode guest = new(engine);
        CpuFeatures features = CpuFeatures.Of(engine.Model);
        CaseGenerator generator = new();
        List<string> executed = [];
        foreach (CpuidFeature feature in CpuFeatures.Reportable.Where(feature => !features.Has(feature)))
        {
            foreach (Code code in Enum.GetValues<Code>().Where(code => code.CpuidFeatures().Contains(feature)))
            {
                if (code.ToOpCode() is not { IsInstruction: true, Mode64: true, Encoding: EncodingKind.Legacy or EncodingKind.VEX or EncodingKind.D3NOW } info ||
                    IsAlias(info.Mnemonic) || info.Mnemonic.ToString().StartsWith('K'))
                {
                    continue;
                }

                generator.Reset((ulong)code);
                Instruction instruction = generator.Create(code);
                byte[] bytes = generator.Encode(instruction, GuestCode.Address).ToArray();
                if (bytes.Length == 0)
                {
                    continue;
                }

                guest.State->Reset();
                for (int i = 0; i < 16; i++)
                {
                    guest.State->Gpr[i] = GuestCode.Address + 0x800;
                }

                X86Exception outcome = guest.Run(bytes);
                if (outcome != X86Exception.InvalidOpcode)
                {
                    executed.Add($"{code} {Convert.ToHexString(bytes)}: {outcome}");
                }
            }
        }

        Assert.True(executed.Count == 0, string.Join(Environment.NewLine, executed));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Evex_encoded_instructions_are_undefined_without_avx512(string engineName)
    {
        using IVcpuEngine engine = OracleEngines.Create(engineName);
        OracleEngines.SkipWithoutModel(engine);
        Assert.False(CpuFeatures.Of(engine.Model).Has(CpuidFeature.AVX512F));
        using GuestCode guest = new(engine);
        guest.State->Reset();
        Assert.Equal(X86Exception.InvalidOpcode, guest.Run([0x62, 0xF1, 0x7C, 0x48, 0x58, 0xC2]));
        Assert.Equal(GuestCode.Address, guest.State->Rip);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Model_advertises_x86_64_v3(string engineName)
    {
        using IVcpuEngine engine = OracleEngines.Create(engineName);
        OracleEngines.SkipWithoutModel(engine);
        CpuFeatures features = CpuFeatures.Of(engine.Model);
        CpuidFeature[] needed =
        [
            CpuidFeature.CMOV, CpuidFeature.CX8, CpuidFeature.FPU, CpuidFeature.FXSR, CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.CMPXCHG16B,
            CpuidFeature.POPCNT, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2, CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.BMI1,
            CpuidFeature.BMI2, CpuidFeature.F16C, CpuidFeature.FMA, CpuidFeature.LZCNT, CpuidFeature.MOVBE, CpuidFeature.XSAVE, CpuidFeature.SYSCALL,
        ];
        Assert.Equal([], needed.Where(feature => !features.Has(feature)));
        Assert.Equal(1u, engine.Model.Query(1, 0).Ecx >> 27 & 1);               // OSXSAVE
        Assert.Equal(1u, engine.Model.Query(0x8000_0001, 0).Ecx & 1);           // LAHF and SAHF
        Assert.Equal(7u, engine.Model.Xcr0);
        Assert.Equal((uint)engine.Model.XsaveSize, engine.Model.Query(13, 0).Ebx);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Xgetbv_and_the_time_stamp_counter_agree_with_the_model(string engineName)
    {
        using IVcpuEngine engine = OracleEngines.Create(engineName);
        using GuestCode guest = new(engine);
        guest.State->Reset();
        Assert.Equal(X86Exception.Breakpoint, guest.Run([0x0F, 0x01, 0xD0]));
        Assert.Equal(engine.Model.Xcr0, guest.State->Rax | guest.State->Rdx << 32);
        guest.State->Reset();
        guest.State->Rcx = 5;
        Assert.Equal(X86Exception.GeneralProtection, guest.Run([0x0F, 0x01, 0xD0]));

        guest.State->Reset();
        Assert.Equal(X86Exception.Breakpoint, guest.Run([0x0F, 0x31]));
        ulong first = guest.State->Rax | guest.State->Rdx << 32;
        Assert.Equal(X86Exception.Breakpoint, guest.Run([0x0F, 0x31]));
        Assert.True((guest.State->Rax | guest.State->Rdx << 32) >= first);
    }

    /// <summary>Encodings that older CPUs execute as something else: no-operations, BSF and BSR.</summary>
    private static bool IsAlias(Mnemonic mnemonic) => mnemonic is Mnemonic.Prefetchw or Mnemonic.Prefetch or Mnemonic.Prefetchwt1 or Mnemonic.Tzcnt or Mnemonic.Lzcnt or
        Mnemonic.Xtest or Mnemonic.Xabort or Mnemonic.Xbegin or Mnemonic.Xend;

    /// <summary>A page of code in an engine.</summary>
    private sealed class GuestCode : IDisposable
    {
        public const ulong Address = 0x1000_0000;

        private readonly FrameTable _frames;
        private readonly AddressSpace _space;
        private readonly Vcpu _vcpu;

        public GuestCode(IVcpuEngine engine)
        {
            _frames = new FrameTable(MemoryModel.ForHost.CreateStore(1 << 20), 1 << 20);
            _space = new AddressSpace(_frames);
            ulong at = Address;
            Assert.Equal(Errno.None, _space.Map(ref at, Page.Size, MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute, MappingFlags.Fixed));
            _vcpu = engine.CreateVcpu(_space);
            State = CpuState.Allocate();
        }

        public CpuState* State { get; }

        /// <summary>Runs code that ends in int3 or an exception, and says in which.</summary>
        public X86Exception Run(ReadOnlySpan<byte> code)
        {
            Span<byte> buffer = stackalloc byte[32];
            buffer.Fill(0xCC);
            code.CopyTo(buffer);
            Assert.True(_space.TryWrite(Address, buffer));
            State->Rip = Address;
            VcpuExit exit = _vcpu.Run(State);
            Assert.Equal(VcpuExitReason.Exception, exit.Reason);
            return exit.Exception;
        }

        public void Dispose()
        {
            _vcpu.Dispose();
            _space.Clear();
            _frames.Dispose();
            CpuState.Free(State);
        }
    }
}
