using System.Runtime.InteropServices;
using System.Text;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Devices;
using HermiTux.Kernel;
using HermiTux.Kernel.FileSystems;
using HermiTux.Loader;
using HermiTux.Memory;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HermiTux.Tests.Loader;

/// <summary>execve(2): finding programs, scripts and interpreters, and starting them.</summary>
public sealed unsafe class ProgramLoaderTests : IDisposable
{
    private readonly FrameTable _frames = new(MemoryModel.Heap.CreateStore(64 << 20), 64 << 20);
    private readonly MemoryFileSystem _root;
    private readonly Process _process;
    private readonly GuestThread _thread;

    /// <summary>Owned by the thread.</summary>
    private readonly CpuState* _state = CpuState.Allocate();

    public ProgramLoaderTests()
    {
        _root = new MemoryFileSystem(_frames, TimeProvider.System);
        var machine = new Machine
        {
            Frames = _frames,
            Files = new VirtualFileSystem(_root),
            Time = TimeProvider.System,
            Entropy = new SeededEntropySource(5),
            Logger = NullLogger.Instance,
        };
        Credentials credentials = Credentials.ForUser(1000, 1001);
        _process = new Process
        {
            Machine = machine,
            Pid = 1,
            Memory = new AddressSpace(_frames),
            Descriptors = new FdTable(),
            Fs = new FsContext(machine.Files, credentials),
            Credentials = credentials,
        };
        _thread = new GuestThread { Process = _process, Tid = 1, State = _state };
    }

    public void Dispose()
    {
        _process.Memory.Dispose();
        _frames.Dispose();
    }

    [Fact]
    public void A_static_program_starts_with_its_arguments_and_a_complete_auxiliary_vector()
    {
        AddProgram("/bin/program-with-a-long-name", ElfConstants.ET_EXEC, null);
        Assert.Null(Load("/bin/program-with-a-long-name", "zero", "one"));
        Assert.Equal(0x40_0300UL, _state->Rip);
        Assert.Equal(_process.Layout.StackStart, _state->Rsp);
        Assert.Equal(0UL, _state->Rsp & 15);
        Assert.Equal("program-with-a-", _process.CommandName);
        Assert.Equal("/bin/program-with-a-long-name", _process.ExecutablePath);
        Assert.Equal(["zero", "one"], Arguments());
        Assert.Equal(
            [AuxvConstants.AT_MINSIGSTKSZ, AuxvConstants.AT_HWCAP, AuxvConstants.AT_PAGESZ, AuxvConstants.AT_CLKTCK, AuxvConstants.AT_PHDR,
                AuxvConstants.AT_PHENT, AuxvConstants.AT_PHNUM, AuxvConstants.AT_BASE, AuxvConstants.AT_FLAGS, AuxvConstants.AT_ENTRY, AuxvConstants.AT_UID,
                AuxvConstants.AT_EUID, AuxvConstants.AT_GID, AuxvConstants.AT_EGID, AuxvConstants.AT_SECURE, AuxvConstants.AT_RANDOM, AuxvConstants.AT_HWCAP2,
                AuxvConstants.AT_EXECFN, AuxvConstants.AT_PLATFORM, AuxvConstants.AT_NULL],
            Auxiliary().Select(e => e.a_type));
        Assert.Equal(0x40_0040UL, Value(AuxvConstants.AT_PHDR));
        Assert.Equal(0UL, Value(AuxvConstants.AT_BASE));
        Assert.Equal(1001UL, Value(AuxvConstants.AT_GID));
        Assert.Equal("/bin/program-with-a-long-name", StringAt(Value(AuxvConstants.AT_EXECFN)));
        Assert.Equal("x86_64", StringAt(Value(AuxvConstants.AT_PLATFORM)));
        ulong heap = _process.Memory.Brk(0);
        Assert.Equal(heap, _process.Layout.BrkStart);
        Assert.InRange(heap, 0x40_2000UL, 0x40_2000UL + 0x200_0000);
    }

