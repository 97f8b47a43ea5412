using HermiTux.Abi;
using Xunit;

namespace HermiTux.Tests.Abi;

public sealed class ErrnoTests
{
    [Fact]
    public void Aliases_share_their_value()
    {
        Assert.Equal(Errno.EAGAIN, Errno.EWOULDBLOCK);
    }
}
