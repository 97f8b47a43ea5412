using System.Runtime.InteropServices;
using HermiTux.Cpu.Translator;
using Iced.Intel;
using Origins = HermiTux.Tests.Cpu.Translator.VerifierState.OriginKind;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>What one instruction of generated code may do, and does to a <see cref="VerifierState"/>.</summary>
internal sealed class InstructionEffect(GeneratedCode code, InstructionInfoFactory infos, VerifierState state)
{
    private const int ProbeBytes = 4;

    private readonly long _windowSize = 1L << code.WindowBits;

    public void Apply(in Instruction instruction)
    {
        if (!HarmlessInstructions.Contains(instruction))
        {
            throw Refuse("may not be executed");
        }

        InstructionInfo info = infos.GetInfo(instruction);
        foreach (UsedRegister used in info.GetUsedRegisters())
        {
            if (IsWrite(used.Access) && (used.Register.GetFullRegister() == Register.RSP || used.Register.IsSegmentRegister()))
            {
                throw Refuse("writes RSP or a segment register");
            }
        }

        if (instruction.Mnemonic is Mnemonic.Nop)
        {
            return;
        }

        if (HarmlessInstructions.UsesX87(instruction) && !state.NotesX87)
        {
            throw Refuse("uses x87 before saying so");
        }

        if (instruction.Mnemonic == Mnemonic.Lea)
        {
            Lea(instruction);
            return;
        }

        UsedMemory[] memory = [.. info.GetUsedMemory().Where(m => m.Access != OpAccess.NoMemAccess)];
        if (memory.Any(m => m.Base == Register.RSP))
        {
            Frame(instruction, memory);
            return;
        }

        if (memory.Length == 1 && memory[0].Segment == Register.DS && memory[0].Base == Register.None && memory[0].Index != Register.None)
        {
            Probe(instruction, memory[0]);
            return;
        }

        if (instruction.IsStringInstruction)
        {
            String(instruction);
            return;
        }

        foreach (UsedMemory used in memory)
        {
            Guest(instruction, used);
        }

        Write(instruction, info);
    }

    private static CodeVerifier.RefusedException Refuse(string why) => new(why);

    private static bool IsWrite(OpAccess access) => access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;

    private static int NumberOf(Register register) => register.GetFullRegister() is >= Register.RAX and <= Register.R15 and var full ? full - Register.RAX : -1;

    /// <summary>The frame's fields, and the jump table behind it.</summary>
    private void Frame(in Instruction instruction, UsedMemory[] memory)
    {
        UsedMemory used = memory[0];
        long offset = (long)used.Displacement;
        if (memory.Length != 1 || used.AddressSize != CodeSize.Code64 || HasSegmentPrefix(instruction))
        {
            throw Refuse("an access to the frame of an unknown kind");
        }

        if (used.Index != Register.None)
        {
            throw Refuse("an access to the jump table that isn't a jump");
        }

        int register = instruction.OpCount > 0 ? NumberOf(instruction.Op0Kind == OpKind.Register ? instruction.Op0Register : instruction.OpCount > 1 && instruction.Op1Kind == OpKind.Register ? instruction.Op1Register : Register.None) : -1;
        int place = offset is >= 0 and < 128 && offset % 8 == 0 ? VerifierState.Slots + (int)(offset / 8)
            : offset == Offset(nameof(VcpuFrame.Temporary)) ? VerifierState.Temporary
            : offset == Offset(nameof(VcpuFrame.Temporary2)) ? VerifierState.Temporary + 1
            : -1;
        switch (instruction.Code)
        {
            case Code.Mov_rm64_r64 when place >= 0:
                state[place] = state[register];
                if (HomeOf(place) is >= 0 and int home)
                {
                    state.Borrowed[home] = 1u << register;
                }

                return;
            case Code.Mov_r64_rm64 when place >= 0:
                state[register] = state[place];
                if (HomeOf(place) is >= 0 and int from)
                {
                    state.Borrowed[from] &= ~(1u << register);
                }

                return;
            case Code.Mov_r64_rm64 when offset == Offset(nameof(VcpuFrame.FsBase)):
                state[register] = LinearValue.Of(VerifierState.FsBase);
                return;
            case Code.Mov_r64_rm64 when offset == Offset(nameof(VcpuFrame.GsBase)):
                state[register] = LinearValue.Of(VerifierState.GsBase);
                return;
            case Code.Mov_r64_rm64 when offset == Offset(nameof(VcpuFrame.WindowBase)):
                state[register] = LinearValue.Of(VerifierState.WindowBase);
                return;
            case Code.Mov_r64_rm64 when offset == Offset(nameof(VcpuFrame.NegativeWindowBase)):
                state[register] = LinearValue.Number(0).Plus(LinearValue.Of(VerifierState.WindowBase), -1);
                return;
            case Code.VEX_Shrx_r64_rm64_r64 when place >= 0 && instruction.Op2Register == Register.RSP:
                Shift(register, state[place]);
                return;
            case Code.Mov_rm32_imm32 when offset == Offset(nameof(VcpuFrame.Exit)):
                // Where a slot would be, if RAX ever lived in one.
                state.Forget(place);
                return;
            case Code.Mov_rm8_imm8 when offset == Offset(nameof(VcpuFrame.UsesX87)) && instruction.Immediate8 == 1:
                state.NotesX87 = true;
                return;
            default:
                throw Refuse("an access to the frame that isn't for generated code");
        }
    }

