using System.Runtime.InteropServices;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// The translations of a file's code at one guest address, shared by all machines of the process that map it there: code is translated once, and
/// the machines after the first start with it, linked and all.
/// </summary>
/// <remarks>
/// What is translated is read from the file, never from a guest's memory, so no guest can put code into another one's image. A machine uses an
/// image only while its own mapping shows nothing but the file's content. Blocks stay good as long as the image lives: nothing is ever invalidated here.
/// </remarks>
internal sealed class CodeImage(CodeImageKey key, CodeIndex index)
{
    /// <summary>Bytes of translated code in one image at most; what doesn't fit is translated by each machine for itself.</summary>
    private const long Limit = 64 << 20;

    private readonly Dictionary<ulong, List<TranslatedBlock>> _targets = [];

    /// <summary>What it is the image of.</summary>
    public CodeImageKey Key => key;

    /// <summary>What is mapped, and where.</summary>
    public FileCode Code => key.Code;

    /// <summary>The blocks.</summary>
    public CodeStore Store { get; } = new(index, Limit);

    /// <summary>Held while a block is written.</summary>
    public Lock Translating { get; } = new();

    /// <summary>Machines that use it, or may have threads inside. Guarded by <see cref="CodeImages"/>.</summary>
    public int Users { get; set; }

    /// <summary>Whether an address lies in the mapping.</summary>
    public bool Contains(ulong address) => address >= key.Code.Start && address < key.Code.End;

    /// <summary>Guest addresses that jump tables may have code of the image for.</summary>
    public List<ulong> TargetAddresses()
    {
        lock (Store.Lock)
        {
            var addresses = new List<ulong>();
            foreach (List<TranslatedBlock> targets in _targets.Values)
            {
                foreach (TranslatedBlock block in targets)
                {
                    addresses.Add(block.Rip);
                }
            }

            return addresses;
        }
    }

    /// <summary>
    /// Notes that indirect branches lead to a block. Where that was known, the blocks of the same page that they lead to: a machine that is new
    /// there is likely to need them next. The store's lock is held as long as the result is used.
    /// </summary>
    public List<TranslatedBlock>? AddTarget(TranslatedBlock block)
    {
        ref List<TranslatedBlock>? targets = ref CollectionsMarshal.GetValueRefOrAddDefault(_targets, Page.Floor(block.Rip), out _);
        if (block.IsTarget)
        {
            return targets;
        }

        block.IsTarget = true;
        (targets ??= []).Add(block);
        return null;
    }
}

/// <summary>What an image is made from.</summary>
/// <param name="Code">The code of a file, and where it is mapped.</param>
/// <param name="Model">What CPUID says to the guest.</param>
/// <param name="WindowBits">The window's size is two to this power.</param>
internal readonly record struct CodeImageKey(FileCode Code, CpuModel Model, int WindowBits);

/// <summary>For whom a block is translated.</summary>
/// <param name="Store">Where it will be.</param>
/// <param name="File">Where its guest code is from; null for the guest's memory.</param>
internal readonly record struct CodeSource(CodeStore Store, FileCode? File);
