using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Memory;

namespace HermiTux.Loader;

/// <summary>
/// Puts a program into a process: ELF64 static, static-PIE or dynamic through PT_INTERP, and #! scripts; builds the initial stack
/// with argv, envp and the auxiliary vector, and sets the entry registers (execve(2), System V ABI 3.4).
/// </summary>
public static class ProgramLoader
{
    /// <summary>How many #! lines may follow each other; one more is ELOOP.</summary>
    private const int MaxScriptDepth = 5;

    /// <summary>TASK_COMM_LEN without the NUL.</summary>
    private const int MaxCommandName = 15;

    /// <summary>
    /// Loads into <paramref name="process"/>'s address space (cleared first, once the file is known to be good), sets Layout,
    /// ExecutablePath and CommandName, and the registers of <paramref name="thread"/>. Null on success.
    /// </summary>
    /// <remarks>
    /// A failure with <see cref="LoadFailure.ProcessLost"/> came after the old program was gone; execve(2) can't return then, and
    /// Linux kills the process with SIGSEGV. Other threads of the process are ended.
    /// </remarks>
    public static LoadFailure? Load(Process process, GuestThread thread, ProgramImageRequest request, LoaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(thread);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(options);

        // Since 5.18 Linux gives a program without arguments an empty argv[0].
        List<byte[]> arguments = request.Arguments.Count == 0 ? [[]] : [.. request.Arguments];
        LoadFailure? failure = FindProgram(process.Fs, request, arguments, out ProgramFile? program, out ElfFile? elf);
        if (failure != null)
        {
            return failure;
        }

        using (program)
        {
            ProgramFile? interpreter = null;
            ElfFile? interpreterElf = null;
            if (elf!.Interpreter != null)
            {
                failure = FindInterpreter(process.Fs, request.Path, elf, out interpreter, out interpreterElf);
                if (failure != null)
                {
                    return failure;
                }
            }

            using (interpreter)
            {
                return Start(process, thread, request, options, arguments, program!, elf, interpreter, interpreterElf);
            }
        }
    }

    /// <summary>Follows #! lines to an ELF file, rewriting the arguments on the way.</summary>
    private static LoadFailure? FindProgram(FsContext context, ProgramImageRequest request, List<byte[]> arguments, out ProgramFile? program, out ElfFile? elf)
    {
        elf = null;
        string path = request.Path;
        string current = path;
        byte[] buffer = new byte[ScriptLine.BufferSize];
        for (int depth = 0; ; depth++)
        {
            Errno error = ProgramFile.Open(context, depth == 0 ? request.File : null, current, out program, out string problem);
            if (error != Errno.None)
            {
                return new LoadFailure(error, depth == 0 ? $"{path}: {problem}." : $"{path}: its interpreter {current} can't be run: {problem}.")
                {
                    Interpreter = depth == 0 ? null : current,
                };
            }

            Array.Clear(buffer);
            Result<int> read = program!.Read(buffer, 0);
            if (!read.IsSuccess)
            {
                program.Dispose();
                return new LoadFailure(read.Error, $"{current}: it can't be read ({read.Error}).");
            }

            if (!ScriptLine.HasMagic(buffer))
            {
                error = ElfFile.Read(program, out elf, out problem);
                if (error == Errno.None)
                {
                    return null;
                }

                program.Dispose();
                return new LoadFailure(error, $"{current}: {problem}.");
            }

            program.Dispose();
            if (depth == 0 && request.IsPathLost)
            {
                return new LoadFailure(Errno.ENOENT, $"{path}: a script whose descriptor closes on execution.");
            }

            if (depth == MaxScriptDepth)
            {
                return new LoadFailure(Errno.ELOOP, $"{path}: more than {MaxScriptDepth} scripts are each other's interpreter.");
            }

            if (!ScriptLine.TryParse(buffer, out ScriptLine line))
            {
                return new LoadFailure(Errno.ENOEXEC, $"{current}: its #! line names no interpreter or is too long.");
            }

            // argv[0] is replaced by the interpreter, its argument and the script's path.
            arguments[0] = FileName.Encode(current);
            if (line.Argument != null)
            {
                arguments.Insert(0, line.Argument);
            }

            arguments.Insert(0, line.Interpreter);
            current = FileName.Decode(line.Interpreter);
        }
    }

