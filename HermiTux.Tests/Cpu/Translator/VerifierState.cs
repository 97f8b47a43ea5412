using HermiTux.Cpu.Translator;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>
/// What holds at a point of generated code: there are values for the unknowns such that every place holds its <see cref="LinearValue"/> and
/// every fact is true.
/// </summary>
internal sealed class VerifierState
{
    /// <summary>Host address of guest address 0; nothing that the guest may see.</summary>
    public const int WindowBase = 1;
    public const int FsBase = 2;
    public const int GsBase = 3;

    /// <summary>Some other host address.</summary>
    public const int HostAddress = 4;

    /// <summary>Host registers, the frame's 16 slots, its two temporary homes.</summary>
    public const int Places = 34;
    public const int Slots = 16;
    public const int Temporary = 32;

    private static int s_unknowns = 100;

    private readonly LinearValue[] _values = new LinearValue[Places];
    private readonly Dictionary<string, (LinearValue Sum, Bounds Bounds)> _facts = [];
    private readonly Dictionary<int, Origin> _origins = [];

    /// <summary>Where an unknown comes from, as far as the verifier cares.</summary>
    public readonly record struct Origin(OriginKind Kind, LinearValue Of);

    public enum OriginKind
    {
        None,

        /// <summary>Shifted right by the window's size in bits.</summary>
        Shifted,

        /// <summary>The low 16 bits, zero-extended.</summary>
        Low16,
    }

    /// <summary>The jump table led here, and it isn't shown yet that R11 is the block's guest address.</summary>
    public bool IsUnmatched { get; set; }

    /// <summary>The frame says that x87 is used.</summary>
    public bool NotesX87 { get; set; }

    /// <summary>For the temporary homes and that of RCX: a bit for each host register that was put there and isn't back yet.</summary>
    public uint[] Borrowed { get; } = new uint[3];

    public static VerifierState AtEntry(ulong windowSize)
    {
        var state = new VerifierState();
        for (int i = 0; i < Places; i++)
        {
            state._values[i] = LinearValue.Of(NewUnknown());
        }

        // The invariant between blocks: the guest's RSP, in R10, is within 1 MiB of the window.
        state.Learn(state[HostRegister.Stack], new Bounds(-(1 << 20), (long)windowSize + (1 << 20)));
        state.Learn(LinearValue.Of(FsBase), new Bounds(0, (long)windowSize - 1));
        state.Learn(LinearValue.Of(GsBase), new Bounds(0, (long)windowSize - 1));
        return state;
    }

    public static int NewUnknown() => Interlocked.Increment(ref s_unknowns);

    public LinearValue this[int place]
    {
        get => _values[place];
        set => _values[place] = value;
    }

    public VerifierState Clone()
    {
        var copy = new VerifierState { IsUnmatched = IsUnmatched, NotesX87 = NotesX87 };
        _values.CopyTo(copy._values, 0);
        Borrowed.CopyTo(copy.Borrowed, 0);
        foreach ((string key, (LinearValue, Bounds) fact) in _facts)
        {
            copy._facts[key] = fact;
        }

        foreach ((int unknown, Origin origin) in _origins)
        {
            copy._origins[unknown] = origin;
        }

        return copy;
    }

    /// <summary>A new unknown in a place.</summary>
    public int Forget(int place, Bounds? bounds = null)
    {
        int unknown = NewUnknown();
        this[place] = LinearValue.Of(unknown);
        if (bounds is { } known)
        {
            Learn(this[place], known);
        }

        return unknown;
    }

    public void SetOrigin(int unknown, OriginKind kind, LinearValue of) => _origins[unknown] = new Origin(kind, of);

    public Origin OriginOf(LinearValue value) =>
        value.Single >= 0 && value.Constant == 0 && _origins.TryGetValue(value.Single, out Origin origin) ? origin : default;

    /// <summary>A value was found to be between bounds.</summary>
    public void Learn(LinearValue value, Bounds bounds)
    {
        Bounds sum = bounds.Plus(unchecked(-value.Constant));
        if (value.Terms.Count > 0 && sum.IsUseful)
        {
            _facts[value.Key] = (value.Plus(unchecked(-value.Constant)), _facts.TryGetValue(value.Key, out (LinearValue, Bounds Bounds) known) ? known.Bounds.Meet(sum) : sum);
        }
    }

    /// <summary>The bounds of a value; null when none are known.</summary>
    public Bounds? BoundsOf(LinearValue value)
    {
        if (_facts.TryGetValue(value.Key, out (LinearValue, Bounds Bounds) fact))
        {
            return Useful(fact.Bounds.Plus(value.Constant));
        }

        var sum = new Bounds(0, 0);
        foreach ((int unknown, int factor) in value.Terms)
        {
            if (!_facts.TryGetValue(LinearValue.Of(unknown).Key, out (LinearValue, Bounds Bounds) part))
            {
                return null;
            }

            sum = sum.Plus(part.Bounds.Times(factor));
        }

        return Useful(sum.Plus(value.Constant));
    }

    /// <summary>AND with a negative mask: what holds of the old value holds of the new one, up to the bits that were cleared.</summary>
    public void RoundDown(int place, long cleared)
    {
        LinearValue old = this[place];
        Forget(place);
        int rounded = this[place].Single;
        if (BoundsOf(old) is { } bounds)
        {
            Learn(this[place], new Bounds(bounds.Low - cleared, bounds.High));
        }

        if (old.Single < 0)
        {
            return;
        }

        foreach ((LinearValue sum, Bounds known) in _facts.Values.ToArray())
        {
            int factor = sum.Terms.FirstOrDefault(term => term.Unknown == old.Single).Factor;
            if (sum.Terms.Count > 1 && factor > 0)
            {
                // old = unknown + constant, and the new one is up to "cleared" less.
                LinearValue moved = sum.Plus(LinearValue.Of(old.Single), -factor).Plus(LinearValue.Of(rounded), factor);
                Learn(moved, new Bounds(known.Low + (factor * (old.Constant - cleared)), known.High + (factor * old.Constant)));
            }
        }
    }

