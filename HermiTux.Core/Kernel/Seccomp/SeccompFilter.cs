using System.Buffers.Binary;
using HermiTux.Abi;

namespace HermiTux.Kernel.Seccomp;

/// <summary>The filters of a thread, newest first: each sees every call, and the strictest answer holds (seccomp(2)).</summary>
internal sealed class SeccompFilter(BpfProgram program, SeccompFilter? older)
{
    private const uint AuditArchX86_64 = 0xC000003E;

    public SeccompFilter? Older { get; } = older;

    /// <summary>How many there are.</summary>
    public int Count { get; } = 1 + (older?.Count ?? 0);

    /// <summary>What the filters say of a call: SECCOMP_RET_*, with its data.</summary>
    public uint Check(int number, ulong rip, in ReadOnlySpan<ulong> arguments)
    {
        Span<byte> data = stackalloc byte[64];
        BinaryPrimitives.WriteInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], AuditArchX86_64);
        BinaryPrimitives.WriteUInt64LittleEndian(data[8..], rip);
        for (int i = 0; i < 6; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data[(16 + (8 * i))..], arguments[i]);
        }

        uint strictest = SeccompConstants.SECCOMP_RET_ALLOW;
        for (SeccompFilter? filter = this; filter is not null; filter = filter.Older)
        {
            uint answer = filter.Run(data);
            if ((int)(answer & SeccompConstants.SECCOMP_RET_ACTION_FULL) < (int)(strictest & SeccompConstants.SECCOMP_RET_ACTION_FULL))
            {
                strictest = answer;
            }
        }

        return strictest;
    }

    private uint Run(ReadOnlySpan<byte> data) => program.Run(data);
}
