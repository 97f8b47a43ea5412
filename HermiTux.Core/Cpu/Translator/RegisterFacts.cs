namespace HermiTux.Cpu.Translator;

/// <summary>What is known of guest registers at a point of translated code, so that checks needn't be repeated.</summary>
/// <remarks>
/// A register's drift d says that its value lies between -d and the window's size plus d, as a signed number. The guard zones are larger than
/// any drift allowed here plus the largest displacement and scaled 32-bit index. The guest's RSP always has a drift of at
/// most <see cref="StackSlack"/> at a block's start and at each of its exits, so accesses through it are never checked.
/// </remarks>
internal sealed class RegisterFacts
{
    /// <summary>The drift of a register of which nothing is known.</summary>
    public const long Unknown = -1;

    /// <summary>Largest drift that counts as known (4 GiB).</summary>
    public const long MaxDrift = 4L << 30;

    /// <summary>Drift of RSP between blocks.</summary>
    public const long StackSlack = 1 << 20;

    private readonly long[] _drift = new long[16];
    private readonly AddressFact[] _addresses = new AddressFact[6];
    private int _nextAddress;

    /// <summary>Registers whose value is at most 2^32 away from zero.</summary>
    private uint _small;

    /// <summary>base + index * scale + displacement lies in the window, give or take the drift.</summary>
    private readonly record struct AddressFact(int Base, int Index, int Scale, long Displacement, long Drift, bool IsKnown);

    /// <summary>RSP was written with a value that must be checked before the next instruction.</summary>
    public bool StackUnchecked { get; set; }

    /// <summary>The code has said that it uses the x87 unit.</summary>
    public bool X87Noted { get; set; }

    /// <summary>What is known at a block's start.</summary>
    public void Reset()
    {
        Array.Fill(_drift, Unknown);
        _drift[HostRegister.Rsp] = StackSlack;
        _small = 0;
        StackUnchecked = false;
        X87Noted = false;
        Array.Clear(_addresses);
    }

    /// <summary>Takes over what another one knows.</summary>
    public void CopyFrom(RegisterFacts other)
    {
        other._drift.CopyTo(_drift, 0);
        other._addresses.CopyTo(_addresses, 0);
        _nextAddress = other._nextAddress;
        _small = other._small;
        StackUnchecked = other.StackUnchecked;
        X87Noted = other.X87Noted;
    }

    /// <summary>Keeps only what the other one knows too. True if that was everything.</summary>
    public bool Intersect(RegisterFacts other)
    {
        bool same = true;
        for (int i = 0; i < 16; i++)
        {
            long drift = _drift[i] < 0 || other._drift[i] < 0 ? Unknown : Math.Max(_drift[i], other._drift[i]);
            same &= drift == _drift[i];
            _drift[i] = drift;
        }

        same &= (_small & ~other._small) == 0;
        _small &= other._small;
        same &= !X87Noted || other.X87Noted;
        X87Noted &= other.X87Noted;
        StackUnchecked |= other.StackUnchecked;
        for (int i = 0; i < _addresses.Length; i++)
        {
            AddressFact fact = _addresses[i];
            if (!fact.IsKnown)
            {
                continue;
            }

            AddressFact match = default;
            foreach (AddressFact candidate in other._addresses)
            {
                if (candidate.IsKnown && candidate.Base == fact.Base && candidate.Index == fact.Index && candidate.Scale == fact.Scale
                    && (!match.IsKnown || Distance(candidate, fact) < Distance(match, fact)))
                {
                    match = candidate;
                }
            }

            long needed = match.IsKnown ? Distance(match, fact) : long.MaxValue;
            if (needed > fact.Drift)
            {
                same = false;
                _addresses[i] = needed <= MaxDrift ? fact with { Drift = needed } : default;
            }
        }

        return same;
    }

    /// <summary>How far the register's value may be outside the window; <see cref="Unknown"/> if nothing is known.</summary>
    public long DriftOf(int guest) => _drift[guest];

    /// <summary>Whether the register may be the base of an access.</summary>
    public bool IsNear(int guest) => _drift[guest] >= 0;

