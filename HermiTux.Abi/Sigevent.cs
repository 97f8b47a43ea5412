using System.Runtime.InteropServices;

namespace HermiTux.Abi;

#pragma warning disable CS1591 // The fields are those of the C structures and are described in the man pages.

/// <summary><c>struct sigevent</c>, timer_create(2); 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct Sigevent
{
    [FieldOffset(0)] public ulong sigev_value;
    [FieldOffset(8)] public int sigev_signo;
    [FieldOffset(12)] public int sigev_notify;

    /// <summary>SIGEV_THREAD_ID: the thread.</summary>
    [FieldOffset(16)] public int sigev_notify_thread_id;
}
