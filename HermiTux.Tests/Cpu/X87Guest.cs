using HermiTux.Cpu;
using HermiTux.Tests.Cpu.Interpreter;

namespace HermiTux.Tests.Cpu;

/// <summary>Runs records in the interpreter.</summary>
internal sealed unsafe class X87Guest : IDisposable
{
    private const int SlotSize = 64;
    private readonly GuestCode _guest;
    private readonly List<byte[]> _codes;

    public X87Guest(IEnumerable<byte[]> codes)
    {
        _codes = [.. codes];

        // One slot of code a form, each ending in a system call.
        _guest = new GuestCode(assembler =>
        {
            foreach (byte[] code in _codes)
            {
                byte[] slot = new byte[SlotSize];
                slot.AsSpan().Fill(0xCC);
                code.CopyTo(slot, 0);
                slot[code.Length] = 0x0F;
                slot[code.Length + 1] = 0x05;
                assembler.db(slot);
            }
        });
    }

    /// <summary>The state after the record's code number <paramref name="code"/>.</summary>
    public X87Record Run(X87Record before, int code, uint mxcsrMask)
    {
        CpuState* s = _guest.State;
        s->Reset();
        before.State.CopyTo(new Span<byte>((byte*)s + CpuState.XsaveOffset, X87Record.StateSize));
        s->XstateBv = 7;
        s->MxcsrMask = mxcsrMask;
        s->Rflags = before.Rflags;
        s->Rax = before.Rax;
        s->Rcx = before.Rcx;
        s->Rdx = before.Rdx;
        s->Rbx = GuestCode.DataAddress;
        s->Rdi = GuestCode.DataAddress;
        s->Rsp = GuestCode.StackTop;
        ulong rip = GuestCode.CodeAddress + (ulong)(code * SlotSize);
        s->Rip = rip;
        _guest.Write(GuestCode.DataAddress, before.Memory);
        VcpuExit exit = _guest.Run();
        X87Record after = before.Clone();
        after.Trap = exit.Reason == VcpuExitReason.Exception ? (ulong)exit.Exception + 1 : 0;
        if (after.Trap != 0 && s->Rip != rip)
        {
            throw new InvalidOperationException($"an exception left RIP at {s->Rip:X}, not at the instruction");
        }

        after.Rax = s->Rax;
        after.Rdx = s->Rdx;
        after.Rflags = s->Rflags;
        after.CodeBase = rip;
        after.MemoryBase = GuestCode.DataAddress;
        new ReadOnlySpan<byte>((byte*)s + CpuState.XsaveOffset, X87Record.StateSize).CopyTo(after.State);
        if (!_guest.Space.TryRead(GuestCode.DataAddress, after.Memory))
        {
            throw new InvalidOperationException("the data page is gone");
        }

        return after;
    }

    public void Dispose() => _guest.Dispose();
}