    private static long Offset(string field) => (long)Marshal.OffsetOf<VcpuFrame>(field);

    /// <summary>The home of a borrowed register by number: two temporary ones, and RCX's.</summary>
    private static int HomeOf(int place) => place switch
    {
        VerifierState.Temporary => 0,
        VerifierState.Temporary + 1 => 1,
        VerifierState.Slots + 1 => 2,
        _ => -1,
    };

    private void Probe(in Instruction instruction, UsedMemory used)
    {
        VerifierState.Origin origin = state.OriginOf(state[NumberOf(used.Index)]);
        if (instruction.Code != Code.Mov_r32_rm32 || (long)used.Displacement != code.Probe || used.Scale != 8 || origin.Kind != Origins.Shifted
            || HasSegmentPrefix(instruction) || instruction.MemorySize.GetSize() != ProbeBytes)
        {
            throw Refuse("an absolute access that isn't a probe");
        }

        state.Learn(origin.Of, new Bounds(0, _windowSize - 1));
        state.Forget(NumberOf(instruction.Op0Register), new Bounds(0, uint.MaxValue));
    }

    private void Shift(int register, LinearValue value) => state.SetOrigin(state.Forget(register), Origins.Shifted, value);

    /// <summary>An operand in the window.</summary>
    private void Guest(in Instruction instruction, UsedMemory used)
    {
        if (used.Segment != Register.GS || SegmentPrefixes(instruction) != 1)
        {
            throw Refuse("an access outside the window");
        }

        if (used.AddressSize == CodeSize.Code32)
        {
            if (used.Index.IsVectorRegister())
            {
                throw Refuse("a gather with 32-bit addresses");
            }

            return;
        }

        LinearValue address = LinearValue.Number((long)used.Displacement);
        if (instruction.Mnemonic == Mnemonic.Xlatb)
        {
            // Plus AL.
            Require(state[HostRegister.Rbx], CodeVerifier.Reach(_windowSize));
            return;
        }

        if (used.Base != Register.None)
        {
            address = address.Plus(state[Numbered(used.Base)]);
        }

        Bounds reach = CodeVerifier.Reach(_windowSize);
        if (used.Index.IsVectorRegister())
        {
            if (used.VsibSize != 4)
            {
                throw Refuse("a gather with 64-bit indices");
            }

            long widest = (1L << 31) * used.Scale;
            reach = new Bounds(reach.Low + widest, reach.High - widest);
        }
        else if (used.Index != Register.None)
        {
            address = address.Plus(state[Numbered(used.Index)], used.Scale);
        }

        Require(address, reach);
        if (!CodeVerifier.MayNotAccess(instruction))
        {
            state.Learn(address, new Bounds(0, _windowSize - 1));
        }
    }

    private static int Numbered(Register register) => NumberOf(register) is >= 0 and int number ? number : throw Refuse("an address relative to something else");

    private void Require(LinearValue address, Bounds reach)
    {
        if (VerifierState.IsSecret(address) || state.BoundsOf(address) is not { } bounds || !bounds.IsIn(reach))
        {
            throw Refuse($"reaches {address} with {state.BoundsOf(address)?.ToString() ?? "nothing"} known");
        }
    }

