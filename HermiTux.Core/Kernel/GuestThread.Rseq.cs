using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HermiTux.Abi;
using HermiTux.Memory;

namespace HermiTux.Kernel;

/// <remarks>
/// Restartable sequences (kernel/rseq.c). The numbers of the CPUs are those of the machine's workers: two guest threads with the same number never run at
/// the same time, and a thread changes its number only between time slices. So at the start of each slice, and before a signal's frame is built, a
/// thread that stands in a critical section is sent to its abort handler.
/// </remarks>
public sealed unsafe partial class GuestThread
{
    private const int CriticalSectionOffset = 8;
    private const int SignatureSize = 4;

    private ulong _rseqAddress;
    private uint _rseqSize;
    private uint _rseqSignature;
    private int _restartsSequence;

    /// <summary>The CPU that the thread runs on, or ran on last (getcpu(2)).</summary>
    internal int Cpu { get; private set; }

    /// <summary>rseq(2): registers or unregisters the thread's area.</summary>
    internal Errno ChangeRseq(ulong address, uint size, int flags, uint signature)
    {
        const uint OriginalSize = 32;
        if ((flags & RseqConstants.RSEQ_FLAG_UNREGISTER) != 0)
        {
            if ((flags & ~RseqConstants.RSEQ_FLAG_UNREGISTER) != 0 || _rseqAddress != address || address == 0 || size != _rseqSize)
            {
                return Errno.EINVAL;
            }

            if (signature != _rseqSignature)
            {
                return Errno.EPERM;
            }

            ForgetRseq();
            return WriteRseq(address, size, 0, unchecked((uint)RseqConstants.RSEQ_CPU_ID_UNINITIALIZED)) ? Errno.None : Errno.EFAULT;
        }

        if (flags != 0)
        {
            return Errno.EINVAL;
        }

        if (_rseqAddress != 0)
        {
            return _rseqAddress != address || size != _rseqSize ? Errno.EINVAL : signature != _rseqSignature ? Errno.EPERM : Errno.EBUSY;
        }

        if (size < OriginalSize || (address & (OriginalSize - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        if (address >= Page.UserEnd || size > Page.UserEnd - address)
        {
            return Errno.EFAULT;
        }

        (_rseqAddress, _rseqSize, _rseqSignature) = (address, size, signature);
        if (!Process.Memory.TryWrite(address + CriticalSectionOffset, 0UL) || !WriteRseq(address, size, (uint)Cpu, (uint)Cpu))
        {
            ForgetRseq();
            return Errno.EFAULT;
        }

        return Errno.None;
    }

    /// <summary>Whether <see cref="RequestSequenceRestart"/> is still to be acted upon. Any thread.</summary>
    internal bool HasSequenceRestart => Volatile.Read(ref _restartsSequence) != 0;

    /// <summary>membarrier(2): makes the thread leave a critical section that it is in. Any thread.</summary>
    internal void RequestSequenceRestart()
    {
        Volatile.Write(ref _restartsSequence, 1);
        Interlocked.MemoryBarrier();
        RequestExit();
    }

    /// <summary>execve(2): the area is gone with the memory.</summary>
    internal void ForgetRseq() => (_rseqAddress, _rseqSize, _rseqSignature) = (0, 0, 0);

    /// <summary>
    /// __rseq_handle_notify_resume(): leaves a critical section that was interrupted and brings the CPU number up to date. A broken area is SIGSEGV.
    /// </summary>
    private void ResumeRseq()
    {
        Volatile.Write(ref _restartsSequence, 0);
        if (_rseqAddress != 0 && (!LeaveCriticalSection() || !WriteRseq(_rseqAddress, _rseqSize, (uint)Cpu, (uint)Cpu)))
        {
            ForgetRseq();
            ForceSignal(new SigInfo { Signo = (int)Signal.SIGSEGV, Code = SignalConstants.SI_KERNEL });
        }
    }

    private bool LeaveCriticalSection()
    {
        AddressSpace memory = Process.Memory;
        if (!memory.TryRead(_rseqAddress + CriticalSectionOffset, out ulong section))
        {
            return false;
        }

        if (section == 0)
        {
            return true;
        }

        if (!memory.TryRead(section, out RseqCs area) || area.version != 0 || area.flags != 0 || area.start_ip >= Page.UserEnd || area.abort_ip >= Page.UserEnd ||
            area.start_ip + area.post_commit_offset < area.start_ip || area.abort_ip - area.start_ip < area.post_commit_offset ||
            !memory.TryRead(area.abort_ip - SignatureSize, out uint signature) || signature != _rseqSignature ||
            !memory.TryWrite(_rseqAddress + CriticalSectionOffset, 0UL))
        {
            return false;
        }

        if (State->Rip - area.start_ip < area.post_commit_offset)
        {
            State->Rip = area.abort_ip;
        }

        return true;
    }

    private bool WriteRseq(ulong address, uint size, uint start, uint cpu)
    {
        // cpu_id_start and cpu_id, then node_id and mm_cid where there is room; the pointer in between stays.
        Span<byte> first = stackalloc byte[8];
        MemoryMarshal.Write(first, in start);
        MemoryMarshal.Write(first[4..], in cpu);
        uint concurrency = cpu == unchecked((uint)RseqConstants.RSEQ_CPU_ID_UNINITIALIZED) ? 0 : cpu;
        return Process.Memory.TryWrite(address, first) &&
            (size < (uint)Unsafe.SizeOf<Rseq>() || Process.Memory.TryWrite(address + 20, (ulong)concurrency << 32));
    }
}
