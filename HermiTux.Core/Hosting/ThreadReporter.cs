using System.Globalization;
using HermiTux.Abi;
using HermiTux.Cpu;
using HermiTux.Kernel;
using HermiTux.Kernel.Scheduling;
using HermiTux.Syscalls;
using HermiTux.Syscalls.Trace;

namespace HermiTux.Hosting;

/// <summary>Makes <see cref="GuestThreadReport"/>s: asks each thread what it waits for, without stopping it.</summary>
internal static class ThreadReporter
{
    public static GuestThreadReport Capture(Machine machine, SyscallTable table)
    {
        var threads = new List<GuestThreadInfo>();
        bool stuck = true;
        foreach (Kernel.Process process in machine.Processes)
        {
            stuck &= !process.Timers.HasArmed;
            foreach (GuestThread thread in process.Threads.Where(t => !t.HasExited))
            {
                GuestThreadInfo info = Describe(thread, table);
                threads.Add(info);
                stuck &= info is { State: GuestThreadState.Stopped } or { State: GuestThreadState.Waiting, CanBeWokenFromOutside: false };
            }
        }

        return new GuestThreadReport(threads, stuck && threads.Count > 0);
    }

    private static unsafe GuestThreadInfo Describe(GuestThread thread, SyscallTable table)
    {
        string name = thread.Name.Length > 0 ? thread.Name : thread.Process.CommandName;
        bool waits = thread is { IsDormant: true, IsCalling: true };
        ThreadWaiter.Wait? wait = thread.CurrentWait;

        // SAFETY: the state lives as long as the thread's object does; the value may be of any moment.
        ulong rip = Volatile.Read(ref thread.State->Rip);
        var info = new GuestThreadInfo
        {
            Id = thread.Tid,
            Name = name,
            State = waits ? GuestThreadState.Waiting
                : thread.Process.IsStopped && thread.IsDormant ? GuestThreadState.Stopped : GuestThreadState.Running,
            LastInstructionPointer = rip,
        };
        if (!waits)
        {
            return info;
        }

        TimeSpan? left = wait?.Deadline is { } deadline
            ? TimeSpan.FromTicks(Math.Max(0, deadline - thread.Process.Machine.MonotonicNanoseconds) / 100)
            : null;
        return info with
        {
            SystemCall = Format(thread, table, out int number, out SyscallArguments args),
            WaitsFor = Subject(thread, wait, number, args),
            OwnerId = thread.BlockedOnPi?.Owner.Tid ?? OwnerOf(thread, number, args),
            TimeLeft = left,
            CanBeWokenFromOutside = wait is null || !wait.IsGuestOnly,
        };
    }

    // The registers of a thread that waits are those of its call.
    private static unsafe string Format(GuestThread thread, SyscallTable table, out int number, out SyscallArguments args)
    {
        CpuState* state = thread.State;
        number = (int)state->Rax;
        args = new SyscallArguments(state->Rdi, state->Rsi, state->Rdx, state->R10, state->R8, state->R9);
        var call = new TracedCall((SyscallContext?)thread.DispatchState ?? new SyscallContext(thread), table[number], number, args);
        call.AppendInputs();
        call.AppendOutputs(Errno.EINTR);
        return call.Text.Append(')').ToString();
    }

    private static string Subject(GuestThread thread, ThreadWaiter.Wait? wait, int number, in SyscallArguments args)
    {
        switch ((SyscallNumber)number)
        {
            case SyscallNumber.futex:
                uint value = thread.Process.Memory.TryRead(args.Arg0, out uint word) ? word : 0;
                return string.Create(CultureInfo.InvariantCulture, $"the futex at 0x{args.Arg0:x}, which is 0x{value:x}");
            case SyscallNumber.nanosleep or SyscallNumber.clock_nanosleep:
                return "its time";
            case SyscallNumber.pause or SyscallNumber.rt_sigsuspend or SyscallNumber.rt_sigtimedwait:
                return "a signal";
            case SyscallNumber.poll or SyscallNumber.ppoll or SyscallNumber.select or SyscallNumber.pselect6:
                return string.Create(CultureInfo.InvariantCulture, $"one of {wait?.Queues?.Count ?? 0} files");
        }

        if (thread.Process.Descriptors.Get((int)args.Arg0).TryGet(out OpenFile? file, out _))
        {
            string description = file.Dentry?.FullPath ?? file.Description;
            file.Release();
            return string.Create(CultureInfo.InvariantCulture, $"descriptor {(int)args.Arg0}, {description}");
        }

        return wait is null ? "something of the embedder's" : "something of the guest's";
    }

    // Robust and error-checking mutexes keep their owner's tid in the word.
    private static int? OwnerOf(GuestThread thread, int number, in SyscallArguments args) =>
        number == (int)SyscallNumber.futex && thread.Process.Memory.TryRead(args.Arg0, out uint word) &&
        (int)(word & FutexConstants.FUTEX_TID_MASK) is > 2 and var tid && tid != thread.Tid && thread.Process.Threads.Any(t => t.Tid == tid) ? tid : null;
}