    private void String(in Instruction instruction)
    {
        bool source = false;
        bool destination = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            source |= instruction.GetOpKind(i) == OpKind.MemorySegRSI;
            destination |= instruction.GetOpKind(i) == OpKind.MemoryESRDI;
            if (instruction.GetOpKind(i) is not (OpKind.MemorySegRSI or OpKind.MemoryESRDI or OpKind.Register))
            {
                throw Refuse("a string instruction of another kind");
            }
        }

        // Either a guest address with a prefix, or a host address without one. ES has none.
        Bounds reach = CodeVerifier.Reach(_windowSize);
        bool repeats = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        LinearValue window = LinearValue.Of(VerifierState.WindowBase);
        bool isHostSource = source && SegmentPrefixes(instruction) == 0;
        LinearValue sourceBias = isHostSource ? window : LinearValue.Number(0);
        if (source)
        {
            if (!isHostSource && (instruction.MemorySegment != Register.GS || SegmentPrefixes(instruction) != 1))
            {
                throw Refuse("a string outside the window");
            }

            Require(state[HostRegister.Rsi].Plus(sourceBias, -1), reach);
        }
        else if (SegmentPrefixes(instruction) > 0)
        {
            throw Refuse("a prefix that means nothing");
        }

        if (destination)
        {
            Require(state[HostRegister.Rdi].Plus(window, -1), reach);
            Advance(HostRegister.Rdi, window, repeats);
        }

        if (source)
        {
            Advance(HostRegister.Rsi, sourceBias, repeats);
        }

        if (repeats)
        {
            state.Forget(HostRegister.Rcx);
        }

