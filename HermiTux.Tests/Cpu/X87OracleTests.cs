using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Xunit;

namespace HermiTux.Tests.Cpu;

/// <summary>
/// Each x87, MMX and XSAVE instruction on seeded random and corner-case states, in the interpreter and on the real CPU.
/// Where processors differ (condition codes after unmasked exceptions, partial remainders, last bits of transcendental results)
/// the interpreter follows AMD's, so the comparison needs one.
/// </summary>
public sealed class X87OracleTests
{
    private const int RecordsPerForm = 400;
    private const int Seed = 20261123;

    [Fact]
    public void Arithmetic_gives_what_the_cpu_gives() => Compare(X87Forms.Arithmetic());

    [Fact]
    public void Compares_and_conditional_moves_give_what_the_cpu_gives() => Compare(X87Forms.Compares());

    [Fact]
    public void Loads_stores_and_conversions_give_what_the_cpu_gives() => Compare(X87Forms.Moves());

    [Fact]
    public void Control_instructions_give_what_the_cpu_gives() => Compare(X87Forms.Control());

    [Fact]
    public void Mmx_gives_what_the_cpu_gives() => Compare(X87Forms.Mmx());

    [Fact]
    public void State_images_are_what_the_cpu_writes_and_accepts() => Compare(X87Forms.StateImages());

    [Fact]
    public void Transcendental_functions_are_within_one_unit_in_the_last_place() => Compare(X87Forms.Transcendental(), lastPlaceMayDiffer: true);

