namespace HermiTux.Cpu.Translator;

/// <summary>Host registers by number, and what translated code uses them for.</summary>
internal static class HostRegister
{
    public const int Rax = 0;
    public const int Rcx = 1;
    public const int Rdx = 2;
    public const int Rbx = 3;
    public const int Rsp = 4;
    public const int Rbp = 5;
    public const int Rsi = 6;
    public const int Rdi = 7;
    public const int R8 = 8;
    public const int R10 = 10;
    public const int R11 = 11;
    public const int R15 = 15;

    /// <summary>Points to the <see cref="VcpuFrame"/>, always.</summary>
    public const int Frame = Rsp;

    /// <summary>Belongs to the code of one instruction.</summary>
    public const int Scratch = R11;

    /// <summary>The guest's RSP wherever one block leads to another.</summary>
    public const int Stack = R10;
}