        if (instruction.Mnemonic is Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd or Mnemonic.Lodsq)
        {
            state.Forget(HostRegister.Rax);
        }
    }

    private void Advance(int register, LinearValue bias, bool repeats)
    {
        Bounds? before = state.BoundsOf(state[register].Plus(bias, -1));
        state.Forget(register, repeats || before is not { } bounds ? null : new Bounds(bounds.Low - 8, bounds.High + 8));
        state[register] = state[register].Plus(bias);
    }

    private void Lea(in Instruction instruction)
    {
        int to = NumberOf(instruction.Op0Register);
        if (instruction.Op0Register.GetSize() != 8)
        {
            CheckUnbiased(instruction);
            state.Forget(to, instruction.Op0Register.GetSize() == 4 ? new Bounds(0, uint.MaxValue) : null);
            return;
        }

        if (instruction.MemoryBase is >= Register.EAX and <= Register.R15D || instruction.MemoryIndex is >= Register.EAX and <= Register.R15D)
        {
            CheckUnbiased(instruction);
            state.Forget(to, new Bounds(0, uint.MaxValue));
            return;
        }

        if (instruction.MemoryBase == Register.RIP || NumberOf(instruction.MemoryBase) == HostRegister.Rsp)
        {
            throw Refuse("a host address");
        }

        LinearValue value = LinearValue.Number((long)instruction.MemoryDisplacement64);
        if (instruction.MemoryBase != Register.None)
        {
            value = value.Plus(state[Numbered(instruction.MemoryBase)]);
        }

        if (instruction.MemoryIndex != Register.None)
        {
            value = value.Plus(state[Numbered(instruction.MemoryIndex)], instruction.MemoryIndexScale);
        }

        state[to] = value;
        if (value.Terms.Count > 4)
        {
            state.Forget(to);
        }
    }

    /// <summary>Host addresses are for biasing RDI and RSI and unbiasing them, by LEA.</summary>
    private void CheckUnbiased(in Instruction instruction)
    {
        foreach (UsedRegister used in infos.GetInfo(instruction).GetUsedRegisters())
        {
            int number = NumberOf(used.Register);
            if (used.Access is not (OpAccess.Write or OpAccess.None) && number >= 0 && number != HostRegister.Rsp && VerifierState.IsSecret(state[number]))
            {
                throw Refuse("computes with a host address");
            }
        }
    }

    private void Write(in Instruction instruction, InstructionInfo info)
    {
        CheckUnbiased(instruction);
        if (instruction.Code == Code.VEX_Shrx_r64_rm64_r64 && instruction.Op1Kind == OpKind.Register && instruction.Op2Register == Register.RSP)
        {
            Shift(NumberOf(instruction.Op0Register), state[NumberOf(instruction.Op1Register)]);
            return;
        }

        foreach (UsedRegister used in info.GetUsedRegisters())
        {
            if (NumberOf(used.Register) == HostRegister.Rsp)
            {
                throw Refuse("shows the frame's address");
            }
        }

        if (WriteKnown(instruction))
        {
            return;
        }

        foreach (UsedRegister used in info.GetUsedRegisters())
        {
            if (IsWrite(used.Access) && NumberOf(used.Register) is >= 0 and int number)
            {
                state.Forget(number);
            }
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i) is >= Register.EAX and <= Register.R15D and Register register
                && info.GetOpAccess(i) is OpAccess.Write or OpAccess.ReadWrite)
            {
                state.Forget(NumberOf(register), new Bounds(0, uint.MaxValue));
            }
        }
    }

    /// <summary>64-bit results of which something is known.</summary>
    private bool WriteKnown(in Instruction instruction)
    {
        if (instruction.OpCount == 0 || instruction.Op0Kind != OpKind.Register)
        {
            if (instruction.Mnemonic == Mnemonic.Cdqe)
            {
                state.Forget(HostRegister.Rax, new Bounds(int.MinValue, int.MaxValue));
                return true;
            }

            return false;
        }

        int to = NumberOf(instruction.Op0Register);
        if (to >= 0 && instruction.Mnemonic == Mnemonic.Movzx && instruction.Op0Register.GetSize() >= 4)
        {
            int bits = 8 * (instruction.Op1Kind == OpKind.Register ? instruction.Op1Register.GetSize() : instruction.MemorySize.GetSize());
            LinearValue source = instruction.Op1Kind == OpKind.Register && NumberOf(instruction.Op1Register) >= 0 ? state[NumberOf(instruction.Op1Register)] : LinearValue.Number(0);
            int unknown = state.Forget(to, new Bounds(0, (1L << bits) - 1));
            if (instruction.Op1Kind == OpKind.Register && bits == 16)
            {
                state.SetOrigin(unknown, Origins.Low16, source);
            }

            return true;
        }

        if (instruction.Op0Register is not (>= Register.RAX and <= Register.R15))
        {
            return false;
        }

        bool hasImmediate = instruction.OpCount == 2 && instruction.Op1Kind is OpKind.Immediate8to64 or OpKind.Immediate32to64 or OpKind.Immediate64;
        long immediate = hasImmediate ? (long)instruction.GetImmediate(1) : 0;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Mov when instruction.Op1Kind == OpKind.Register && NumberOf(instruction.Op1Register) >= 0:
                state[to] = state[NumberOf(instruction.Op1Register)];
                return true;
            case Mnemonic.Mov when hasImmediate:
                state.Forget(to, new Bounds(immediate, immediate));
                state[to] = state.IsUnmatched ? LinearValue.Number(immediate) : state[to];
                return true;
            case Mnemonic.Add when hasImmediate:
                state[to] = state[to].Plus(immediate);
                return true;
            case Mnemonic.Sub when hasImmediate:
                state[to] = state[to].Plus(unchecked(-immediate));
                return true;
            case Mnemonic.Inc:
                state[to] = state[to].Plus(1);
                return true;
            case Mnemonic.Dec:
                state[to] = state[to].Plus(-1);
                return true;
            case Mnemonic.And when hasImmediate && immediate >= 0:
                state.Forget(to, new Bounds(0, immediate));
                return true;
            case Mnemonic.And when hasImmediate:
                state.RoundDown(to, ~immediate);
                return true;
            case Mnemonic.Movsx or Mnemonic.Movsxd:
                state.Forget(to, new Bounds(int.MinValue, int.MaxValue));
                return true;
            default:
                return false;
        }
    }

    private bool HasSegmentPrefix(in Instruction instruction) => SegmentPrefixes(instruction) > 0;

    private int SegmentPrefixes(in Instruction instruction)
    {
        int count = 0;
        for (int i = (int)(instruction.IP - code.Address); ; i++)
        {
            switch (code.Bytes[i])
            {
                case 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65:
                    count++;
                    break;
                case 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3:
                case >= 0x40 and <= 0x4F:
                    break;
                default:
                    return count;
            }
        }
    }
}
