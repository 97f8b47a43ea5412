using HermiTux.Cpu.Translator;
using Iced.Intel;
using Xunit;

namespace HermiTux.Tests.Cpu.Translator;

/// <summary>Where generated code lies.</summary>
public sealed unsafe class CodeRegionTests
{
    [Fact]
    public void No_mapping_of_generated_code_is_both_writable_and_executable()
    {
        CodeRegion region = Region();
        string[] lines = [.. File.ReadLines("/proc/self/maps").Where(l => l.Contains("hermitux-code", StringComparison.Ordinal))];
        Assert.Contains(lines, l => l.Contains("r-xs", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("rw-s", StringComparison.Ordinal));
        Assert.Equal(2, lines.Length);
        Assert.StartsWith(((ulong)region.ExecBase).ToString("x", System.Globalization.CultureInfo.InvariantCulture), lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_through_one_mapping_runs_through_the_other()
    {
        CodeRegion region = Region();
        byte* area = region.AllocateArea(100);
        Assert.True(area != null);
        Assert.InRange((nint)area, (nint)region.BlockStart, (nint)region.BlockEnd - CodeRegion.AreaUnit);
        Assert.Equal(0, (area - region.ExecBase) % CodeRegion.AreaUnit);
        byte[] code = [0x8D, 0x04, 0x3F, 0xC3]; // lea eax,[rdi+rdi]; ret
        code.CopyTo(new Span<byte>(area + region.WriteDelta, code.Length));
        Assert.Equal(42, ((delegate* unmanaged<int, int>)area)(21));
        region.FreeArea(area, 100);
    }

    [Fact]
    public void A_freed_area_is_empty_and_may_be_taken_again()
    {
        CodeRegion region = Region();
        byte* area = region.AllocateArea(3 * CodeRegion.AreaUnit);
        long offset = area - region.ExecBase;
        area[region.WriteDelta + 5] = 0xCC;
        region.Boundaries[(offset / 8) + 1] = 0xFF;
        Assert.Equal(0xCC, area[5]);
        region.FreeArea(area, 3 * CodeRegion.AreaUnit);
        Assert.Equal(0, area[5]);
        Assert.Equal(0, region.Boundaries[(offset / 8) + 1]);
    }

    [Fact]
    public void Areas_never_overlap_and_run_out_with_a_null()
    {
        CodeRegion region = Region();
        const int Large = 64 << 20;
        var areas = new List<nint>();
        while (region.AllocateArea(Large) is var area && area != null)
        {
            Assert.DoesNotContain(areas, other => Math.Abs(other - (nint)area) < Large);
            areas.Add((nint)area);
        }

        Assert.InRange(areas.Count, 0, (int)(region.Size / Large));
        foreach (nint area in areas)
        {
            region.FreeArea((byte*)area, Large);
        }
    }

    [Fact]
    public void Stubs_lie_in_the_stub_zone_and_run()
    {
        CodeRegion region = Region();
        nint stub = region.AddStub(a =>
        {
            a.lea(AssemblerRegisters.eax, AssemblerRegisters.__[AssemblerRegisters.rdi + 1]);
            a.ret();
        });
        Assert.InRange(stub - (nint)region.ExecBase, 0, CodeRegion.StubZoneSize - 1);
        Assert.Equal(8, ((delegate* unmanaged<int, int>)stub)(7));
    }

    [Fact]
    public void A_threads_gs_base_is_what_was_set_last()
    {
        CodeRegion region = Region();
        nint read = region.AddStub(a =>
        {
            a.mov(AssemblerRegisters.rax, AssemblerRegisters.__qword_ptr.gs[AssemblerRegisters.rdi]);
            a.ret();
        });
        ulong* words = stackalloc ulong[2];
        (words[0], words[1]) = (11, 22);
        ulong before = HostThread.GsBase;
        HostThread.GsBase = (ulong)words;
        Assert.Equal(11UL, ((delegate* unmanaged<nint, ulong>)read)(0));
        Assert.Equal(22UL, ((delegate* unmanaged<nint, ulong>)read)(8));
        HostThread.GsBase = (ulong)(words + 1);
        Assert.Equal(22UL, ((delegate* unmanaged<nint, ulong>)read)(0));
        HostThread.GsBase = before;
    }

    private static CodeRegion Region()
    {
        CodeRegion? region = null;
        string? refusal = "needs Linux on x86-64";
        if (!GuestWindow.IsSupported(out _) || !CodeRegion.TryGet(out region, out refusal))
        {
            Assert.Skip(refusal!);
        }

        return region;
    }
}
