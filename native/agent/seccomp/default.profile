# The system calls that processes of a container have, by name; those of x86-64 and, where the kernel runs its programs, of i386.
#
#   allow            always there
#   allow-with CAP   there for containers that have the capability; others are refused it (EPERM)
#   refuse           there, but refused (EPERM)
#   all others       not there (ENOSYS), so that programs try what came before them
#
# `personality` and `socket` are there for some arguments only; that is in `seccomp/compile.rs`.
# From the manual pages (syscalls(2), capabilities(7)): allowed is what a program without privileges has a use for, and what the kernel
# itself asks for a capability or a namespace of one's own. What speaks to hardware, replaces the kernel or looks into it is not.

# Files
allow open openat openat2 creat close close_range read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 lseek _llseek
allow dup dup2 dup3 fcntl fcntl64 flock ioctl fsync fdatasync sync syncfs sync_file_range readahead fadvise64 fadvise64_64 fallocate
allow truncate truncate64 ftruncate ftruncate64 copy_file_range sendfile sendfile64 splice tee
allow stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 access faccessat faccessat2
allow chmod fchmod fchmodat chown chown32 fchown fchown32 lchown lchown32 fchownat umask utime utimes futimesat utimensat utimensat_time64
allow link linkat symlink symlinkat readlink readlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat
allow getcwd chdir fchdir getdents getdents64 readdir name_to_handle_at
allow getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr
allow inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark
allow io_setup io_destroy io_submit io_cancel io_getevents

# Mounts: the kernel wants a capability for them, which a user namespace can bring
allow mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick pivot_root

# Waiting
allow select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 pipe pipe2 eventfd eventfd2 signalfd signalfd4
allow epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2
allow timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64

# Memory
allow brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall remap_file_pages
allow memfd_create memfd_secret pkey_alloc pkey_free pkey_mprotect membarrier
allow mbind get_mempolicy set_mempolicy process_vm_readv process_vm_writev process_mrelease

# Processes
allow clone clone3 fork vfork execve execveat exit exit_group wait4 waitid waitpid unshare setns
allow getpid gettid getppid getpgid getpgrp setpgid getsid setsid pidfd_open pidfd_getfd pidfd_send_signal ptrace prctl arch_prctl modify_ldt
allow set_tid_address set_thread_area get_thread_area set_robust_list get_robust_list rseq restart_syscall futex futex_time64 futex_waitv
allow getpriority setpriority getrlimit ugetrlimit setrlimit prlimit64 getrusage times getcpu seccomp
allow sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_getattr sched_setattr
allow sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64 ioprio_get ioprio_set
allow landlock_create_ruleset landlock_add_rule landlock_restrict_self

# Signals
allow kill tkill tgkill pause alarm signal sigaction sigpending sigprocmask sigreturn sigsuspend sigaltstack
allow rt_sigaction rt_sigprocmask rt_sigpending rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64

# Users and capabilities
allow getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getgroups getgroups32 getresuid getresuid32 getresgid getresgid32
allow setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32
allow setgroups setgroups32 setfsuid setfsuid32 setfsgid setfsgid32 capget capset keyctl

# Time
allow time gettimeofday nanosleep clock_nanosleep clock_nanosleep_time64 clock_gettime clock_gettime64 clock_getres clock_getres_time64
allow adjtimex clock_adjtime clock_adjtime64 getitimer setitimer
allow timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64

# Sockets and queues
allow socketcall socketpair bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown
allow sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg recvmmsg_time64
allow ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
allow mq_open mq_unlink mq_notify mq_getsetattr mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64

# The system
allow uname sysinfo syslog getrandom reboot

# What a capability opens
allow-with DAC_READ_SEARCH open_by_handle_at
allow-with SYS_ADMIN bpf fanotify_init lookup_dcookie perf_event_open quotactl setdomainname sethostname
allow-with SYS_CHROOT chroot
allow-with SYS_MODULE init_module finit_module delete_module query_module
allow-with SYS_PACCT acct
allow-with SYS_PTRACE kcmp process_madvise
allow-with SYS_RAWIO iopl ioperm
allow-with SYS_TIME settimeofday clock_settime clock_settime64 stime
allow-with SYS_TTY_CONFIG vhangup

# Old, or of the machine
refuse kexec_load kexec_file_load swapon swapoff sysfs ustat uselib userfaultfd vmsplice migrate_pages move_pages io_pgetevents nfsservctl
refuse bdflush nice oldfstat oldlstat oldolduname oldstat olduname sgetmask ssetmask vm86 vm86old
