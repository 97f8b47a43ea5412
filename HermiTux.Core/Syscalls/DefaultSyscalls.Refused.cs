using HermiTux.Abi;
using N = HermiTux.Abi.SyscallNumber;

namespace HermiTux.Syscalls;

/// <remarks>What isn't there and why: programs have ways around these, and ENOSYS is what lets them take them.</remarks>
internal sealed partial class DefaultSyscalls
{
    private void AddRefused()
    {
        Refuse("one process in a machine", N.process_madvise, N.process_mrelease, N.ptrace);
        Refuse("asynchronous I/O: programs fall back to threads", N.io_uring_setup, N.io_uring_enter, N.io_uring_register, N.io_setup, N.io_submit, N.io_getevents, N.io_cancel, N.io_destroy, N.io_pgetevents);
        Refuse("kernel instrumentation", N.bpf, N.perf_event_open, N.userfaultfd, N.fanotify_init, N.fanotify_mark, N.lookup_dcookie);
        Refuse("sandboxing is the machine's", N.landlock_create_ruleset, N.landlock_add_rule, N.landlock_restrict_self, N.lsm_get_self_attr, N.lsm_set_self_attr, N.lsm_list_modules);
        Refuse("one memory node, no secret memory", N.set_mempolicy_home_node, N.memfd_secret, N.remap_file_pages, N.mseal, N.map_shadow_stack, N.cachestat);
        Refuse("removed from Linux, or never there", N.uselib, N.ustat, N.sysfs, N._sysctl, N.create_module, N.get_kernel_syms, N.query_module, N.nfsservctl, N.getpmsg, N.putpmsg, N.afs_syscall, N.tuxcall, N.security, N.vserver, N.set_thread_area, N.get_thread_area, N.epoll_ctl_old, N.epoll_wait_old, N.modify_ldt);
        Refuse("file handles and the mount calls", N.name_to_handle_at, N.open_by_handle_at, N.fsopen, N.fsconfig, N.fsmount, N.fspick, N.open_tree, N.move_mount, N.mount_setattr, N.statmount, N.listmount, N.quotactl_fd);
        Forbid(Errno.EPERM, "the tree is the embedder's", N.mount, N.umount2, N.pivot_root, N.swapon, N.swapoff, N.quotactl, N.acct);
        Forbid(Errno.EPERM, "no namespaces", N.unshare, N.setns);
        Forbid(Errno.EPERM, "the host's hardware and kernel", N.iopl, N.ioperm, N.reboot, N.kexec_load, N.kexec_file_load, N.init_module, N.finit_module, N.delete_module, N.vhangup);
        Forbid(Errno.ENOSYS, "no key rings", N.add_key, N.request_key, N.keyctl);
    }

    private void Refuse(string note, params ReadOnlySpan<N> numbers)
    {
        foreach (N number in numbers)
        {
            _table.Set(new SyscallEntry((int)number, number.ToString(), SupportLevel.None, $"ENOSYS: {note}", []));
        }
    }

    private void Forbid(Errno error, string note, params ReadOnlySpan<N> numbers)
    {
        foreach (N number in numbers)
        {
            _table.Set(new SyscallEntry((int)number, number.ToString(), SupportLevel.None, $"{error}: {note}", []) { Handler = (_, _) => error });
        }
    }
}