    /// <summary>Names every place's value by one unknown and a constant, and drops facts of which no place knows.</summary>
    public VerifierState Normalized()
    {
        var state = new VerifierState { IsUnmatched = IsUnmatched, NotesX87 = NotesX87 };
        Borrowed.CopyTo(state.Borrowed, 0);
        for (int i = 0; i < Places; i++)
        {
            LinearValue value = _values[i];
            if (value.Single >= 0)
            {
                state._values[i] = value;
                continue;
            }

            state._values[i] = value.Contains(WindowBase) || value.Contains(HostAddress) ? LinearValue.Of(HostAddress) : LinearValue.Of(NewUnknown());
            if (BoundsOf(value) is { } bounds)
            {
                state.Learn(state._values[i], bounds);
            }
        }

        HashSet<int> live = [FsBase, GsBase, .. state._values.Select(value => value.Single)];
        foreach ((string key, (LinearValue Sum, Bounds) fact) in _facts)
        {
            if (fact.Sum.Terms.All(term => live.Contains(term.Unknown)))
            {
                state._facts[key] = fact;
            }
        }

        return state;
    }

    /// <summary>Whether everything that this (normalized) state says holds in another one too.</summary>
    public bool Covers(VerifierState other)
    {
        if ((!IsUnmatched && other.IsUnmatched) || (NotesX87 && !other.NotesX87) || Borrowed.Where((bits, i) => (other.Borrowed[i] & ~bits) != 0).Any())
        {
            return false;
        }

        var images = new Dictionary<int, LinearValue>();
        for (int i = 0; i < Places; i++)
        {
            LinearValue image = other._values[i].Plus(unchecked(-_values[i].Constant));
            if (IsSpecial(_values[i].Single) ? !image.Equals(LinearValue.Of(_values[i].Single)) && _values[i].Single != HostAddress
                : images.TryGetValue(_values[i].Single, out LinearValue? known) && !known.Equals(image))
            {
                return false;
            }

            if (!IsSpecial(_values[i].Single) && IsSecret(image))
            {
                return false;
            }

            images[_values[i].Single] = image;
        }

        foreach ((LinearValue sum, Bounds bounds) in _facts.Values)
        {
            LinearValue image = LinearValue.Number(0);
            foreach ((int unknown, int factor) in sum.Terms)
            {
                image = image.Plus(IsSpecial(unknown) ? LinearValue.Of(unknown) : images[unknown], factor);
            }

            if (other.BoundsOf(image) is not { } found || !found.IsIn(bounds))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What holds in both this (normalized) state and another one, wider bounds being rounded up to a threshold if asked.</summary>
    public VerifierState Join(VerifierState other, Func<Bounds, Bounds, Bounds?> widen)
    {
        var state = new VerifierState { IsUnmatched = IsUnmatched || other.IsUnmatched, NotesX87 = NotesX87 && other.NotesX87 };
        for (int i = 0; i < 3; i++)
        {
            state.Borrowed[i] = Borrowed[i] | other.Borrowed[i];
        }

        var joined = new Dictionary<(int, LinearValue), int>();
        for (int i = 0; i < Places; i++)
        {
            int mine = _values[i].Single;
            LinearValue theirs = other._values[i].Plus(unchecked(-_values[i].Constant));
            if (!joined.TryGetValue((mine, theirs), out int unknown))
            {
                unknown = IsSecret(_values[i]) || IsSecret(theirs) ? HostAddress
                    : IsSpecial(mine) && theirs.Equals(LinearValue.Of(mine)) ? mine : NewUnknown();
                joined.Add((mine, theirs), unknown);
            }

            state._values[i] = LinearValue.Of(unknown, _values[i].Constant);
        }

        foreach ((LinearValue sum, Bounds bounds) in _facts.Values)
        {
            AddJoined(state, other, joined, sum, bounds, 0, LinearValue.Number(0), LinearValue.Number(0), widen);
        }

        return state;
    }

    /// <summary>Whether the guest must not see a value.</summary>
    public static bool IsSecret(LinearValue value) => value.Contains(WindowBase) || value.Contains(HostAddress);

    private static bool IsSpecial(int unknown) => unknown is > 0 and < 100;

    private static Bounds? Useful(Bounds bounds) => bounds.IsUseful ? bounds : null;

    private static void AddJoined(VerifierState state, VerifierState other, Dictionary<(int Mine, LinearValue Theirs), int> joined, LinearValue sum, Bounds bounds,
        int term, LinearValue result, LinearValue image, Func<Bounds, Bounds, Bounds?> widen)
    {
        if (term == sum.Terms.Count)
        {
            if (other.BoundsOf(image) is { } theirs && widen(bounds, bounds.Union(theirs)) is { IsUseful: true } wide)
            {
                state.Learn(result, wide);
            }

            return;
        }

        (int unknown, int factor) = sum.Terms[term];
        if (IsSpecial(unknown))
        {
            LinearValue same = LinearValue.Of(unknown);
            AddJoined(state, other, joined, sum, bounds, term + 1, result.Plus(same, factor), image.Plus(same, factor), widen);
            return;
        }

        foreach (((int mine, LinearValue itsImage), int its) in joined)
        {
            if (mine == unknown)
            {
                AddJoined(state, other, joined, sum, bounds, term + 1, result.Plus(LinearValue.Of(its), factor), image.Plus(itsImage, factor), widen);
            }
        }
    }
}
