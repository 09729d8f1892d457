/** The guest kernel's command line (admin-guide/kernel-parameters.rst). What costs boot time under emulation is left out. */
const ARGUMENTS = [
  'console=ttyS0',
  'quiet',
  'loglevel=4',
  // A panic resets at once, by triple fault, and `-no-reboot` turns a reset into the VMM's end.
  'panic=-1',
  'reboot=t',
  'tsc=reliable',
  'no_timer_check',
  // One tenant in the guest: the host's mitigations are those that count.
  'mitigations=off',
  'random.trust_cpu=on',
  // 0.2 s of self-tests of the crypto API.
  'cryptomgr.notests',
  // Do not rewrite lock prefixes for a single CPU: the rewriting costs an emulated CPU more than they do.
  'noreplace-smp',
];

export const KERNEL_ARGUMENTS = ARGUMENTS.join(' ');
