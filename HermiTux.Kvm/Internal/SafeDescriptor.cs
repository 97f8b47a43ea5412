using Microsoft.Win32.SafeHandles;

namespace HermiTux.Kvm.Internal;

/// <summary>A descriptor of KVM's, closed even when a machine is never disposed.</summary>
internal sealed class SafeDescriptor : SafeHandleZeroOrMinusOneIsInvalid
{
    public SafeDescriptor(int descriptor)
        : base(ownsHandle: true)
    {
        SetHandle(descriptor);
    }

    /// <summary>The number.</summary>
    public int Value => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => KvmNative.close((int)handle) == 0;
}
