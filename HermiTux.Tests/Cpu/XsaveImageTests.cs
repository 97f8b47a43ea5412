using System.Buffers.Binary;
using HermiTux.Cpu;
using Xunit;

namespace HermiTux.Tests.Cpu;

public sealed unsafe class XsaveImageTests
{
    [Fact]
    public void An_image_read_back_gives_the_same_registers()
    {
        CpuState* s = CpuState.Allocate();
        CpuState* copy = CpuState.Allocate();
        try
        {
            Fill(s);
            byte[] image = new byte[XsaveImage.Size];
            XsaveImage.Write(s, XsaveComponents.All, image);
            Assert.True(XsaveImage.TryRead(copy, XsaveComponents.All, image));
            Assert.Equal(Registers(s), Registers(copy));
            Assert.Equal(XsaveComponents.All, XsaveImage.InUse(copy));
        }
        finally
        {
            CpuState.Free(s);
            CpuState.Free(copy);
        }
    }

    [Fact]
    public void Software_reserved_bytes_are_left_to_the_caller()
    {
        CpuState* s = CpuState.Allocate();
        try
        {
            byte[] image = new byte[XsaveImage.Size];
            image.AsSpan().Fill(0x5A);
            XsaveImage.Write(s, XsaveComponents.All, image);
            Assert.DoesNotContain(image[XsaveImage.SoftwareReservedOffset..XsaveImage.LegacySize], b => b != 0x5A);
            Assert.DoesNotContain(image[416..XsaveImage.SoftwareReservedOffset], b => b != 0);
        }
        finally
        {
            CpuState.Free(s);
        }
    }

    [Fact]
    public void A_component_not_in_the_header_is_initialised()
    {
        CpuState* s = CpuState.Allocate();
        try
        {
            Fill(s);
            byte[] image = new byte[XsaveImage.Size];
            XsaveImage.Write(s, XsaveComponents.All, image);
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(XsaveImage.LegacySize), 0);
            Assert.True(XsaveImage.TryRead(s, XsaveComponents.All, image));
            Assert.Equal(XsaveComponents.None, XsaveImage.InUse(s));
        }
        finally
        {
            CpuState.Free(s);
        }
    }

    [Theory]
    [InlineData(XsaveImage.LegacySize, 8)]
    [InlineData(XsaveImage.LegacySize + 7, 0x80)]
    [InlineData(XsaveImage.LegacySize + 8, 1)]
    [InlineData(XsaveImage.LegacySize + 23, 1)]
    [InlineData(XsaveImage.MxcsrOffset + 2, 1)]
    public void A_bad_header_or_mxcsr_is_refused_and_changes_nothing(int offset, byte value)
    {
        CpuState* s = CpuState.Allocate();
        try
        {
            Fill(s);
            byte[] image = new byte[XsaveImage.Size];
            XsaveImage.Write(s, XsaveComponents.All, image);
            image[offset] |= value;
            image[XsaveImage.XmmOffset] ^= 1;
            byte[] before = Registers(s);
            Assert.False(XsaveImage.TryRead(s, XsaveComponents.All, image));
            Assert.Equal(before, Registers(s));
        }
        finally
        {
            CpuState.Free(s);
        }
    }

    private static void Fill(CpuState* s)
    {
        s->Fsw = 0x3841;
        s->Ftw = 0x80;
        s->Mxcsr = 0x3FA0;
        for (int i = 0; i < 8; i++)
        {
            *(ulong*)((byte*)s + CpuState.StOffset + (16 * i)) = 0x8000_0000_0000_0000UL + (ulong)i;
            *(ulong*)((byte*)s + CpuState.StOffset + (16 * i) + 8) = 0x3FFFUL + (ulong)i;
        }

        for (int i = 0; i < 256; i++)
        {
            ((byte*)s)[CpuState.XmmOffset + i] = (byte)(i + 1);
            ((byte*)s)[CpuState.YmmHighOffset + i] = (byte)(i + 2);
        }
    }

    private static byte[] Registers(CpuState* s)
    {
        byte* image = (byte*)s + CpuState.XsaveOffset;
        return [.. new ReadOnlySpan<byte>(image, 416), .. new ReadOnlySpan<byte>(image + XsaveImage.AvxOffset, XsaveImage.AvxSize)];
    }
}