    private static LoadFailure? FindInterpreter(FsContext context, string path, ElfFile elf, out ProgramFile? interpreter, out ElfFile? interpreterElf)
    {
        interpreterElf = null;
        string name = FileName.Decode(elf.Interpreter);
        Errno error = ProgramFile.Open(context, null, name, out interpreter, out string problem);
        if (error == Errno.None)
        {
            error = ElfFile.Read(interpreter!, out interpreterElf, out problem);
            if (error == Errno.None)
            {
                return null;
            }

            interpreter!.Dispose();
            interpreter = null;
            error = error == Errno.ENOEXEC ? Errno.ELIBBAD : error;
        }

        return new LoadFailure(error, $"{path}: its program interpreter {name} can't be used: {problem}.") { Interpreter = name };
    }

    private static unsafe LoadFailure? Start(Process process, GuestThread thread, ProgramImageRequest request, LoaderOptions options,
        List<byte[]> arguments, ProgramFile program, ElfFile elf, ProgramFile? interpreter, ElfFile? interpreterElf)
    {
        byte[] random = new byte[16];
        process.Machine.Entropy.Fill(random);
        var stack = new InitialStack(FileName.Encode(request.Path), arguments, request.Environment) { RandomBytes = random };
        Errno error = stack.Check(options.StackLimit);
        if (error != Errno.None)
        {
            return new LoadFailure(error, $"{request.Path}: its arguments and environment are too long.");
        }

        LoadFailure? beyond = CheckAddresses(request.Path, elf, process.Memory.MaximumAddress)
            ?? (interpreterElf == null ? null : CheckAddresses(FileName.Decode(elf.Interpreter), interpreterElf, process.Memory.MaximumAddress));
        if (beyond != null)
        {
            return beyond;
        }

        // From here on the old program is gone, and its other threads must not see the new one.
        if (!process.EndOtherThreads(thread))
        {
            return new LoadFailure(Errno.EAGAIN, $"{request.Path}: the process is ending.");
        }

        // Locks that it owns in the old memory go to nobody in the new one (exec_mm_release).
        process.Machine.Futexes.ReleaseOwned(thread);
        AddressSpace space = process.Memory;
        var layout = new MemoryLayout(options.RandomizeLayout ? process.Machine.Entropy : null, options.StackLimit, Math.Min(space.DefaultMapWindow, space.MaximumAddress));
        space.Clear();
        space.StackLimit = options.StackLimit;
        layout.Apply(space);

        // A program that is its own loader (static PIE, ld.so itself) goes where libraries go.
        ulong preferred = elf.IsPositionIndependent && interpreter != null ? layout.Program : 0;
        error = ElfMapper.Map(space, elf, program.GetContent(), preferred, out MappedImage image);
        if (error != Errno.None)
        {
            return Lost(error, $"{request.Path}: its segments can't be mapped ({error}).");
        }

        MappedImage interpreterImage = default;
        if (interpreterElf != null)
        {
            error = ElfMapper.Map(space, interpreterElf, interpreter!.GetContent(), 0, out interpreterImage);
            if (error != Errno.None)
            {
                return Lost(error, $"{request.Path}: the segments of its program interpreter can't be mapped ({error}).");
            }
        }

        ulong entry = unchecked(interpreterElf != null
            ? interpreterImage.Bias + interpreterElf.Header.e_entry
            : image.Bias + elf.Header.e_entry);
        if (entry >= Page.UserEnd)
        {
            return Lost(interpreterElf != null ? Errno.ELIBBAD : Errno.EINVAL, $"{request.Path}: its entry point 0x{entry:x} is outside user space.");
        }

        FillAuxiliary(stack.Auxiliary, process.Credentials, options, elf, image, interpreterImage);
        error = stack.Write(space, layout.StackTop, layout.StackTopOffset, elf.ExecutableStack, options.StackLimit);
        if (error != Errno.None)
        {
            return Lost(error, $"{request.Path}: there is no room for its initial stack ({error}).");
        }

        // A program that is its own loader has its heap away from the libraries' region, which it might run into.
        ulong brk = layout.BrkStart(elf.IsPositionIndependent && interpreter == null ? layout.ProgramBase : image.End);
        space.SetBrkStart(brk);
        process.Layout = new ProcessLayout
        {
            ArgStart = stack.ArgStart,
            ArgEnd = stack.ArgEnd,
            EnvStart = stack.ArgEnd,
            EnvEnd = stack.EnvEnd,
            CodeStart = image.CodeStart,
            CodeEnd = image.CodeEnd,
            DataStart = image.DataStart,
            DataEnd = image.DataEnd,
            BrkStart = brk,
            StackStart = stack.StackPointer,
            AuxiliaryVector = stack.AuxiliaryBytes,
        };
        process.Executable = program.Dentry;
        process.CommandName = CommandNameOf(request.File is { } file ? file.Name.Replace(Dentry.DeletedMark, "", StringComparison.Ordinal) : request.Path);

        // execve(2): what the vCPU still holds of the old program goes.
        thread.SyncFloatingPoint();

        // SAFETY: the thread owns its register file and doesn't run.
        CpuState* state = thread.State;
        state->Reset();
        state->Rip = entry;
        state->Rsp = stack.StackPointer;
        return null;
    }

