using HermiTux.Memory;

namespace HermiTux.Cpu.Translator;

/// <summary>The images of this process. Those that no machine uses are kept for the next one as long as there is room. Thread-safe.</summary>
internal sealed class CodeImages(CodeIndex index)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Key, CodeImage> _images = [];
    private readonly LinkedList<Key> _unused = [];
    private readonly long _limit = index.Region.Size / 8;

    /// <summary>Bytes of translated code in images.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _images.Values.Sum(image => image.Store.Bytes);
            }
        }
    }

    /// <summary>The image of a file's code; <see cref="Release"/> it once no thread of the machine can be inside.</summary>
    public CodeImage Use(in FileCode code, CpuModel model, int windowBits)
    {
        var key = new Key(code, model, windowBits);
        lock (_lock)
        {
            if (!_images.TryGetValue(key, out CodeImage? image))
            {
                _images.Add(key, image = new CodeImage(code, index));
            }
            else if (image.Users == 0)
            {
                _unused.Remove(key);
            }

            image.Users++;
            return image;
        }
    }

    /// <summary>A machine is done with an image.</summary>
    public void Release(CodeImage image, CpuModel model, int windowBits)
    {
        lock (_lock)
        {
            if (--image.Users == 0)
            {
                _unused.AddLast(new Key(image.Code, model, windowBits));
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
        long bytes = _images.Values.Sum(image => image.Store.Bytes);
        while (bytes > _limit && _unused.First is { } oldest)
        {
            bytes -= _images[oldest.Value].Store.Bytes;
            RemoveOldest();
        }
    }

    private bool RemoveOldest()
    {
        Key key = _unused.First!.Value;
        _unused.RemoveFirst();
        _images.Remove(key, out CodeImage? image);
        return image!.Store.Free();
    }

    private readonly record struct Key(FileCode Code, CpuModel Model, int WindowBits);
}
