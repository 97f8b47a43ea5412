using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Loader;

/// <summary>
/// The stack of a new program (System V ABI x86-64, 3.4.1; Linux's copy_strings() and create_elf_tables()). From the top: eight
/// zero bytes, the file name, the environment's and the arguments' strings, a gap, the platform's name, 16 random bytes,
/// a gap, the auxiliary vector, envp, argv, argc, which the stack pointer points to, 16-byte aligned.
/// </summary>
internal sealed class InitialStack
{
    /// <summary>MAX_ARG_STRLEN: bytes in one string with its NUL.</summary>
    public const int MaxStringLength = 128 << 10;
    private const ulong ArgMax = 128 << 10;
    private const ulong LargestArguments = (8UL << 20) / 4 * 3;

    /// <summary>How much stack is mapped below the strings at once.</summary>
    private const ulong InitialRoom = 128 << 10;

    private readonly IReadOnlyList<byte[]> _arguments;
    private readonly IReadOnlyList<byte[]> _environment;
    private readonly byte[] _fileName;

    public InitialStack(byte[] fileName, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment)
    {
        _fileName = fileName;
        _arguments = arguments;
        _environment = environment;
    }

    /// <summary>The auxiliary vector's entries whose values don't depend on the stack's own place, in order; those of the others are filled in by <see cref="Write"/>.</summary>
    public List<AuxEntry> Auxiliary { get; } = [];

    /// <summary>16 random bytes for AT_RANDOM.</summary>
    public byte[] RandomBytes { get; init; } = new byte[16];

    /// <summary>AT_PLATFORM.</summary>
    public byte[] Platform { get; init; } = "x86_64"u8.ToArray();

    /// <summary>Results of <see cref="Write"/>: the stack pointer and where the strings are.</summary>
    public ulong StackPointer { get; private set; }

    public ulong ArgStart { get; private set; }

    public ulong ArgEnd { get; private set; }

    public ulong EnvEnd { get; private set; }

    /// <summary>The vector as written.</summary>
    public byte[] AuxiliaryBytes { get; private set; } = [];

    /// <summary>E2BIG if the strings are more than Linux takes for this stack limit (execve(2), "Limits on size of arguments and environment").</summary>
    public Errno Check(ulong stackLimit)
    {
        ulong limit = Math.Max(Math.Min(LargestArguments, stackLimit / 4), ArgMax);
        ulong pointers = ((ulong)Math.Max(_arguments.Count, 1) + (ulong)_environment.Count) * 8;
        ulong strings = (ulong)_fileName.Length + 1;
        foreach (byte[] text in _arguments.Concat(_environment))
        {
            if (text.Length >= MaxStringLength)
            {
                return Errno.E2BIG;
            }

            strings += (ulong)text.Length + 1;
        }

        return pointers >= limit || strings > limit - pointers ? Errno.E2BIG : Errno.None;
    }

    /// <summary>Maps the stack below <paramref name="top"/> and fills it.</summary>
    /// <param name="space">Where.</param>
    /// <param name="top">End of the stack.</param>
    /// <param name="offset">How far the pointer is moved down at random.</param>
    /// <param name="executable">Whether code may run on it.</param>
    /// <param name="stackLimit">RLIMIT_STACK in bytes.</param>
    public Errno Write(AddressSpace space, ulong top, ulong offset, bool executable, ulong stackLimit)
    {
        // Everything is laid out in one buffer that ends at the top, then copied.
        ulong strings = top - 8;
        ulong fileName = strings - (ulong)_fileName.Length - 1;
        EnvEnd = fileName;
        ArgEnd = EnvEnd - Length(_environment);
        ArgStart = ArgEnd - Length(_arguments);
        ulong aligned = (ArgStart - offset) & ~15UL;
        ulong platform = aligned - (ulong)Platform.Length - 1;
        ulong random = platform - (ulong)RandomBytes.Length;
        ulong words = 1 + (ulong)_arguments.Count + 1 + (ulong)_environment.Count + 1;
        ulong vector = ((ulong)Auxiliary.Count + 1) * 2;
        StackPointer = (random - ((words + vector) * 8)) & ~15UL;

        byte[] buffer = new byte[top - StackPointer];
        Put(buffer, fileName, _fileName);
        Put(buffer, platform, Platform);
        Put(buffer, random, RandomBytes);
        ulong at = StackPointer;
        PutWord(buffer, ref at, (ulong)_arguments.Count);
        PutStrings(buffer, ref at, ArgStart, _arguments);
        PutStrings(buffer, ref at, ArgEnd, _environment);
        int vectorStart = (int)(at - StackPointer);
        foreach (AuxEntry entry in Auxiliary)
        {
            PutWord(buffer, ref at, entry.a_type);
            PutWord(buffer, ref at, entry.a_type switch
            {
                AuxvConstants.AT_RANDOM => random,
                AuxvConstants.AT_PLATFORM => platform,
                AuxvConstants.AT_EXECFN => fileName,
                _ => entry.a_val,
            });
        }

        PutWord(buffer, ref at, AuxvConstants.AT_NULL);
        PutWord(buffer, ref at, 0);
        AuxiliaryBytes = buffer[vectorStart..(int)(at - StackPointer)];

        ulong mapped = Page.Floor(StackPointer);
        ulong room = Math.Min(InitialRoom, Page.Floor(stackLimit));
        ulong start = top - mapped >= room ? mapped : mapped - (room - (top - mapped));
        MemoryProtection protection = MemoryProtection.Read | MemoryProtection.Write | (executable ? MemoryProtection.Execute : 0);
        Errno error = space.Map(ref start, top - start, protection, MappingFlags.FixedNoReplace | MappingFlags.GrowsDown, name: "[stack]");
        if (error != Errno.None)
        {
            return error;
        }

        return space.TryWrite(StackPointer, buffer) ? Errno.None : Errno.ENOMEM;

        void Put(byte[] target, ulong address, byte[] bytes) => bytes.CopyTo(target, (int)(address - StackPointer));

        void PutWord(byte[] target, ref ulong address, ulong value)
        {
            MemoryMarshal.Write(target.AsSpan((int)(address - StackPointer)), value);
            address += 8;
        }

        void PutStrings(byte[] target, ref ulong address, ulong text, IReadOnlyList<byte[]> list)
        {
            foreach (byte[] bytes in list)
            {
                PutWord(target, ref address, text);
                Put(target, text, bytes);
                text += (ulong)bytes.Length + 1;
            }

            PutWord(target, ref address, 0);
        }
    }

    private static ulong Length(IReadOnlyList<byte[]> list)
    {
        ulong length = 0;
        foreach (byte[] bytes in list)
        {
            length += (ulong)bytes.Length + 1;
        }

        return length;
    }
}