    /// <summary>A file that is linked to addresses that the engine doesn't give.</summary>
    private static LoadFailure? CheckAddresses(string path, ElfFile elf, ulong limit)
    {
        ulong end = elf.IsPositionIndependent ? elf.HighAddress - elf.LowAddress : elf.HighAddress;
        return end <= limit ? null : new LoadFailure(Errno.ENOMEM,
            $"{path}: it needs addresses up to 0x{end:x}, and this engine gives a program those below 0x{limit:x} only; another engine gives all that Linux does.");
    }

    /// <summary>The vector in Linux 6.1's order. AT_SYSINFO_EHDR is left out, since there is no vDSO.</summary>
    private static void FillAuxiliary(List<AuxEntry> vector, Credentials credentials, LoaderOptions options, ElfFile elf,
        in MappedImage image, in MappedImage interpreter)
    {
        void Add(ulong type, ulong value) => vector.Add(new AuxEntry { a_type = type, a_val = value });

        bool secure = credentials.Uid != credentials.Euid || credentials.Gid != credentials.Egid;
        Add(AuxvConstants.AT_MINSIGSTKSZ, options.MinimumSignalStackSize);
        Add(AuxvConstants.AT_HWCAP, options.HardwareCapabilities);
        Add(AuxvConstants.AT_PAGESZ, Page.Size);
        Add(AuxvConstants.AT_CLKTCK, 100);
        Add(AuxvConstants.AT_PHDR, unchecked(image.Bias + elf.ProgramHeaderAddress));
        Add(AuxvConstants.AT_PHENT, ElfFile.ProgramHeaderSize);
        Add(AuxvConstants.AT_PHNUM, elf.Header.e_phnum);
        Add(AuxvConstants.AT_BASE, interpreter.Bias);
        Add(AuxvConstants.AT_FLAGS, 0);
        Add(AuxvConstants.AT_ENTRY, unchecked(image.Bias + elf.Header.e_entry));
        Add(AuxvConstants.AT_UID, credentials.Uid);
        Add(AuxvConstants.AT_EUID, credentials.Euid);
        Add(AuxvConstants.AT_GID, credentials.Gid);
        Add(AuxvConstants.AT_EGID, credentials.Egid);
        Add(AuxvConstants.AT_SECURE, secure ? 1UL : 0);
        Add(AuxvConstants.AT_RANDOM, 0);
        Add(AuxvConstants.AT_HWCAP2, options.HardwareCapabilities2);
        Add(AuxvConstants.AT_EXECFN, 0);
        Add(AuxvConstants.AT_PLATFORM, 0);
        if (options.RseqFeatureSize != 0)
        {
            Add(AuxvConstants.AT_RSEQ_FEATURE_SIZE, options.RseqFeatureSize);
            Add(AuxvConstants.AT_RSEQ_ALIGN, 32);
        }
    }

    private static string CommandNameOf(string path)
    {
        byte[] name = FileName.Encode(path[(path.LastIndexOf('/') + 1)..]);
        return FileName.Decode(name.AsSpan(0, Math.Min(name.Length, MaxCommandName)));
    }

    private static LoadFailure Lost(Errno error, string message) => new(error, message) { ProcessLost = true };
}
