using System.Runtime.CompilerServices;

namespace HermiTux.Tests.Harness;

/// <summary>Tests block and compute on the thread pool, which on a machine with few processors adds threads one by one, while time-outs of other tests wait for one.</summary>
internal static class ThreadPoolSize
{
    private const int Least = 32;

    [ModuleInitializer]
    internal static void Set()
    {
        ThreadPool.GetMinThreads(out int workers, out int ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Least), ports);
    }
}
