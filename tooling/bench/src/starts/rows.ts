import type { Aim, Row } from '../report/row.js';
import type { BareFirstExec } from './bare-first-exec.js';
import type { FirstExec } from './first-exec.js';

export type Timed = Pick<FirstExec, 'createMs' | 'startMs' | 'execMs' | 'totalMs' | 'vmmMs'>;

/** What is shown of starts: the whole beside the counterpart's, its parts, and the processor time. */
export const startRows = (what: string, runs: readonly Timed[], bare: readonly BareFirstExec[], aim?: Aim): Row[] => [
  {
    what: `${what}: create → first exec’s exit status`,
    unit: 'ms',
    samples: runs.map(({ totalMs }) => totalMs),
    counterpart: { what: 'bare VM, restored → first exec', samples: bare.map(({ totalMs }) => totalMs) },
    ...(aim === undefined ? {} : { aim }),
  },
  { what: '  of it create', unit: 'ms', samples: runs.map(({ createMs }) => createMs) },
  { what: '  of it start', unit: 'ms', samples: runs.map(({ startMs }) => startMs) },
  { what: '  of it the first exec', unit: 'ms', samples: runs.map(({ execMs }) => execMs) },
  {
    what: '  CPU time of the VMM',
    unit: 'ms',
    samples: runs.map(({ vmmMs }) => vmmMs),
    counterpart: { what: 'bare VM, CPU time of QEMU', samples: bare.map(({ vmmMs }) => vmmMs) },
  },
];