    private static void Compare(IEnumerable<X87Form> forms, bool lastPlaceMayDiffer = false)
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Ecx != 0x444D_4163)
        {
            Assert.Skip("needs an AMD processor: corner cases follow AMD's");
        }

        var failures = new StringBuilder();
        foreach (X87Form form in forms)
        {
            CompareForm(form, lastPlaceMayDiffer, failures);
        }

        Assert.True(failures.Length == 0, failures.ToString());
    }

    private static void CompareForm(X87Form form, bool lastPlaceMayDiffer, StringBuilder failures)
    {
        var generator = new X87StateGenerator(Seed);
        var records = new List<X87Record>();
        for (int i = 0; i < RecordsPerForm; i++)
        {
            records.Add(Generate(form, generator, i));
        }

        List<X87Record> native = X87Oracle.Run(records);
        using var guest = new X87Guest(form.Codes);
        int different = 0;
        for (int i = 0; i < records.Count; i++)
        {
            uint mask = BinaryPrimitives.ReadUInt32LittleEndian(native[i].State[28..]);
            X87Record mine = guest.Run(records[i], i % form.Codes.Length, mask);
            string difference = Difference(mine, native[i], ref different, lastPlaceMayDiffer);
            if (difference.Length != 0)
            {
                X87Record r = records[i];
                failures.AppendLine($"{form.Name}, seed {Seed}, record {i}, code {Convert.ToHexString(r.Code)}, FCW {r.Fcw:X4}, FSW {r.Fsw:X4}, FTW {r.Ftw:X2}, ST0 {r.St(0)}, ST1 {r.St(1)}, memory {Convert.ToHexString(r.Memory.Slice(8, 10))}: interpreter/CPU{difference}");
                break;
            }
        }

        if (different > records.Count / 8)
        {
            failures.AppendLine($"{form.Name}: {different} of {records.Count} results differ in the last place");
        }
    }

    private static X87Record Generate(X87Form form, X87StateGenerator generator, int index)
    {
        X87Record record = generator.State();
        record.SetCode(form.Codes[index % form.Codes.Length]);
        for (int offset = 8; form.OperandSize != 0 && offset <= 24; offset += 8)
        {
            generator.Operand(record, offset, form.OperandSize);
        }

        if (form.Name.StartsWith("frstor", StringComparison.Ordinal))
        {
            // A plausible environment: FCW and FSW of another state.
            X87Record other = generator.State();
            int stride = form.Name.Contains("16", StringComparison.Ordinal) ? 2 : 4;
            other.State[..2].CopyTo(record.Memory[8..]);
            other.State.Slice(2, 2).CopyTo(record.Memory[(8 + stride)..]);
        }

        if (form.Name.StartsWith("fxrstor", StringComparison.Ordinal) || form.Name.StartsWith("xrstor", StringComparison.Ordinal))
        {
            generator.State().State.CopyTo(record.Memory);
            if (generator.Next(8) == 0)
            {
                record.Memory[26 + generator.Next(2)] = (byte)generator.Next(256);
            }
        }

        if (form.Name.StartsWith('x'))
        {
            SetUpXsave(form, record, generator, index);
        }

        return record;
    }

    private static void SetUpXsave(X87Form form, X87Record record, X87StateGenerator generator, int index)
    {
        Span<byte> header = record.Memory.Slice(512, 64);
        if (form.Name.StartsWith("xrstor", StringComparison.Ordinal))
        {
            header.Clear();
            header[0] = (byte)generator.Next(8);
            if (generator.Next(2) == 0)
            {
                header[15] = 0x80;
                header[8] = (byte)(generator.Next(3) == 0 ? generator.Next(8) : header[0] | generator.Next(8));
            }

            if (generator.Next(10) == 0)
            {
                header[generator.Next(64)] = (byte)generator.Next(256);
            }
        }

        record.Rdx = 0;
        record.Rax = (ulong)generator.Next(16);
        record.Mxcsr = generator.Next(3) == 0 ? 0x1F80 : record.Mxcsr;
        if (generator.Next(4) == 0)
        {
            record.State.Slice(160, 256).Clear();
        }

        if (generator.Next(4) != 0)
        {
            new Random(index).NextBytes(record.State[576..]);
        }

        if (generator.Next(4) == 0)
        {
            // The initial x87 state.
            uint mxcsr = record.Mxcsr;
            record.State[..24].Clear();
            record.State.Slice(32, 128).Clear();
            record.Fcw = 0x37F;
            record.Mxcsr = mxcsr;
        }
    }

    private static string Difference(X87Record mine, X87Record native, ref int lastPlaces, bool lastPlaceMayDiffer)
    {
        const ulong StatusFlags = 0x8D5;
        const ushort C1 = 0x200;
        Simplify(mine, native);
        Simplify(native, mine);
        var text = new StringBuilder();
        Add(text, "exception", mine.Trap, native.Trap);
        Add(text, "FCW", mine.Fcw, native.Fcw);
        int ignored = lastPlaceMayDiffer ? C1 : 0;
        Add(text, "FSW", (ulong)(mine.Fsw & ~ignored), (ulong)(native.Fsw & ~ignored));
        Add(text, "FTW", mine.Ftw, native.Ftw);
        bool lastPlace = false;
        for (int i = 0; i < 8; i++)
        {
            if (mine.St(i) == native.St(i))
            {
                continue;
            }

            Int128 distance = Order(mine, i) - Order(native, i);
            if (lastPlaceMayDiffer && i < 2 && Int128.Abs(distance) <= 1)
            {
                lastPlace = true;
                continue;
            }

            text.Append($" ST{i} {mine.St(i)}/{native.St(i)}");
        }

        lastPlaces += lastPlace ? 1 : 0;
        for (int i = 6; i < X87Record.StateSize && text.Length < 300; i++)
        {
            if (i is (< 28 or >= 160) and (< 416 or >= 576))
            {
                Add(text, $"state[{i}]", mine.State[i], native.State[i]);
            }
        }

        Add(text, "RAX", mine.Rax, native.Rax);
        Add(text, "RDX", mine.Rdx, native.Rdx);
        Add(text, "RFLAGS", mine.Rflags & StatusFlags, native.Rflags & StatusFlags);
        for (int i = 0; i < X87Record.MemorySize && text.Length < 300; i++)
        {
            Add(text, $"memory[{i}]", mine.Memory[i], native.Memory[i]);
        }

        return text.ToString();
    }

    /// <summary>A register's value as an integer in which neighbours differ by one.</summary>
    private static Int128 Order(X87Record record, int i)
    {
        ReadOnlySpan<byte> register = record.State[(32 + (16 * i))..];
        ushort signExponent = BinaryPrimitives.ReadUInt16LittleEndian(register[8..]);
        ulong mantissa = BinaryPrimitives.ReadUInt64LittleEndian(register);
        Int128 magnitude = ((Int128)(signExponent & 0x7FFF) << 63) + (mantissa & long.MaxValue);
        return (signExponent & 0x8000) != 0 ? -magnitude : magnitude;
    }

    /// <summary>Makes pointers relative; the last-instruction pointers mean something only while an exception is pending.</summary>
    private static void Simplify(X87Record record, X87Record other)
    {
        record.Normalise();
        if ((record.Fsw & 0x80) == 0 || (other.Fsw & 0x80) == 0)
        {
            record.State[6..24].Clear();
        }
    }

    private static void Add(StringBuilder text, string name, ulong mine, ulong native)
    {
        if (mine != native)
        {
            text.Append($" {name} {mine:X}/{native:X}");
        }
    }
}
