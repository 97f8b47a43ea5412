namespace HermiTux.Cpu.Interpreter;

/// <content>What the x87 handlers need of the vCPU.</content>
internal sealed unsafe partial class InterpreterVcpu
{
    /// <summary>
    /// The opcode that an x87 exception stores: the low three bits of the first opcode byte and the ModRM byte. It is read back
    /// from memory, since it is wanted so seldom; 0 when the code is gone.
    /// </summary>
    public ushort X87Opcode(Op* op)
    {
        Span<byte> code = stackalloc byte[15];
        code = code[..op->Length];
        if (!_space.TryRead(op->Rip, code))
        {
            return 0;
        }

        for (int i = 0; i + 1 < code.Length; i++)
        {
            if ((code[i] & 0xF8) == 0xD8)
            {
                return (ushort)(((code[i] & 7) << 8) | code[i + 1]);
            }
        }

        return 0;
    }
}
