using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Samples.Examples;

/// <summary>Runs plug-ins that can't be trusted: one eats memory, one never ends, one crashes, and the host goes on.</summary>
internal static class PluginIsolationExample
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        (string Name, byte[] Image)[] plugins =
        [
            ("well-behaved", ElfBuilder.Build(a => Exit(a, 42))),
            ("memory hog", ElfBuilder.Build(EatMemory)),
            ("endless loop", ElfBuilder.Build(a => { Label self = a.CreateLabel(); a.Label(ref self); a.jmp(self); })),
            ("crash", ElfBuilder.Build(a => { a.xor(eax, eax); a.mov(__dword_ptr[rax], 1); })),
        ];
        foreach ((string name, byte[] image) in plugins)
        {
            await using Unikernel machine = new UnikernelBuilder()
                .UseProgramImage(image)
                .WithMemoryLimit(16 << 20)
                .WithTimeLimit(TimeSpan.FromSeconds(2))
                .Build();
            UnikernelExit exit = await machine.RunAsync(cancellationToken);
            output.WriteLine($"{name}: {exit}");
        }
    }

    /// <summary>Touches page after page of a mapping that is larger than the limit.</summary>
    private static void EatMemory(Assembler a)
    {
        Label touch = a.CreateLabel();
        a.mov(eax, 9); // mmap(0, 1 GiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        a.xor(edi, edi);
        a.mov(esi, 1 << 30);
        a.mov(edx, 3);
        a.mov(r10d, 0x22);
        a.mov(r8, -1L);
        a.xor(r9d, r9d);
        a.syscall();
        a.mov(ecx, 1 << 18);
        a.Label(ref touch);
        a.mov(__byte_ptr[rax], 1);
        a.add(rax, 4096);
        a.dec(ecx);
        a.jne(touch);
        Exit(a, 0);
    }

    private static void Exit(Assembler a, int code)
    {
        a.mov(eax, 231);
        a.mov(edi, code);
        a.syscall();
    }
}
