using HermiTux.Tests.Harness;
using Xunit;

namespace HermiTux.Tests.Programs;

/// <summary>Programs that write code and run it: what they print must equal the native run, on every engine. A missing one skips its test by name.</summary>
public sealed class JustInTimeTests
{
    private const string LuaScript = """
        local t = {}
        for i = 1, 200000 do t[i % 1000 + 1] = (t[i % 1000 + 1] or 0) + i * 3 % 7 end
        local s = 0
        for i = 1, 1000 do s = s + t[i] end
        local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
        local parts = {}
        for w in ("the quick brown fox"):gmatch("%a+") do parts[#parts + 1] = w:upper() end
        print(s, fib(24), table.concat(parts, ","), jit and jit.status())
        local ffi = require("ffi")
        ffi.cdef[[int abs(int); void qsort(void*, size_t, size_t, int (*)(const void*, const void*));]]
        local a = ffi.new("int[200]")
        for i = 0, 199 do a[i] = i * 7919 % 211 end
        local compare = ffi.cast("int (*)(const void*, const void*)", function(x, y)
            return ffi.cast("const int*", x)[0] - ffi.cast("const int*", y)[0] end)
        ffi.C.qsort(a, 200, 4, compare)
        print(a[0], a[100], a[199], ffi.C.abs(-5))
        """;

    private const string PhpScript = """
        function collatz($n) { $c = 0; while ($n != 1) { $n = $n % 2 ? 3 * $n + 1 : intdiv($n, 2); $c++; } return $c; }
        $best = 0; for ($i = 1; $i < 20000; $i++) { $best = max($best, collatz($i)); }
        $a = []; for ($i = 0; $i < 20000; $i++) { $a["k" . ($i % 500)] = ($a["k" . ($i % 500)] ?? 0) + $i * 1.5; }
        echo $best, " ", array_sum($a), " ", preg_replace_callback('/\d+/', fn($m) => $m[0] * 2, "a1b22c333"), " ";
        var_dump(opcache_get_status()["jit"]["on"] ?? null);
        """;

    private const string PythonScript = """
        import ctypes, re
        libc = ctypes.CDLL(None)
        compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
        a = (ctypes.c_int * 300)(*[i * 7919 % 307 for i in range(300)])
        libc.qsort(a, 300, 4, compare(lambda x, y: x[0] - y[0]))
        callbacks = [ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int, ctypes.c_double)(lambda i, d, k=k: i * k + d) for k in range(200)]
        print(list(a[:5]), a[299], sum(c(3, 0.5) for c in callbacks))
        print(re.sub(r"(a+)+b|c{2,3}", lambda m: str(len(m[0])), "aaab ccc aab cc" * 20)[:60])
        """;

    private const string NodeScript = """
        function hash(n) { let h = 17; for (let i = 0; i < n; i++) { h = Math.imul(h, 31) + (i ^ h >>> 3) | 0; } return h; }
        let total = 0; for (let i = 0; i < 300; i++) total = total + hash(1000 + i) | 0;
        class A { f(x) { return x + 1; } } class B extends A { f(x) { return super.f(x) * 2; } }
        const objects = [new A(), new B(), { f: x => x - 1 }]; let v = 1;
        for (let i = 0; i < 100000; i++) v = objects[i % 3].f(v) % 1000003;
        const bytes = new Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11]);
        const wasm = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.add;
        let w = 0; for (let i = 0; i < 10000; i++) w = wasm(w, i);
        console.log(total, v, w, "a1b22".replace(/\d+/g, d => d * 2), [3, 1, 2].sort().join());
        """;

    private const string PerlScript = """
        my $text = "alpha beta gamma 123 delta 456 " x 200; my %seen;
        $seen{$1}++ while $text =~ /(\b[a-z]+|\d{2,})/g;
        my $n = 0; $n += eval "sub { \$_[0] * $_ + 1 }->(3)" for 1 .. 200;
        print join(",", map { "$_=$seen{$_}" } sort keys %seen), " $n ", join("", sort { $b cmp $a } split //, "hermitux"), "\n";
        """;

    public static TheoryData<string, string> Programs
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string engine in GuestRunner.Engines)
            {
                foreach (string program in (string[])["luajit", "php", "python", "node", "perl"])
                {
                    data.Add(engine, program);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Prints_as_natively(string engine, string program)
    {
        (string path, string package, string[] arguments) = program switch
        {
            "luajit" => ("/usr/bin/luajit", "luajit", (string[])["-e", LuaScript]),
            "php" => ("/usr/bin/php", "php-cli",
                ["-d", "opcache.enable_cli=1", "-d", "opcache.jit=tracing", "-d", "opcache.jit_buffer_size=16M", "-r", PhpScript]),
            "python" => ("/usr/bin/python3", "python3", ["-c", PythonScript]),
            "node" => ("/usr/bin/node", "nodejs", ["--single-threaded", "-e", NodeScript]),
            "perl" => ("/usr/bin/perl", "perl", ["-e", PerlScript]),
            _ => throw new ArgumentOutOfRangeException(nameof(program)),
        };
        Assert.SkipUnless(File.Exists(path), $"needs {path} (apt install {package})");
        var request = new ProgramRequest(path, arguments);
        ProgramRun expected = await NativeRunner.RunAsync(request);
        ProgramRun actual = await GuestRunner.RunAsync(engine, request);
        Assert.Equal(0, expected.Status);
        Assert.True(expected.Summary == actual.Summary, $"native: {expected.Summary}\n{expected.ErrorText}\nguest: {actual.Summary}\n{actual.ErrorText}");
    }
}