    /// <summary>Whether the register is near zero, so that it may be the scaled index of an access off a near base.</summary>
    public bool IsSmall(int guest) => (_small >> guest & 1) != 0;

    /// <summary>The register was found or made to be this far from the window at most.</summary>
    public void SetDrift(int guest, long drift) => _drift[guest] = drift;

    /// <summary>The register was written with a value of which nothing is known.</summary>
    public void Forget(int guest)
    {
        if (guest == HostRegister.Rsp)
        {
            StackUnchecked = true;
        }

        _drift[guest] = Unknown;
        _small &= ~(1u << guest);
        for (int i = 0; i < _addresses.Length; i++)
        {
            if (_addresses[i].Base == guest || _addresses[i].Index == guest)
            {
                _addresses[i] = default;
            }
        }
    }

    /// <summary>The register was written with a value no further than <paramref name="distance"/> from zero.</summary>
    public void Learn(int guest, long distance)
    {
        Forget(guest);
        if (guest != HostRegister.Rsp)
        {
            _drift[guest] = distance;
            _small |= 1u << guest;
        }
    }

    /// <summary>A constant was added to the register.</summary>
    public void Shift(int guest, long distance)
    {
        distance = Math.Abs(distance);
        for (int i = 0; i < _addresses.Length; i++)
        {
            AddressFact fact = _addresses[i];
            long step = (fact.Base == guest ? distance : 0) + (fact.Index == guest ? distance * fact.Scale : 0);
            if (fact.IsKnown && step > 0)
            {
                _addresses[i] = fact.Drift + step <= MaxDrift ? fact with { Drift = fact.Drift + step } : default;
            }
        }

        _small &= ~(1u << guest);
        if (_drift[guest] < 0)
        {
            return;
        }

        _drift[guest] += distance;
        if (_drift[guest] > MaxDrift)
        {
            if (guest == HostRegister.Rsp)
            {
                StackUnchecked = true;
            }
            else
            {
                _drift[guest] = Unknown;
            }
        }
    }

    /// <summary>The register was written with the value of another one plus a constant.</summary>
    public void Copy(int to, int from, long distance)
    {
        if (to == from)
        {
            Shift(to, distance);
            return;
        }

        long drift = _drift[from] < 0 ? Unknown : _drift[from] + Math.Abs(distance);
        bool small = IsSmall(from) && distance == 0;
        Forget(to);
        if (to != HostRegister.Rsp && drift >= 0 && drift <= MaxDrift)
        {
            _drift[to] = drift;
            _small |= small ? 1u << to : 0;
        }
    }

    /// <summary>An access at the register plus a displacement has not faulted.</summary>
    public void Prove(int guest, long displacement)
    {
        long distance = Math.Abs(displacement);
        if (distance <= StackSlack && (_drift[guest] < 0 || _drift[guest] > distance))
        {
            _drift[guest] = distance;
        }
    }

    /// <summary>Whether an address is known to be near the window.</summary>
    public bool IsKnownAddress(int @base, int index, int scale, long displacement)
    {
        foreach (AddressFact fact in _addresses)
        {
            if (fact.IsKnown && fact.Base == @base && fact.Index == index && fact.Scale == scale
                && Math.Abs(fact.Displacement - displacement) + fact.Drift <= MaxDrift)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An address was checked, or accessed without a fault.</summary>
    public void RememberAddress(int @base, int index, int scale, long displacement)
    {
        var known = new AddressFact(@base, index, scale, displacement, 0, true);
        for (int i = 0; i < _addresses.Length; i++)
        {
            AddressFact fact = _addresses[i];
            if (fact.IsKnown && fact.Base == @base && fact.Index == index && fact.Scale == scale)
            {
                _addresses[i] = known;
                return;
            }
        }

        _addresses[_nextAddress] = known;
        _nextAddress = (_nextAddress + 1) % _addresses.Length;
    }

    private static long Distance(AddressFact from, AddressFact to) => Math.Abs(from.Displacement - to.Displacement) + from.Drift;
}
