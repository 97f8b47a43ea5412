using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>Programs with threads: what they print and how they end must equal the native run, with one CPU and with two.</summary>
public sealed class ThreadedProgramTests
{
    public static TheoryData<string, string, Toolchain, int> Programs
    {
        get
        {
            var data = new TheoryData<string, string, Toolchain, int>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (int cpus in new[] { 1, 2 })
                {
                    foreach (string c in new[] { "threads.c", "thread-signals.c", "thread-atomics.c", "thread-robust.c" })
                    {
                        data.Add(engine, c, Toolchain.GccDynamic, cpus);
                        data.Add(engine, c, Toolchain.MuslStatic, cpus);
                    }

                    data.Add(engine, "threads.c", Toolchain.GccStatic, cpus);
                    data.Add(engine, "clone.c", Toolchain.GccStatic, cpus);
                    data.Add(engine, "std-threads.cpp", Toolchain.GxxDynamic, cpus);
                    data.Add(engine, "std-threads.cpp", Toolchain.GxxStatic, cpus);
                    data.Add(engine, "openmp.c", Toolchain.GccOpenMp, cpus);
                    data.Add(engine, "openmp.f90", Toolchain.GfortranOpenMp, cpus);
                    data.Add(engine, "c11-threads.c", Toolchain.GccDynamic, cpus);
                    data.Add(engine, "c11-threads.c", Toolchain.MuslStatic, cpus);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, string, Toolchain, int> Exits
    {
        get
        {
            var data = new TheoryData<string, string, Toolchain, int>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string way in new[] { "return", "main", "other", "crash", "kill", "exec" })
                {
                    data.Add(engine, way, Toolchain.GccDynamic, 1);
                    data.Add(engine, way, Toolchain.GccDynamic, 2);
                    data.Add(engine, way, Toolchain.MuslStatic, 2);
                }

                // glibc alone lets others join a main thread that is gone without its knowledge.
                data.Add(engine, "raw", Toolchain.GccDynamic, 1);
            }

            return data;
        }
    }

    public static TheoryData<string, int> EnginesAndCpus
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string engine in GuestRunner.Engines)
            {
                data.Add(engine, 1);
                data.Add(engine, 2);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public Task Prints_and_exits_as_natively(string engine, string source, Toolchain toolchain, int cpus) =>
        CompareAsync(engine, cpus, new ProgramRequest(GuestCompiler.CompileSource(source, toolchain)));

    [Theory]
    [MemberData(nameof(Exits))]
    public Task Process_ends_as_natively(string engine, string way, Toolchain toolchain, int cpus) =>
        CompareAsync(engine, cpus, new ProgramRequest(GuestCompiler.CompileSource("thread-exit.c", toolchain), way));

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public Task Python_threads_work(string engine, int cpus)
    {
        const string Script = """
            import threading, queue, concurrent.futures as f
            q, out, lock, total = queue.Queue(4), [], threading.Lock(), 0
            def produce():
                for i in range(200): q.put(i)
                q.put(None)
            def consume():
                while (i := q.get()) is not None: out.append(i)
            def add():
                global total
                for _ in range(2000):
                    with lock: total += 1
            ts = [threading.Thread(target=t) for t in (produce, consume, add, add, add)]
            [t.start() for t in ts]; [t.join() for t in ts]
            with f.ThreadPoolExecutor(4) as pool: print(sum(pool.map(lambda x: x * x, range(100))))
            e = threading.Event(); threading.Timer(0.01, e.set).start(); print(e.wait(30), sum(out), total, threading.active_count() >= 1)
            """;
        Require("/usr/bin/python3", "python3");
        return CompareAsync(engine, cpus, new ProgramRequest("/usr/bin/python3", "-I", "-S", "-c", Script));
    }

    [Theory]
    [InlineData("/usr/bin/xz", "xz-utils", "-T2", "--block-size=100000", "-1", "-c")]
    [InlineData("/usr/bin/zstd", "zstd", "-T2", "-1", "-c", "-q")]
    public async Task Parallel_compressors_write_the_same(string program, string package, params string[] arguments)
    {
        Require(program, package);
        byte[] input = new byte[400_000];
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = (byte)(i * i / 977 % 61);
        }

        foreach (string engine in GuestRunner.Engines)
        {
            await CompareAsync(engine, 2, new ProgramRequest(program, arguments) { Input = input });
        }
    }

    [Theory]
    [MemberData(nameof(EnginesAndCpus))]
    public async Task Thread_limit_gives_eagain(string engine, int cpus)
    {
        const string Source = """
            #include <errno.h>
            #include <pthread.h>
            #include <stdio.h>
            #include <unistd.h>
            static void *wait_for_ever(void *p) { for (;;) pause(); }
            int main(void)
            {
                pthread_t t[20];
                int n = 0, e = 0;
                while (n < 20 && (e = pthread_create(&t[n], NULL, wait_for_ever, NULL)) == 0)
                    n++;
                printf("%d %d\n", n, e == EAGAIN);
                pthread_cancel(t[0]);
                pthread_join(t[0], NULL);
                while ((e = pthread_create(&t[0], NULL, wait_for_ever, NULL)) == EAGAIN)
                    usleep(1000);
                printf("%d\n", e);
                return 0;
            }
            """;
        var request = new ProgramRequest(GuestCompiler.Compile(Source, Toolchain.GccStatic)) { MountHostRoot = false };
        ProgramRun run = await GuestRunner.RunAsync(engine, request, b => b.WithCpuCount(cpus).WithThreadLimit(10));
        Assert.Equal("status 0\n9 1\n0\n", run.Summary);
    }

    private static async Task CompareAsync(string engine, int cpus, ProgramRequest request)
    {
        ProgramRun expected = await NativeRunner.RunAsync(request);
        ProgramRun actual = await GuestRunner.RunAsync(engine, request, b => b.WithCpuCount(cpus));
        Assert.Equal(expected.Summary, actual.Summary);
    }

    private static void Require(string program, string package)
    {
        if (!File.Exists(program))
        {
            Assert.Skip($"needs {program} (apt install {package})");
        }
    }
}
