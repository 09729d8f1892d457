import type { Engine } from '../engine.js';

type Explanation = ReturnType<Engine['explain']>;

/** What QEMU (7.2 to 10) and the dynamic loader print when a VM cannot start. The first that fits explains it. */
const KNOWN: readonly (readonly [RegExp, Explanation])[] = [
  [
    /cannot set up guest memory|cannot allocate memory|unable to map backing store|out of memory/i,
    {
      code: 'ResourceExhausted',
      reason: 'memory',
      advice: 'The host cannot give the memory that the Box asks for: free some, or ask for less with memoryMib.',
    },
  ],
  [
    /failed to get ".*" lock|is another process using the image/i,
    {
      code: 'Storage',
      reason: 'disk-locked',
      advice: 'Another process has the disk open, perhaps a VM that was left running: end it first.',
    },
  ],
  [
    /too many open files|resource temporarily unavailable/i,
    { code: 'ResourceExhausted', reason: 'limits', advice: 'A limit of this user is reached: raise it, or run fewer Boxes.' },
  ],
  [
    /no space left on device/i,
    { code: 'ResourceExhausted', reason: 'ENOSPC', advice: 'The disk of the home directory is full: free some space.' },
  ],
  [
    /could not access kvm|failed to initialize kvm|kvm.*(?:permission denied|no such)|kvm_\w+: Assertion|invalid accelerator|does not support .*accel/i,
    { code: 'UnsupportedEngine', reason: 'accelerator', advice: "The accelerator cannot be used: ask for 'auto' or 'tcg'." },
  ],
  [
    /seccomp support is disabled|-sandbox.*(?:not|disabled)|failed to install seccomp/i,
    { code: 'UnsupportedEngine', reason: 'sandbox', advice: 'This QEMU or host has no seccomp: use the engine that comes with BoxLite.' },
  ],
  [
    /error while loading shared libraries|could not load PC BIOS|is not a valid (?:device model|accelerator)|could not open module/i,
    {
      code: 'UnsupportedEngine',
      reason: 'engine-damaged',
      advice: 'The engine is incomplete: in a checkout run ./dev setup, otherwise install BoxLite again.',
    },
  ],
  [
    /could not open (?:'|kernel file)|could not load kernel|linux kernel too old|driver requires '|could not load initrd|could not read/i,
    { code: 'Storage', reason: 'file', advice: 'Check that the file exists, can be read and is whole.' },
  ],
];

const UNKNOWN: Explanation = { code: 'Engine', reason: 'engine-failed', advice: "See engine.log in the Box's directory." };

/** Maps QEMU's last words to an error and what to do about it. */
export const explainQemu = (words: string): Explanation => KNOWN.find(([pattern]) => pattern.test(words))?.[1] ?? UNKNOWN;
