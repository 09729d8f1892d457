import type { Row } from '../report/row.js';
import { halves, p99OfParts } from '../windows.js';

/** Whether what goes on for long stays as it was: its times (ms) and the memory of the host process (bytes), the second half beside the first. */
export const lastingRows = (what: string, took: readonly number[], memory: readonly number[]): Row[] => {
  const [first, last] = halves(took);
  const [early, late] = halves(memory);
  return [
    {
      what: `${what}, second half`,
      unit: 'ms',
      samples: last,
      counterpart: { what: 'first half', samples: first },
      aim: { ratio: 1.2 },
    },
    { what: '  p99 of each tenth', unit: 'ms', samples: p99OfParts(took, 10) },
    {
      what: 'memory (PSS) of the host process, second half',
      unit: 'bytes',
      samples: late,
      counterpart: { what: 'first half', samples: early },
      aim: { ratio: 1.1 },
    },
  ];
};
