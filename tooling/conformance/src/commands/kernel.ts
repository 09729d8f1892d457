import { commands } from '../command.js';

/** What the kernel shows: /proc, /sys, the mounts. */
export const kernel = commands({
  'mount points': 'cut -d" " -f2,3 /proc/self/mounts | grep -v "^/ "',
  'options of mounts': 'grep -v "^[^ ]* / " /proc/self/mounts',
  'root mount': 'awk \'$2 == "/" { print $1, $3, substr($4, 1, 2) }\' /proc/self/mounts',
  'propagation of mounts': 'awk \'{ for (i = 7; $i != "-"; i++) print $5, $i }\' /proc/self/mountinfo | sed "s/[0-9]*$//"',
  'masked paths':
    'for p in /proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do test ! -e $p || { test -d $p && echo $p dir $(ls -A $p | wc -l) || echo $p file $(head -c 10 $p | wc -c); }; done',
  'writes to /proc/sys':
    'echo 1 >/proc/sys/kernel/panic; echo $?; echo x >/proc/sys/kernel/hostname; echo $?; echo c >/proc/sysrq-trigger; echo $?',
  'writes to /sys': 'echo 1 >/sys/kernel/profiling; echo $?; mkdir /sys/x; echo $?; touch /sys/fs/cgroup/x; echo $?',
  'writes to /proc': 'echo 1 >/proc/irq/default_smp_affinity; echo $?; touch /proc/x; echo $?',
  'system name': 'uname -s; uname -m; uname -o',
  'kernel release': 'uname -r',
  'kernel version': 'uname -v',
  processors: 'nproc; grep -c ^processor /proc/cpuinfo; grep Cpus_allowed_list /proc/self/status',
  'names of /proc': 'ls /proc | grep -v "^[0-9]*$"',
  'names of /sys': 'ls /sys',
  'settings of the network namespace':
    'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range /proc/sys/net/ipv4/ip_forward /proc/sys/net/core/somaxconn',
  'settings of the IPC namespace':
    'cd /proc/sys/kernel; cat shmmax shmall shmmni msgmax msgmnb sem; cat /proc/sys/fs/mqueue/msg_max /proc/sys/fs/mqueue/queues_max',
  'settings of the kernel':
    'cd /proc/sys/kernel; for f in pid_max randomize_va_space dmesg_restrict kptr_restrict perf_event_paranoid unprivileged_bpf_disabled threads-max; do echo $f $(cat $f 2>&1 | sed "s/.*: //"); done | grep -v threads-max',
  'settings of memory':
    'cd /proc/sys/vm; for f in overcommit_memory overcommit_ratio max_map_count swappiness mmap_min_addr; do echo $f $(cat $f); done',
  'settings of files':
    'cd /proc/sys/fs; for f in protected_hardlinks protected_symlinks protected_fifos protected_regular suid_dumpable pipe-max-size lease-break-time nr_open inotify/max_user_instances; do echo $f $(cat $f 2>&1); done',
  'core pattern': 'cat /proc/sys/kernel/core_pattern',
  'machine id': 'test -s /etc/machine-id; echo $?',
  'boot id': 'wc -c </proc/sys/kernel/random/boot_id; test -w /proc/sys/kernel/random/boot_id; echo $?',
  'security modules': 'cat /proc/self/attr/current 2>&1; cat /sys/kernel/security/lsm 2>&1',
  'namespaces of a process': 'ls /proc/self/ns',
  'time namespace': 'cat /proc/self/timens_offsets 2>&1 | tr -s " "',
});
