using HermiTux.Abi;

namespace HermiTux.Syscalls;

/// <summary>What a system call leaves in RAX: a value, or minus an errno.</summary>
public readonly struct SyscallResult : IEquatable<SyscallResult>
{
    /// <summary>Creates a result from the raw value of RAX.</summary>
    public SyscallResult(long raw)
    {
        Raw = raw;
    }

    /// <summary>RAX.</summary>
    public long Raw { get; }

    /// <summary>Whether this is an error (-4095 to -1).</summary>
    public bool IsError => Raw is < 0 and >= -4095;

    /// <summary>The error, or None.</summary>
    public Errno Error => IsError ? (Errno)(-Raw) : Errno.None;

    /// <summary>A value.</summary>
    public static implicit operator SyscallResult(long value) => new(value);

    /// <summary>An address or other unsigned value.</summary>
    public static implicit operator SyscallResult(ulong value) => new((long)value);

    /// <summary>A value.</summary>
    public static implicit operator SyscallResult(int value) => new(value);

    /// <summary>An error; None is 0.</summary>
    public static implicit operator SyscallResult(Errno error) => new(-(long)error);

    /// <inheritdoc/>
    public bool Equals(SyscallResult other) => Raw == other.Raw;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SyscallResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Raw.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => IsError ? $"-1 {Error}" : Raw.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Equality of the raw value.</summary>
    public static bool operator ==(SyscallResult left, SyscallResult right) => left.Raw == right.Raw;

    /// <summary>Inequality of the raw value.</summary>
    public static bool operator !=(SyscallResult left, SyscallResult right) => left.Raw != right.Raw;
}

/// <summary>The six arguments of a system call as they are in RDI RSI RDX R10 R8 R9.</summary>
public readonly record struct SyscallArguments(ulong Arg0, ulong Arg1, ulong Arg2, ulong Arg3, ulong Arg4, ulong Arg5);
