using System.Runtime.InteropServices;

namespace HermiTux.Cpu.Interpreter.Integer;

/// <summary>What LOCK means where the host's own atomic instructions don't reach.</summary>
internal static unsafe class Atomics
{
    /// <summary>Whether the host can do an atomic operation there: aligned, or on x86 within a cache line.</summary>
    public static bool IsHostAtomic(byte* p, int size)
    {
        if (p == null)
        {
            return false;
        }

        nuint offset = (nuint)p;
        return (offset & (nuint)(size - 1)) == 0 ||
            (RuntimeInformation.ProcessArchitecture == Architecture.X64 && (offset & 63) + (nuint)size <= 64);
    }

    /// <summary>
    /// Compares and replaces 16 aligned bytes. There is no such operation in .NET, so it is made of a lock and two 8-byte
    /// accesses: atomic among its own kind, which is how 16-byte words are used. The caller holds the lock
    /// (<see cref="InterpreterVcpu.HoldSplitLock"/>).
    /// </summary>
    /// <param name="p">Where, aligned to 16 bytes.</param>
    /// <param name="low">The expected low half; on failure what was there.</param>
    /// <param name="high">The expected high half; on failure what was there.</param>
    /// <param name="newLow">Replacement.</param>
    /// <param name="newHigh">Replacement.</param>
    public static bool CompareExchange16(byte* p, ref ulong low, ref ulong high, ulong newLow, ulong newHigh)
    {
        ulong* words = (ulong*)p;
        ulong seenLow = Volatile.Read(ref words[0]);
        ulong seenHigh = Volatile.Read(ref words[1]);
        if (seenLow == low && seenHigh == high)
        {
            Volatile.Write(ref words[0], newLow);
            Volatile.Write(ref words[1], newHigh);
            return true;
        }

        low = seenLow;
        high = seenHigh;
        return false;
    }
}
