namespace HermiTux.Tests.Cpu.Translator;

/// <summary>A sum of unknowns with factors and a constant, modulo 2^64: what <see cref="CodeVerifier"/> knows a register to hold.</summary>
internal sealed class LinearValue : IEquatable<LinearValue>
{
    private readonly (int Unknown, int Factor)[] _terms;
    private readonly string _key;

    private LinearValue((int Unknown, int Factor)[] terms, long constant)
    {
        _terms = terms;
        Constant = constant;
        _key = string.Join('+', terms);
    }

    public long Constant { get; }

    public IReadOnlyList<(int Unknown, int Factor)> Terms => _terms;

    /// <summary>Identifies the sum without its constant.</summary>
    public string Key => _key;

    /// <summary>The unknown when that is all but for the constant, or -1.</summary>
    public int Single => _terms.Length == 1 && _terms[0].Factor == 1 ? _terms[0].Unknown : -1;

    public static LinearValue Of(int unknown, long constant = 0) => new([(unknown, 1)], constant);

    public static LinearValue Number(long constant) => new([], constant);

    public bool Contains(int unknown) => _terms.Any(term => term.Unknown == unknown);

    public LinearValue Plus(long constant) => constant == 0 ? this : new LinearValue(_terms, unchecked(Constant + constant));

    public LinearValue Plus(LinearValue other, int factor = 1)
    {
        var sum = new SortedDictionary<int, int>();
        foreach ((int unknown, int itsFactor) in _terms)
        {
            sum[unknown] = itsFactor;
        }

        foreach ((int unknown, int itsFactor) in other._terms)
        {
            sum[unknown] = sum.GetValueOrDefault(unknown) + (itsFactor * factor);
        }

        return new LinearValue([.. sum.Where(term => term.Value != 0).Select(term => (term.Key, term.Value))], unchecked(Constant + (other.Constant * factor)));
    }

    public bool Equals(LinearValue? other) => other != null && other.Constant == Constant && other._key == _key;

    public override bool Equals(object? obj) => Equals(obj as LinearValue);

    public override int GetHashCode() => HashCode.Combine(_key, Constant);

    public override string ToString() => $"{_key}+{Constant:x}";
}

/// <summary>Signed bounds, both included.</summary>
internal readonly record struct Bounds(long Low, long High)
{
    /// <summary>Further than this from zero, nothing is known.</summary>
    private const long Limit = 1L << 46;

    public bool IsUseful => Low > -Limit && High < Limit;

    public Bounds Plus(long constant) => constant is <= -Limit or >= Limit ? new Bounds(-Limit, Limit) : new Bounds(Low + constant, High + constant);

    public Bounds Times(int factor) => factor >= 0 ? new Bounds(Low * factor, High * factor) : new Bounds(High * factor, Low * factor);

    public Bounds Plus(Bounds other) => new(Low + other.Low, High + other.High);

    public Bounds Union(Bounds other) => new(Math.Min(Low, other.Low), Math.Max(High, other.High));

    public Bounds Meet(Bounds other) => new(Math.Max(Low, other.Low), Math.Min(High, other.High));

    public bool IsIn(Bounds other) => Low >= other.Low && High <= other.High;
}
