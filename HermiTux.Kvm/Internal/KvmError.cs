using System.Runtime.InteropServices;

namespace HermiTux.Kvm.Internal;

/// <summary>Failures of host calls.</summary>
internal static class KvmError
{
    /// <summary>Throws if a call failed.</summary>
    public static int Check(int result, string call) => result >= 0 ? result : throw Create(call);

    /// <summary>The exception for the call that just failed.</summary>
    public static IOException Create(string call) =>
        new($"The host's KVM refuses {call}: error {Marshal.GetLastPInvokeError()} ({Marshal.GetLastPInvokeErrorMessage()}).");
}
