namespace HermiTux.Cpu.Translator;

/// <summary>The images of this process. Those that no machine uses are kept for the next one as long as there is room. Thread-safe.</summary>
internal sealed class CodeImages(CodeIndex index)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<CodeImageKey, CodeImage> _images = [];
    private readonly LinkedList<CodeImage> _unused = [];
    private readonly long _limit = index.Region.Size / 8;

    /// <summary>Bytes of translated code in images.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return CountBytes();
            }
        }
    }

    /// <summary>The image of a file's code; <see cref="Release"/> it once no thread of the machine can be inside.</summary>
    public CodeImage Use(in CodeImageKey key)
    {
        lock (_lock)
        {
            if (!_images.TryGetValue(key, out CodeImage? image))
            {
                _images.Add(key, image = new CodeImage(key, index));
            }
            else if (image.Users == 0)
            {
                _unused.Remove(image);
            }

            image.Users++;
            return image;
        }
    }

    /// <summary>A machine is done with an image.</summary>
    public void Release(CodeImage image)
    {
        lock (_lock)
        {
            if (--image.Users == 0)
            {
                _unused.AddLast(image);
                MakeRoom();
            }
        }
    }

    /// <summary>Throws the images away that no machine uses. True if that freed anything.</summary>
    public bool Trim()
    {
        lock (_lock)
        {
            bool freed = false;
            while (_unused.Count > 0)
            {
                freed |= RemoveOldest();
            }

            return freed;
        }
    }

    /// <summary>Throws the images away that were used longest ago, while there are too many. What is in use counts too.</summary>
    private void MakeRoom()
    {
        long bytes = CountBytes();
        while (bytes > _limit && _unused.First is { } oldest)
        {
            bytes -= oldest.Value.Store.Bytes;
            RemoveOldest();
        }
    }

    private bool RemoveOldest()
    {
        CodeImage image = _unused.First!.Value;
        _unused.RemoveFirst();
        _images.Remove(image.Key);
        return image.Store.Free();
    }

    private long CountBytes() => _images.Values.Sum(image => image.Store.Bytes);
}
