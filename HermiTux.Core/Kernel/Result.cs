using System.Diagnostics.CodeAnalysis;
using HermiTux.Abi;

namespace HermiTux.Kernel;

/// <summary>A value or a Linux error number. What a guest does wrong is an errno, never an exception.</summary>
/// <typeparam name="T">The value on success.</typeparam>
public readonly struct Result<T>
{
    private readonly T _value;

    private Result(T value, Errno error)
    {
        _value = value;
        Error = error;
    }

    /// <summary>Why there is no value; <see cref="Errno.None"/> when there is one.</summary>
    public Errno Error { get; }

    /// <summary>Whether there is a value.</summary>
    public bool IsSuccess => Error == Errno.None;

    /// <summary>The value; default when <see cref="IsSuccess"/> is false.</summary>
    public T Value => _value;

    /// <summary>True with the value, or false with the error.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, out Errno error)
    {
        value = _value;
        error = Error;
        return Error == Errno.None;
    }

    /// <summary>Success.</summary>
    public static implicit operator Result<T>(T value) => new(value, Errno.None);

    /// <summary>Failure.</summary>
    public static implicit operator Result<T>(Errno error) => new(default!, error);

    /// <summary>Success, where <typeparamref name="T"/> is an interface (C# allows no conversion from those).</summary>
    public static Result<T> Ok(T value) => new(value, Errno.None);
}
