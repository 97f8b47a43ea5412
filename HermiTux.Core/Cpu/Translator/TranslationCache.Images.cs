using System.Diagnostics.CodeAnalysis;
using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <content>Images: which ones the machine uses, from when to when, and what it adds to them.</content>
internal sealed unsafe partial class TranslationCache
{
    /// <summary>Images that a machine may use at a time.</summary>
    private const int MaxImages = 512;

    /// <summary>From so many on, those that were left are given back.</summary>
    private const int ManyImages = 64;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(10);

    private readonly HashSet<CodeImage> _used = [];
    private readonly List<(ExitSite Exit, CodeImage Image)> _links = [];
    private CodeImage[] _images = [];
    private int _manyLinks = 1024;
    private long _departures;

    /// <summary>Whether code of files is shared with the other machines of the process.</summary>
    internal bool UsesImages { get; init; } = true;

    /// <summary>Grows each time an image is left: a block from before may not be entered any more.</summary>
    public long Departures => Volatile.Read(ref _departures);

    private CodeImage? ImageAt(ulong rip)
    {
        foreach (CodeImage image in Volatile.Read(ref _images))
        {
            if (image.Contains(rip))
            {
                return image;
            }
        }

        return null;
    }

    /// <summary>Starts using the image that an address lies in, if there may be one.</summary>
    private bool TryUseImage(ulong rip, [NotNullWhen(true)] out CodeImage? image)
    {
        image = null;
        long changes = Volatile.Read(ref _changes);
        if (!_space.TryGetFileCode(rip, out FileCode code))
        {
            return false;
        }

        if (_used.Count >= ManyImages)
        {
            ReleaseImages();
        }

        if (OwesTooMuch())
        {
            return false;
        }

        image = _stubs.Images.Use(new CodeImageKey(code, _model, Window.Bits));
        lock (_own.Lock)
        {
            // References last until no vCPU is left: threads may be inside for a while after the image was left.
            if (!_used.Add(image))
            {
                _stubs.Images.Release(image);
            }

            if (changes != _changes)
            {
                // What was found may be gone already.
                image = null;
                return false;
            }

            if (!Array.Exists(_images, image.Equals))
            {
                Volatile.Write(ref _images, [image, .. _images]);
            }

            return true;
        }
    }

    /// <summary>Stops using the images that lie in a range. The own store's lock is held.</summary>
    private void LeaveImages(ulong start, ulong end)
    {
        foreach (CodeImage image in _images)
        {
            if (image.Code.End <= start || image.Code.Start >= end)
            {
                continue;
            }

            Volatile.Write(ref _images, Array.FindAll(_images, other => other != image));
            Volatile.Write(ref _departures, _departures + 1);
            foreach ((ExitSite exit, CodeImage into) in _links)
            {
                if (into == image)
                {
                    _own.SetBranch(exit, exit.Stub);
                }
            }

            _links.RemoveAll(link => link.Image == image);
            if (_vcpus.Count == 0)
            {
                continue;
            }

            foreach (ulong rip in image.TargetAddresses())
            {
                ClearJumps(rip);
            }

            foreach (TranslatorVcpu vcpu in _vcpus)
            {
                vcpu.ForgetGiven();
                vcpu.RequestLeave();
            }
        }
    }

    /// <summary>Makes an exit of the machine's own code lead into an image, for as long as that is used.</summary>
    private void LinkIntoImage(ExitSite exit, TranslatedBlock target)
    {
        lock (_own.Lock)
        {
            if (exit.Branch == null || exit.LinkedTo != null || !exit.Owner.IsValid || exit.IsBack
                || Array.Find(_images, other => other.Store == target.Store) is not { } image)
            {
                return;
            }

            if (_links.Count >= _manyLinks)
            {
                _links.RemoveAll(link => !link.Exit.Owner.IsValid);
                _manyLinks = Math.Max(_manyLinks, _links.Count * 2);
            }

            _links.Add((exit, image));
            _own.SetBranch(exit, target.Entry);
        }
    }

    /// <summary>Translates for an image. Null when the machine has to do it for itself. Under <see cref="_translating"/>.</summary>
    private TranslatedBlock? TranslateShared(CodeImage image, ulong rip, bool backwards)
    {
        // Another machine may be held up in there by its own guest. Then this one translates for itself.
        if (!image.Translating.TryEnter(s_patience))
        {
            return null;
        }

        try
        {
            CodeStore store = image.Store;
            TranslatedBlock? known = store.Find(rip);
            if (IsGoodEnough(known, backwards))
            {
                return known;
            }

            byte* place = !store.HasRoom && OwesTooMuch() ? null : store.Reserve();
            if (place == null)
            {
                return known;
            }

            int exits = store.ExitCount;
            TranslatedBlock? block = _translator.Translate(rip, backwards, known, place, new CodeSource(store, image.Code), out _);
            if (block == null || block == known)
            {
                store.ForgetExits(exits);
                if (!_space.TryGetFileCode(rip, out FileCode now) || now != image.Code)
                {
                    // What is mapped has changed, if only by growing.
                    lock (_own.Lock)
                    {
                        LeaveImages(image.Code.Start, image.Code.End);
                    }

                    return null;
                }

                if (known != null)
                {
                    known.WasLoopTarget = true;
                }

                return known;
            }

            lock (_own.Lock)
            {
                Publish(block);
            }

            return block;
        }
        finally
        {
            image.Translating.Exit();
        }
    }

    /// <summary>Whether the machine holds so much code, or so many images, that it gets no more: a guest can make any number of them.</summary>
    private bool OwesTooMuch()
    {
        lock (_own.Lock)
        {
            long bytes = _own.Bytes;
            foreach (CodeImage image in _used)
            {
                bytes += image.Users > 1 ? 0 : image.Store.Bytes;
            }

            return bytes > _limit || _used.Count >= MaxImages;
        }
    }

    /// <summary>Lets go of images that were left, once no thread of the machine can be inside. The caller is in none.</summary>
    private void ReleaseImages()
    {
        CodeImage[] left;
        TranslatorVcpu[] vcpus;
        lock (_own.Lock)
        {
            left = [.. _used.Where(image => !Array.Exists(_images, image.Equals))];
            vcpus = [.. _vcpus];
        }

        if (left.Length == 0)
        {
            return;
        }

        foreach (TranslatorVcpu vcpu in vcpus)
        {
            vcpu.LeaveTranslations();
        }

        lock (_own.Lock)
        {
            foreach (CodeImage image in left)
            {
                // It may be in use again.
                if (!Array.Exists(_images, image.Equals) && _used.Remove(image))
                {
                    _stubs.Images.Release(image);
                }
            }
        }
    }
}
