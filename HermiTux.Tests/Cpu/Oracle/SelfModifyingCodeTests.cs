using Iced.Intel;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace HermiTux.Tests.Cpu.Oracle;

public sealed class SelfModifyingCodeTests
{
    public static TheoryData<string> Engines => OracleEngines.Data();

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_store_changes_the_very_next_instruction(string engine)
    {
        using DirectedCases cases = new(engine);
        for (int i = 0; i < 3; i++)
        {
            cases.Add(a =>
            {
                Label target = a.CreateLabel();
                a.lea(rbx, __[target]);
                a.mov(__byte_ptr[rbx + 1], 0x55);
                a.Label(ref target);
                a.db(0xB0, 0x11);                       // mov al,11h becomes mov al,55h
            });
        }

        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_loop_that_rewrites_its_body_runs_the_new_body_each_time(string engine)
    {
        using DirectedCases cases = new(engine);
        cases.Add(a =>
        {
            Label target = a.CreateLabel();
            a.xor(eax, eax);
            a.mov(ecx, 20);
            a.lea(rbx, __[target]);
            a.Label(ref target);
            a.db(0x05, 1, 0, 0, 0);                     // add eax,1; the immediate grows with each round
            a.add(__dword_ptr[rbx + 1], 3);
            a.dec(ecx);
            a.jne(target);
        }, ignoredFlags: UndefinedResults.Af);
        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void String_stores_and_locked_operations_change_code_too(string engine)
    {
        using DirectedCases cases = new(engine);
        cases.Add(a =>
        {
            Label target = a.CreateLabel();
            a.lea(rdi, __[target]);
            a.mov(eax, 0x90);
            a.mov(ecx, 6);
            a.rep.stosb();
            a.Label(ref target);
            a.db(0xFF, 0xC3, 0xFF, 0xC3, 0xFF, 0xC3);   // inc ebx three times, overwritten by nops
        });
        cases.Add(a =>
        {
            Label target = a.CreateLabel();
            a.lea(rdi, __[target]);
            a.@lock.inc(__byte_ptr[rdi + 1]);
            a.Label(ref target);
            a.db(0xB0, 0x11);
        }, ignoredFlags: UndefinedResults.Arithmetic);
        cases.Add(a =>
        {
            Label target = a.CreateLabel();
            a.lea(rdi, __[target]);
            a.movdqu(__xmmword_ptr[rdi - 8], xmm0);
            a.Label(ref target);
            a.db(0xB0, 0x11, 0xB0, 0x12, 0xB0, 0x13, 0xB0, 0x14);
        });
        cases.Check();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Code_written_to_memory_runs_when_called_and_again_after_a_change(string engine)
    {
        using DirectedCases cases = new(engine);
        cases.Add(a =>
        {
            Label function = a.CreateLabel();
            Label end = a.CreateLabel();
            a.lea(rbx, __[function]);
            a.mov(__dword_ptr[rbx], unchecked((int)0xC3_01_C0_83));     // add eax,1; ret
            a.xor(eax, eax);
            a.call(rbx);
            a.mov(__byte_ptr[rbx + 2], 0x10);
            a.call(rbx);
            a.call(rbx);
            a.jmp(end);
            a.Label(ref function);
            a.db(0xCC, 0xCC, 0xCC, 0xCC);
            a.Label(ref end);
            a.nop();
        });
        cases.Check();
    }
}
