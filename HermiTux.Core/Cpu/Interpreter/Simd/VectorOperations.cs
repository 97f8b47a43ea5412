using V128 = System.Runtime.Intrinsics.Vector128<byte>;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>An operation on two 16-byte lanes: written once, it gives all forms of an instruction (<see cref="BinaryForms{TOp}"/>).</summary>
internal interface IBinaryOperation
{
    /// <summary>The result for one lane; <paramref name="a"/> is the first source.</summary>
    static abstract V128 Apply(V128 a, V128 b);
}

/// <summary>An operation on one 16-byte lane (<see cref="UnaryForms{TOp}"/>).</summary>
internal interface IUnaryOperation
{
    /// <summary>The result for one lane.</summary>
    static abstract V128 Apply(V128 a);
}

/// <summary>An operation on two 16-byte lanes with an 8-bit immediate (<see cref="BinaryImmediateForms{TOp}"/>).</summary>
internal interface IBinaryImmediateOperation
{
    /// <summary>The result for one lane.</summary>
    static abstract V128 Apply(V128 a, V128 b, byte immediate);
}

/// <summary>An operation on one 16-byte lane with an 8-bit immediate (<see cref="UnaryImmediateForms{TOp}"/>).</summary>
internal interface IUnaryImmediateOperation
{
    /// <summary>The result for one lane.</summary>
    static abstract V128 Apply(V128 a, byte immediate);
}

/// <summary>A shift of all elements by one count (<see cref="ShiftForms{TOp}"/>).</summary>
internal interface IShiftOperation
{
    /// <summary>The result for one lane; any count is allowed, and one above the element size shifts everything out.</summary>
    static abstract V128 Apply(V128 a, ulong count);
}
