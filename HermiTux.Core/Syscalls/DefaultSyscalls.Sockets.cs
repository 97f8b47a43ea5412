using HermiTux.Syscalls.Sockets;
using K = HermiTux.Syscalls.ArgumentKind;
using N = HermiTux.Abi.SyscallNumber;

namespace HermiTux.Syscalls;

/// <remarks>Sockets.</remarks>
internal sealed partial class DefaultSyscalls
{
    private void AddSockets()
    {
        Partial(N.socket, SocketCalls.Create, "AF_UNIX, AF_INET and AF_INET6 (TCP, UDP) and AF_NETLINK (NETLINK_ROUTE); raw and packet sockets are EPERM", K.SocketFamily, K.SocketType, K.Int);
        Full(N.socketpair, SocketCalls.CreatePair, K.SocketFamily, K.SocketType, K.Int, K.FdPairOut);
        Full(N.bind, SocketCalls.Bind, K.Fd, K.SockaddrIn, K.Unsigned);
        Full(N.listen, SocketCalls.Listen, K.Fd, K.Int);
        Full(N.accept, SocketCalls.Accept, K.Fd, K.SockaddrOut, K.IntOut);
        Full(N.accept4, SocketCalls.Accept4, K.Fd, K.SockaddrOut, K.IntOut, K.SocketType);
        Full(N.connect, SocketCalls.Connect, K.Fd, K.SockaddrIn, K.Unsigned);
        Full(N.shutdown, SocketCalls.Shutdown, K.Fd, K.ShutdownHow);
        Full(N.getsockname, SocketCalls.GetName, K.Fd, K.SockaddrOut, K.IntOut);
        Full(N.getpeername, SocketCalls.GetPeerName, K.Fd, K.SockaddrOut, K.IntOut);
        Partial(N.setsockopt, SocketOptionCalls.Set, "options of routing, filters, hardware and time-outs of lost packets are kept without effect", K.Fd, K.SocketLevel, K.SocketOption, K.SocketValueIn, K.Unsigned);
        Full(N.getsockopt, SocketOptionCalls.Get, K.Fd, K.SocketLevel, K.SocketOption, K.IntOut, K.IntOut);
        Partial(N.sendto, MessageCalls.SendTo, "no out-of-band data of TCP (EOPNOTSUPP); MSG_ZEROCOPY copies", K.Fd, K.BufferIn, K.Unsigned, K.MessageFlags, K.SockaddrIn, K.Unsigned);
        Partial(N.recvfrom, MessageCalls.ReceiveFrom, "no error queue: MSG_ERRQUEUE is EAGAIN", K.Fd, K.BufferOut, K.Unsigned, K.MessageFlags, K.SockaddrOut, K.IntOut);
        Partial(N.sendmsg, MessageCalls.SendMessage, "no out-of-band data of TCP (EOPNOTSUPP); MSG_ZEROCOPY copies", K.Fd, K.MsghdrIn, K.MessageFlags);
        Partial(N.recvmsg, MessageCalls.ReceiveMessage, "no error queue: MSG_ERRQUEUE is EAGAIN", K.Fd, K.MsghdrOut, K.MessageFlags);
        Partial(N.sendmmsg, MessageCalls.SendMessages, "as sendmsg", K.Fd, K.Pointer, K.Unsigned, K.MessageFlags);
        Partial(N.recvmmsg, MessageCalls.ReceiveMessages, "as recvmsg", K.Fd, K.Pointer, K.Unsigned, K.MessageFlags, K.TimespecIn);
    }
}
