using System.Globalization;
using HermiTux.Cpu.Translator;
using HermiTux.Tests.Harness;
using HermiTux.Tests.Programs;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator.Sabotage;

/// <summary>
/// A verifier that accepts everything proves nothing. Finished blocks of real programs are damaged, and what lets the guest out of its window must be
/// refused, whichever damage it is.
/// </summary>
/// <remarks>HERMITUX_SABOTAGE_CASES multiplies the blocks.</remarks>
public sealed class SabotageTests
{
    private const int Attempts = 24;
    private static readonly int s_factor = int.TryParse(Environment.GetEnvironmentVariable("HERMITUX_SABOTAGE_CASES"), out int factor) ? factor : 1;

    /// <summary>Damages that no block survives.</summary>
    private static readonly HashSet<Damage> s_fatal = [Damage.DropSegment, Damage.OtherSegment, Damage.MoveProbe, Damage.ToStackPointer];

    /// <summary>Damages that the guard zones take, and those of numbers that are the guest's own business, mostly.</summary>
    private static readonly HashSet<Damage> s_covered = [Damage.Displacement, Damage.Immediate];

    [Theory]
    [InlineData("setjmp.c", 40)]
    [InlineData("longdouble.c", 32)]
    [InlineData("exceptions.cpp", 40)]
    [InlineData("threads.c", 32)]
    public async Task Damage_that_lets_the_guest_out_is_refused(string source, int windowBits)
    {
        GuestRunner.SkipWithoutTranslator();
        List<GeneratedCode> blocks = await CollectAsync(source, windowBits);
        var random = new Random(1);
        var counts = new SortedDictionary<Damage, (int All, int Refused, int Escapes)>();
        var wrong = new List<string>();
        var mutator = new CodeMutator(random);
        foreach (GeneratedCode block in Choose(blocks, random, 10 * s_factor))
        {
            Assert.Null(CodeVerifier.Verify(block));
            using var hunter = new EscapeHunter(block, random.Next());
            Assert.Null(hunter.Hunt(block.Bytes, 4 * Attempts));
            foreach ((Damage damage, string where, GeneratedCode damaged) in mutator.Mutate(block, 60))
            {
                bool refused = CodeVerifier.Verify(damaged) != null;

                // What is refused anyhow is looked at until it is seen that such damage does matter, and now and then.
                (int all, int refusals, int escapes) = counts.GetValueOrDefault(damage);
                string? escape = refused && escapes > 0 && random.Next(16) != 0 ? null : hunter.Hunt(damaged.Bytes, Attempts);
                counts[damage] = (all + 1, refusals + (refused ? 1 : 0), escapes + (escape != null ? 1 : 0));
                if (!refused && (escape != null || s_fatal.Contains(damage)))
                {
                    wrong.Add($"{damage} of {where}: {escape ?? "accepted"}\n{Convert.ToHexString(damaged.Bytes)}");
                }
            }
        }

        foreach ((Damage damage, (int all, int refused, int escapes)) in counts)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{damage,-16} {all,6} damaged, {refused,6} refused, {escapes,5} seen to escape"));
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} damages are accepted that let the guest out:\n{string.Join('\n', wrong.Take(12))}");
        Assert.All(counts, count => Assert.True(count.Value.Refused > 0 || s_covered.Contains(count.Key), $"no {count.Key} is refused"));
        Assert.All([Damage.DropSegment, Damage.ToStackPointer, Damage.BranchTarget, Damage.DropInstruction, Damage.Bit], damage => Assert.True(counts[damage].Escapes > 0, $"no {damage} is seen to escape"));
    }

    [Fact]
    public async Task An_interruption_that_may_be_taken_while_a_register_is_borrowed_is_refused()
    {
        GuestRunner.SkipWithoutTranslator();
        int tried = 0;
        foreach (GeneratedCode block in await CollectAsync("setjmp.c", 40))
        {
            List<(int Offset, Iced.Intel.Instruction Instruction)> all = CodeMutator.Decode(block);
            for (int i = 1; i < all.Count; i++)
            {
                // RDI is a host address from the LEA before a string instruction to the one after it.
                (int offset, Iced.Intel.Instruction instruction) = all[i];
                if (!instruction.IsStringInstruction || all[i - 1].Instruction.Mnemonic != Iced.Intel.Mnemonic.Lea)
                {
                    continue;
                }

                tried++;
                Assert.NotNull(CodeVerifier.Verify(block with { Boundaries = new HashSet<int>(block.Boundaries) { all[i + 1].Offset } }));
                if (!instruction.HasRepPrefix && !instruction.HasRepnePrefix)
                {
                    Assert.NotNull(CodeVerifier.Verify(block with { Boundaries = new HashSet<int>(block.Boundaries) { offset } }));
                }
            }
        }

        Assert.True(tried > 0, "no string instruction was translated");
    }

    private static async Task<List<GeneratedCode>> CollectAsync(string source, int windowBits)
    {
        var blocks = new List<GeneratedCode>();
        void Collect(TranslationCache cache, TranslatedBlock block)
        {
            lock (blocks)
            {
                blocks.Add(BlockAudit.CodeOf(cache, block, static _ => false));
            }
        }

        string program = GuestCompiler.CompileSource(source, source.EndsWith(".cpp", StringComparison.Ordinal) ? Toolchain.GxxStatic : Toolchain.GccStatic);
        await GuestRunner.RunAsync("translator", new ProgramRequest(program), builder => builder.UseEngine(_ => windowBits == WindowReservation.SmallBits
            ? new TranslatorEngine { Observer = Collect, SharesTranslations = false, DefaultMapWindow = 1UL << windowBits }
            : new TranslatorEngine { Observer = Collect, SharesTranslations = false }));
        return blocks;
    }

    private static IEnumerable<GeneratedCode> Choose(List<GeneratedCode> blocks, Random random, int count)
    {
        GeneratedCode[] all = [.. blocks.Where(block => block.Bytes.Length < 1500)];
        random.Shuffle(all);
        return all.Take(count);
    }
}
