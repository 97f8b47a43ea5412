using HermiTux.Abi;

namespace HermiTux.Kernel.Signals;

internal static unsafe class SignalFrame
{
    public static bool TryBuild(GuestThread thread, in SigInfo info, in KernelSigAction action) => throw new NotImplementedException();

    public static bool TryRestore(GuestThread thread) => throw new NotImplementedException();
}
