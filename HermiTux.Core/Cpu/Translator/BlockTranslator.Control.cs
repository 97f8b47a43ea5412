using System.Diagnostics;
using Iced.Intel;

namespace HermiTux.Cpu.Translator;

/// <content>The stack, transfers of control, and instructions with implicit memory operands.</content>
internal sealed unsafe partial class BlockTranslator
{
    /// <summary>Whether an instruction can be translated with RSP not yet settled.</summary>
    private static bool AllowsStackOffset(InstructionClass kind, in Instruction instruction) => kind switch
    {
        InstructionClass.Skip or InstructionClass.Prefetch or InstructionClass.Pop or InstructionClass.Leave or InstructionClass.Return
            or InstructionClass.String or InstructionClass.ImplicitMemory or InstructionClass.Call => true,
        InstructionClass.Copy or InstructionClass.Lea or InstructionClass.Push or InstructionClass.IndirectCall => !UsesStackPointer(instruction),
        _ => false,
    };

    private static bool UsesStackPointer(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && RegisterMap.NumberOf(instruction.GetOpRegister(i)) == HostRegister.Rsp)
            {
                return true;
            }
        }

        return RegisterMap.NumberOf(instruction.MemoryBase) == HostRegister.Rsp;
    }

    /// <summary>Makes the host register of the guest's RSP hold it.</summary>
    private void SettleStack()
    {
        if (_stackOffset != 0)
        {
            MoveStack(0);
            _marks.Add(new InstructionMark(_emitter.Length, _marks[^1].GuestOffset, 0));
        }
    }

    /// <summary>Adds to the guest's RSP at once, with what was left to add.</summary>
    private void MoveStack(int distance)
    {
        int stack = _map.StackPointer;
        _emitter.LoadAddress(stack, stack, _stackOffset + distance);
        _stackOffset = 0;
    }

    private bool EmitPush(ref Instruction instruction)
    {
        int stack = _map.StackPointer;
        switch (instruction.Code)
        {
            case Code.Pushq_imm8 or Code.Pushq_imm32:
                _emitter.StoreGuestImmediate(stack, _stackOffset - 8, (int)(long)instruction.GetImmediate(0));
                break;
            case Code.Push_rm64 when instruction.Op0Kind == OpKind.Memory:
                if (!EmitLoadOperand(instruction))
                {
                    return false;
                }

                _emitter.StoreGuest(stack, _stackOffset - 8, HostRegister.Scratch);
                EndBorrows();
                break;
            default:
                int source = RegisterMap.NumberOf(instruction.Op0Register);
                int host = _map.HostOf(source);
                if (host < 0)
                {
                    host = HostRegister.Scratch;
                    _emitter.Load(host, HostRegister.Frame, SlotOf(source));
                }

                _emitter.StoreGuest(stack, _stackOffset - 8, host);
                break;
        }

        _stackOffset -= 8;
        NotePush();
        return true;
    }

    private void EmitPop(in Instruction instruction)
    {
        int stack = _map.StackPointer;
        int destination = RegisterMap.NumberOf(instruction.Op0Register);
        if (destination == HostRegister.Rsp)
        {
            _emitter.LoadGuest(stack, stack, _stackOffset);
            _stackOffset = 0;
            _facts.Forget(HostRegister.Rsp);
            _facts.SetDrift(HostRegister.Rsp, 0);
            return;
        }

        int host = _map.HostOf(destination);
        _emitter.LoadGuest(host < 0 ? HostRegister.Scratch : host, stack, _stackOffset);
        _stackOffset += 8;
        if (host < 0)
        {
            _emitter.Store(HostRegister.Frame, SlotOf(destination), HostRegister.Scratch);
        }

        _facts.Forget(destination);
        _facts.Shift(HostRegister.Rsp, 8);
        _facts.SetDrift(HostRegister.Rsp, 8);
    }

    private void EmitLeave()
    {
        RequireNear(HostRegister.Rbp);
        int frame = _map.HostOf(HostRegister.Rbp);
        int stack = _map.StackPointer;
        if (frame >= 0)
        {
            _emitter.LoadGuest(HostRegister.Scratch, frame, 0);
            _emitter.LoadAddress(stack, frame, 8);
            _emitter.Move(frame, HostRegister.Scratch);
        }
        else
        {
            _emitter.Load(HostRegister.Scratch, HostRegister.Frame, SlotOf(HostRegister.Rbp));
            _emitter.LoadGuest(HostRegister.Scratch, HostRegister.Scratch, 0);
            _emitter.Load(stack, HostRegister.Frame, SlotOf(HostRegister.Rbp));
            _emitter.LoadAddress(stack, stack, 8);
            _emitter.Store(HostRegister.Frame, SlotOf(HostRegister.Rbp), HostRegister.Scratch);
        }

        _stackOffset = 0;
        _facts.Forget(HostRegister.Rbp);
        _facts.Forget(HostRegister.Rsp);
        _facts.StackUnchecked = false;
        _facts.SetDrift(HostRegister.Rsp, 8);
    }

    /// <summary>Pushes the return address.</summary>
    private void EmitPushReturn(ulong address)
    {
        int stack = _map.StackPointer;
        if (address <= int.MaxValue)
        {
            _emitter.StoreGuestImmediate(stack, _stackOffset - 8, (int)address);
        }
        else
        {
            _emitter.MoveImmediate(HostRegister.Scratch, address);
            _emitter.StoreGuest(stack, _stackOffset - 8, HostRegister.Scratch);
        }

        MoveStack(-8);
        NotePush();
    }

    /// <summary>
    /// Pushes the return address with the target in the scratch register; RCX is in its home afterwards. A target outside the window
    /// faults before the push: a processor refuses one that isn't canonical there.
    /// </summary>
    private void EmitPushReturnBeforeDispatch(ulong address)
    {
        int stack = _map.StackPointer;
        _emitter.Store(HostRegister.Frame, FrameOffset.RcxHome, HostRegister.Rcx);
        int from = _emitter.Length;
        _emitter.ShiftRight(HostRegister.Rcx, HostRegister.Scratch, HostRegister.Frame);
        _emitter.Bytes([0x8B, 0x0C, 0xCD]);
        _emitter.Dword(_probe);
        if (address <= int.MaxValue)
        {
            _emitter.StoreGuestImmediate(stack, _stackOffset - 8, (int)address);
        }
        else
        {
            _emitter.MoveImmediate(HostRegister.Rcx, address);
            _emitter.StoreGuest(stack, _stackOffset - 8, HostRegister.Rcx);
        }

        _fixups.Add(new RegisterFixup(from, _emitter.Length, HostRegister.Rcx, FrameOffset.RcxHome));
        MoveStack(-8);
        NotePush();
    }

    private void NotePush()
    {
        _facts.Shift(HostRegister.Rsp, 8);
        _facts.StackUnchecked = false;
        _facts.SetDrift(HostRegister.Rsp, 0);
    }

    /// <summary>The target of an indirect branch into the scratch register.</summary>
    private bool EmitTarget(ref Instruction instruction)
    {
        if (instruction.Op0Kind == OpKind.Memory)
        {
            if (!EmitLoadOperand(instruction))
            {
                return false;
            }

            EndBorrows();
            return true;
        }

        int source = RegisterMap.NumberOf(instruction.Op0Register);
        int host = _map.HostOf(source);
        if (host < 0)
        {
            _emitter.Load(HostRegister.Scratch, HostRegister.Frame, SlotOf(source));
        }
        else
        {
            _emitter.Move(HostRegister.Scratch, host);
        }

        return true;
    }

    /// <summary>Loads the memory operand into the scratch register. Registers are still borrowed afterwards.</summary>
    private bool EmitLoadOperand(in Instruction instruction, Code load = Code.Mov_r64_rm64, Register scratch = Register.R11)
    {
        Instruction host = instruction;
        host.Code = load;
        host.Op0Register = scratch;
        host.Op0Kind = OpKind.Register;
        host.Op1Kind = OpKind.Memory;
        host.HasRepnePrefix = false;
        host.HasRepePrefix = false;
        _standInCount = 0;
        _scratchInAddress = false;
        return PrepareMemory(ref host, instruction) && _emitter.TryEncode(host);
    }

    private void EmitReturn(in Instruction instruction)
    {
        int stack = _map.StackPointer;
        int extra = instruction.Code == Code.Retnq_imm16 ? instruction.Immediate16 : 0;
        _emitter.LoadGuest(HostRegister.Scratch, stack, _stackOffset);
        MoveStack(8 + extra);
        EmitDispatch(instruction.IP, 8 + extra, false);
    }

    /// <summary>
    /// Where the jump table leads: goes on if the address in the scratch register is the block's. LOOP needs no flags, and isn't taken when all is well:
    /// a taken JRCXZ here costs about as much as it saves to have no key in the table.
    /// </summary>
    private void EmitArrival(ulong rip)
    {
        _emitter.Skip(TranslatedBlock.EntryOffset - TranslatedBlock.ArrivalBytes(rip) - 5);
        byte* miss = _emitter.Position;
        _emitter.Byte(0xE9);
        _emitter.Dword((int)(_translation.Stubs.IndirectMiss - (_emitter.Position + 4)));
        if (rip <= int.MaxValue)
        {
            _emitter.LoadAddressFar(HostRegister.Rcx, HostRegister.Scratch, 1 - (int)rip);
        }
        else
        {
            _emitter.MoveImmediate64(HostRegister.Rcx, (ulong)(1 - (long)rip));
            _emitter.LoadAddress(HostRegister.Rcx, HostRegister.Rcx, HostRegister.Scratch, 1, 0);
        }

        _emitter.LoopBack(miss);
        _emitter.Load(HostRegister.Rcx, HostRegister.Frame, FrameOffset.RcxHome);
        Debug.Assert(_emitter.Length == TranslatedBlock.EntryOffset, "The arrival's length is known.");
    }

    /// <summary>
    /// Goes on at the guest address in the scratch register: through the vCPU's jump table to whatever is there for its low 16 bits, which checks the
    /// rest of the address.
    /// </summary>
    /// <param name="source">Guest address of the branch.</param>
    /// <param name="stackDelta">What the branch has added to RSP.</param>
    /// <param name="rcxIsSaved">RCX is in its home already.</param>
    private void EmitDispatch(ulong source, int stackDelta, bool rcxIsSaved)
    {
        byte* number = EmitTableJump(rcxIsSaved);
        _exits.Add(new PendingExit((nint)number, ExitReason.Indirect, source, source, stackDelta, _map, false));
    }

    /// <summary>The jump through the table; where the exit's number is to be written, for the case that nothing is there.</summary>
    private byte* EmitTableJump(bool rcxIsSaved)
    {
        if (!rcxIsSaved)
        {
            _emitter.Store(HostRegister.Frame, FrameOffset.RcxHome, HostRegister.Rcx);
        }

        _emitter.StoreImmediate32(HostRegister.Frame, FrameOffset.Exit, 0);
        byte* number = _emitter.Position - 4;
        _emitter.ZeroExtend16(HostRegister.Rcx, HostRegister.Scratch);
        _emitter.JumpIndexed(HostRegister.Frame, HostRegister.Rcx, JumpTable.First);
        return number;
    }

    /// <summary>JRCXZ and LOOP. JRCXZ has a short displacement only, so it goes around a jump.</summary>
    private void EmitCountedJump(in Instruction instruction)
    {
        bool loop = instruction.Code == Code.Loop_rel8_64_RCX;
        if (loop)
        {
            _emitter.LoadAddress(HostRegister.Rcx, HostRegister.Rcx, -1);
            _facts.Shift(HostRegister.Rcx, 1);
        }
        else
        {
            _emitter.JumpIfRcxZero(2);
        }

        // loop: jrcxz next; jmp exit; next:    jrcxz: jrcxz taken; jmp next; taken: jmp exit; next:
        byte* skip = _emitter.Position;
        _emitter.Byte(loop ? (byte)0xE3 : (byte)0xEB);
        _emitter.Byte(0);
        Lead(_emitter.Jump(_start), instruction);

        // SAFETY: the displacement byte just written.
        *(skip + 1 + _translation.WriteDelta) = (byte)(_emitter.Position - (skip + 2));
    }

    /// <summary>Leaves the block for good.</summary>
    private void EmitLeave(ExitReason reason, ulong source, ulong target)
    {
        RequireStackNear();
        AddExit(_emitter.Jump(_start), reason, source, target);
    }

    private void AddExit(byte* branch, ExitReason reason, ulong source, ulong target) =>
        _exits.Add(new PendingExit((nint)branch, reason, source, target, 0, _map, false));

    /// <summary>Makes a direct branch that was just written lead where it should: on in the block, back to its start, or out of it.</summary>
    private void Lead(byte* branch, in Instruction instruction)
    {
        ulong target = instruction.NearBranchTarget;
        if (_isLoop && target == _rip)
        {
            MergeInto(ref _backFacts, ref _hasBackFacts);
            _exits.Add(new PendingExit((nint)branch, ExitReason.Direct, instruction.IP, target, 0, _map, true));
        }
        else if (_isLoop && target > instruction.IP && IndexOf(target) is >= 0 and int index)
        {
            if (!_joins[index].IsKnown)
            {
                _joins[index].Facts.CopyFrom(_facts);
                _joins[index].IsKnown = true;
            }
            else
            {
                _joins[index].Facts.Intersect(_facts);
            }

            _inner.Add(((nint)branch, index));
        }
        else
        {
            AddExit(branch, ExitReason.Direct, instruction.IP, target);
        }
    }

    private void MergeInto(ref RegisterFacts facts, ref bool known)
    {
        if (known)
        {
            facts.Intersect(_facts);
        }
        else
        {
            facts.CopyFrom(_facts);
            known = true;
        }
    }

    /// <summary>Whether code that machines share leads to where each may have something else.</summary>
    private bool LeavesFile(ulong target) => _fetcher.File is { } file && (target < file.Start || target >= file.End);

    /// <summary>Numbers the exits, writes their code behind the block, and makes their branches lead there.</summary>
    private ExitSite[] EmitExits(CodeStore store)
    {
        var sites = new ExitSite[_exits.Count];
        for (int i = 0; i < sites.Length; i++)
        {
            PendingExit exit = _exits[i];
            ExitSite site = store.AddExit(exit.Source, exit.Target, exit.StackDelta);
            sites[i] = site;
            byte* branch = (byte*)exit.Branch;
            if (exit.Reason == ExitReason.Indirect)
            {
                SetNumber(site, branch);
                continue;
            }

            if (exit.Map != RegisterMap.Canonical && !exit.IsBack)
            {
                // The registers move to where other blocks expect them; the branch that can be linked comes after that.
                SetDisplacement(branch, _emitter.Position);
                EmitMove(exit.Map, RegisterMap.Canonical);
                branch = _emitter.Jump(_start);
            }

            if (exit.Reason == ExitReason.Direct && LeavesFile(exit.Target))
            {
                // Not all who share this block have the same code there.
                SetDisplacement(branch, _emitter.Position);
                _emitter.MoveImmediate(HostRegister.Scratch, exit.Target);
                SetNumber(site, EmitTableJump(rcxIsSaved: false));
                continue;
            }

            site.Branch = exit.Reason == ExitReason.Direct ? branch : null;
            site.IsBack = exit.IsBack;
            site.Stub = _emitter.Position;
            SetDisplacement(branch, !exit.IsBack ? site.Stub : branch >= _steady ? _steady : _moveIn);
            if (exit.Map != RegisterMap.Canonical && exit.IsBack)
            {
                EmitMove(exit.Map, RegisterMap.Canonical);
            }

            _emitter.StoreImmediate32(HostRegister.Frame, FrameOffset.Exit, (site.Id << 3) | (int)exit.Reason);
            _emitter.Byte(0xE9);
            _emitter.Dword((int)(_translation.Stubs.Exit - (_emitter.Position + 4)));
        }

        return sites;
    }

    /// <summary>An exit through the jump table: no branch that could be linked, the number is in front of the jump.</summary>
    private void SetNumber(ExitSite site, byte* number)
    {
        site.Stub = number;

        // SAFETY: an immediate that this translation wrote.
        *(int*)(number + _translation.WriteDelta) = (site.Id << 3) | (int)ExitReason.Indirect;
    }

    /// <summary>Moves guest registers from where one map has them to where another one has them.</summary>
    private void EmitMove(RegisterMap from, RegisterMap to)
    {
        for (int guest = 0; guest < 16; guest++)
        {
            if (from.HostOf(guest) >= 0 && to.HostOf(guest) < 0)
            {
                _emitter.Store(HostRegister.Frame, SlotOf(guest), from.HostOf(guest));
            }
        }

        // Only RSP and R11 move between host registers, and never to each other's place in one move: one map is the canonical one, in
        // which R11 has no register.
        if (from.StackPointer >= 0 && to.StackPointer >= 0 && from.StackPointer != to.StackPointer)
        {
            _emitter.Move(to.StackPointer, from.StackPointer);
        }

        for (int guest = 0; guest < 16; guest++)
        {
            if (from.HostOf(guest) < 0 && to.HostOf(guest) >= 0)
            {
                _emitter.Load(to.HostOf(guest), HostRegister.Frame, SlotOf(guest));
            }
        }
    }

    private void SetDisplacement(byte* branch, byte* target)
    {
        // SAFETY: a displacement that this translation wrote.
        *(int*)(branch + _translation.WriteDelta) = (int)(target - (branch + 4));
    }

    private bool EmitString(ref Instruction instruction, int index)
    {
        bool source = false;
        bool destination = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            source |= instruction.GetOpKind(i) == OpKind.MemorySegRSI;
            destination |= instruction.GetOpKind(i) == OpKind.MemoryESRDI;
        }

        if (instruction.Length == 15)
        {
            return false;
        }

        if (source)
        {
            RequireNear(HostRegister.Rsi);
        }

        // ES can't be overridden: RDI becomes a host address for the time being. So does RSI where many bytes may be moved: with a segment whose base
        // isn't zero, processors move them one by one (measured on Zen 4: 328 bytes take 68 ns instead of 11).
        bool repeats = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        bool biasesSource = source && destination && repeats;
        if (destination)
        {
            RequireNear(HostRegister.Rdi);
            _emitter.Load(HostRegister.Scratch, HostRegister.Frame, FrameOffset.WindowBase);
            _emitter.LoadAddress(HostRegister.Rdi, HostRegister.Rdi, HostRegister.Scratch, 1, 0);
        }

        int from = _emitter.Length;
        if (biasesSource)
        {
            _emitter.LoadAddress(HostRegister.Rsi, HostRegister.Rsi, HostRegister.Scratch, 1, 0);
        }

        int fromSource = _emitter.Length;
        if (repeats)
        {
            // Between two repetitions the guest is at this instruction, with what is left to do in its registers.
            _boundaries.Add(fromSource);
        }

        if (source && !biasesSource)
        {
            _emitter.Byte(0x65);
        }

        _emitter.Bytes(_fetcher.Bytes.Slice(_positions[index], instruction.Length));
        if (destination)
        {
            _emitter.Load(HostRegister.Scratch, HostRegister.Frame, FrameOffset.NegativeWindowBase);
            EndBias(HostRegister.Rdi, from);
        }

        if (biasesSource)
        {
            EndBias(HostRegister.Rsi, fromSource);
        }

        if (source)
        {
            StringAdvance(HostRegister.Rsi, repeats);
        }

        if (destination)
        {
            StringAdvance(HostRegister.Rdi, repeats);
        }

        if (repeats)
        {
            _facts.Forget(HostRegister.Rcx);
        }

        if (instruction.Mnemonic is Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd or Mnemonic.Lodsq)
        {
            _facts.Forget(HostRegister.Rax);
        }

        return true;
    }

    /// <summary>Takes the window's base, whose negative is in the scratch register, away from a register again.</summary>
    private void EndBias(int register, int from)
    {
        _fixups.Add(new RegisterFixup(from, _emitter.Length + 1, register, -1));
        _emitter.LoadAddress(register, register, HostRegister.Scratch, 1, 0);
    }

    private void StringAdvance(int register, bool repeats)
    {
        if (repeats)
        {
            _facts.Forget(register);
        }
        else
        {
            _facts.Shift(register, 8);
        }
    }

    private bool EmitImplicitMemory(ref Instruction instruction, int index)
    {
        if (instruction.Length == 15)
        {
            return false;
        }

        bool translate = instruction.Code == Code.Xlat_m8;
        int pointer = translate ? HostRegister.Rbx : HostRegister.Rdi;
        if (!_map.IsIdentity(pointer))
        {
            return false;
        }

        NoteX87(instruction);
        RequireNear(pointer);
        _emitter.Byte(0x65);
        _emitter.Bytes(_fetcher.Bytes.Slice(_positions[index], instruction.Length));
        if (translate)
        {
            _facts.Forget(HostRegister.Rax);
        }

        return true;
    }
}