    [Fact]
    public void A_dynamic_program_starts_in_its_interpreter_at_Linuxs_fixed_addresses()
    {
        AddProgram("/lib/ld.so", ElfConstants.ET_DYN, null);
        AddProgram("/bin/dynamic", ElfConstants.ET_DYN, "/lib/ld.so");
        Assert.Null(Load("/bin/dynamic", randomize: false, "dynamic"));
        Assert.Equal(0x5555_5555_4300UL, Value(AuxvConstants.AT_ENTRY));
        Assert.Equal(0x5555_5555_4040UL, Value(AuxvConstants.AT_PHDR));
        Assert.Equal(0x7FFF_F7FF_D000UL, Value(AuxvConstants.AT_BASE));
        Assert.Equal(0x7FFF_F7FF_D300UL, _state->Rip);
        Assert.Equal(0x5555_5555_6000UL, _process.Memory.Brk(0));
        Assert.Equal(Page.UserEnd, _process.Memory.Mappings[^1].End);
        ulong first = _state->Rsp;
        Assert.Null(Load("/bin/dynamic", randomize: false, "dynamic"));
        Assert.Equal(first, _state->Rsp);
    }

    [Fact]
    public void A_random_layout_differs_each_time_within_Linuxs_ranges()
    {
        AddProgram("/lib/ld.so", ElfConstants.ET_DYN, null);
        AddProgram("/bin/dynamic", ElfConstants.ET_DYN, "/lib/ld.so");
        var seen = new HashSet<ulong>();
        for (int i = 0; i < 20; i++)
        {
            Assert.Null(Load("/bin/dynamic", "dynamic"));
            Assert.True(seen.Add(Value(AuxvConstants.AT_ENTRY)));
            Assert.True(seen.Add(Value(AuxvConstants.AT_BASE)));
            Assert.True(seen.Add(_state->Rsp));
            Assert.InRange(Value(AuxvConstants.AT_ENTRY), 0x5555_5555_4000UL, 0x5655_5555_5000UL);
            Assert.InRange(Value(AuxvConstants.AT_BASE), 0x7EF0_0000_0000UL, 0x7FFF_F7FF_F000UL);
        }
    }

    [Fact]
    public void A_program_linked_beyond_the_end_of_a_small_space_is_refused_before_the_old_one_is_gone()
    {
        AddProgram("/bin/static", ElfConstants.ET_EXEC, null);
        using var small = new AddressSpace(_frames) { MaximumAddress = 0x40_1000 };
        ulong address = 0x2_0000;
        Assert.Equal(Errno.None, small.Map(ref address, Page.Size, MemoryProtection.Read, MappingFlags.Fixed));
        var process = new Process
        {
            Machine = _process.Machine,
            Pid = 2,
            Memory = small,
            Descriptors = _process.Descriptors,
            Fs = _process.Fs,
            Credentials = _process.Credentials,
        };
        LoadFailure? failure = ProgramLoader.Load(process, _thread, new ProgramImageRequest("/bin/static", [[]], []), new LoaderOptions());
        Assert.Equal(Errno.ENOMEM, failure?.Error);
        Assert.Contains("0x401000", failure!.Message, StringComparison.Ordinal);
        Assert.False(failure.ProcessLost);
        Assert.Single(small.Mappings);
    }

    [Fact]
    public void A_script_runs_its_interpreter_with_one_argument_and_its_own_path()
    {
        AddProgram("/bin/sh", ElfConstants.ET_EXEC, null);
        AddFile("/script", "#! /bin/sh -e -x \necho\n");
        Assert.Null(Load("/script", "script", "a", "b"));
        Assert.Equal(["/bin/sh", "-e -x", "/script", "a", "b"], Arguments());
        Assert.Equal("/bin/sh", _process.ExecutablePath);
        Assert.Equal("script", _process.CommandName);
        Assert.Equal("/script", StringAt(Value(AuxvConstants.AT_EXECFN)));
    }

    [Fact]
    public void Five_scripts_may_be_each_others_interpreter_and_six_may_not()
    {
        AddProgram("/s0", ElfConstants.ET_EXEC, null);
        for (int i = 1; i <= 6; i++)
        {
            AddFile($"/s{i}", $"#!/s{i - 1} a{i}\n");
        }

        Assert.Null(Load("/s5", "x", "y"));
        Assert.Equal(["/s0", "a1", "/s1", "a2", "/s2", "a3", "/s3", "a4", "/s4", "a5", "/s5", "y"], Arguments());
        Assert.Equal(Errno.ELOOP, Load("/s6", "x")!.Error);
        AddFile("/loop", "#!/loop\n");
        Assert.Equal(Errno.ELOOP, Load("/loop", "x")!.Error);
    }

