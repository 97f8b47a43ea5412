using System.Text;
using HermiTux.Loader;
using Xunit;

namespace HermiTux.Tests.Loader;

/// <summary>The first line of a script, as Linux reads it.</summary>
public sealed class ScriptLineTests
{
    [Theory]
    [InlineData("#!/bin/sh\n", "/bin/sh", null)]
    [InlineData("#! \t /bin/sh \t\necho", "/bin/sh", null)]
    [InlineData("#!/usr/bin/env -S a  b \t\n", "/usr/bin/env", "-S a  b")]
    [InlineData("#!/bin/sh", "/bin/sh", null)]
    [InlineData("#!/bin/sh -x ", "/bin/sh", "-x ")]
    [InlineData("#!sh\n", "sh", null)]
    public void Takes_the_interpreter_and_one_argument(string text, string interpreter, string? argument)
    {
        Assert.True(ScriptLine.TryParse(Buffer(text), out ScriptLine line));
        Assert.Equal(interpreter, Encoding.ASCII.GetString(line.Interpreter));
        Assert.Equal(argument, line.Argument == null ? null : Encoding.ASCII.GetString(line.Argument));
    }

    [Theory]
    [InlineData("#!\n")]
    [InlineData("#! \t \n/bin/sh")]
    [InlineData("#!")]
    [InlineData("# !/bin/sh\n")]
    public void Refuses_a_line_without_interpreter(string text) => Assert.False(ScriptLine.TryParse(Buffer(text), out _));

    [Fact]
    public void Refuses_a_name_that_may_be_cut_off_but_takes_a_long_argument()
    {
        Assert.False(ScriptLine.TryParse(Buffer("#!/" + new string('a', 300)), out _));
        Assert.True(ScriptLine.TryParse(Buffer("#!/bin/sh " + new string('a', 300)), out ScriptLine line));
        Assert.Equal(245, line.Argument!.Length);
    }

    private static byte[] Buffer(string text)
    {
        byte[] buffer = new byte[ScriptLine.BufferSize];
        Encoding.ASCII.GetBytes(text).AsSpan(0, Math.Min(text.Length, buffer.Length)).CopyTo(buffer);
        return buffer;
    }
}