    [Fact]
    public void What_can_not_run_gives_the_proper_error_and_leaves_the_old_program_alone()
    {
        AddProgram("/bin/good", ElfConstants.ET_EXEC, null);
        Assert.Null(Load("/bin/good", "good"));
        int mappings = _process.Memory.Mappings.Count;
        AddFile("/text", "hello");
        AddFile("/empty", "");
        AddFile("/orphan", "#!/bin/missing\n");
        AddFile("/into-directory", "#!/bin\n");
        AddFile("/not-executable", "#!/bin/good\n", mode: 0x1A4);
        AddProgram("/bin/no-interpreter", ElfConstants.ET_DYN, "/lib/missing.so");
        AddProgram("/bin/bad-interpreter", ElfConstants.ET_DYN, "/text");
        (string Path, Errno Error)[] cases =
        [
            ("/missing", Errno.ENOENT), ("/bin", Errno.EACCES), ("/text", Errno.ENOEXEC), ("/empty", Errno.ENOEXEC), ("/text/x", Errno.ENOTDIR),
            ("/orphan", Errno.ENOENT), ("/into-directory", Errno.EACCES), ("/not-executable", Errno.EACCES),
            ("/bin/no-interpreter", Errno.ENOENT), ("/bin/bad-interpreter", Errno.ELIBBAD),
        ];
        foreach ((string path, Errno error) in cases)
        {
            LoadFailure? failure = Load(path, "x");
            Assert.NotNull(failure);
            Assert.True(error == failure.Error, $"{path}: {failure}");
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            Assert.False(failure.ProcessLost);
        }

        Assert.Equal(Errno.E2BIG, Load("/bin/good", new string('x', 128 << 10))!.Error);
        Assert.Equal(mappings, _process.Memory.Mappings.Count);
        Assert.Equal("good", _process.CommandName);
    }

    [Fact]
    public void No_arguments_become_one_empty_argument()
    {
        AddProgram("/p", ElfConstants.ET_EXEC, null);
        Assert.Null(Load("/p"));
        Assert.Equal([""], Arguments());
    }

    private LoadFailure? Load(string path, params string[] arguments) => Load(path, randomize: true, arguments);

    private LoadFailure? Load(string path, bool randomize, params string[] arguments) =>
        ProgramLoader.Load(_process, _thread, new ProgramImageRequest(path, [.. arguments.Select(Encoding.UTF8.GetBytes)], ["A=B"u8.ToArray()]),
            new LoaderOptions { RandomizeLayout = randomize });

    private void AddProgram(string path, uint type, string? interpreter)
    {
        byte[] file = TestElf.Create(type, type == ElfConstants.ET_EXEC ? 0x40_0000UL : 0,
            new TestSegment(ElfConstants.PF_R | ElfConstants.PF_X, 0, 0, 0x2000, 0x2000),
            new TestSegment(0, 0x200, 0, 20, 20) { Type = interpreter == null ? ElfConstants.PT_NULL : ElfConstants.PT_INTERP });
        file.AsSpan(0x200, 20).Clear();
        Encoding.ASCII.GetBytes(interpreter ?? "").CopyTo(file, 0x200);
        Assert.Equal(Errno.None, _root.AddFile(path, file, 0x1ED));
    }

    private void AddFile(string path, string text, uint mode = 0x1ED) =>
        Assert.Equal(Errno.None, _root.AddFile(path, Encoding.ASCII.GetBytes(text), mode));

    private string[] Arguments()
    {
        Assert.True(_process.Memory.TryRead(_state->Rsp, out ulong count));
        return [.. Enumerable.Range(1, (int)count).Select(i => StringAt(WordAt(_state->Rsp + ((ulong)i * 8))))];
    }

    private ulong WordAt(ulong address)
    {
        Assert.True(_process.Memory.TryRead(address, out ulong value));
        return value;
    }

    private string StringAt(ulong address)
    {
        Assert.Equal(Errno.None, _process.Memory.TryReadCString(address, 4096, out byte[] text));
        return Encoding.UTF8.GetString(text);
    }

    private AuxEntry[] Auxiliary() => MemoryMarshal.Cast<byte, AuxEntry>(_process.Layout.AuxiliaryVector).ToArray();

    private ulong Value(ulong type) => Auxiliary().Single(e => e.a_type == type).a_val;
}
