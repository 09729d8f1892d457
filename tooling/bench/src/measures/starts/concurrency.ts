import { type BareTemplate, makeBareTemplate } from '../../bare/bare-template.js';
import { interleave } from '../../interleave.js';
import type { Measure } from '../../measure.js';
import type { Row } from '../../report/row.js';
import { bareFirstExec } from '../../starts/bare-first-exec.js';
import { startTogether } from '../../starts/together.js';
import { untilImageTemplate } from '../../starts/templates-ready.js';

const COUNTS = [1, 2, 4, 8] as const;

/** Until the last bare VM has answered. */
const bareTogether = async (template: BareTemplate, count: number, signal: AbortSignal): Promise<number> => {
  const runs = await Promise.all(Array.from({ length: count }, () => bareFirstExec(template, signal)));
  return Math.max(...runs.map(({ totalMs }) => totalMs));
};

export const concurrency: Measure = {
  name: 'concurrency',
  about: `${COUNTS.join(', ')} starts at once from the template of the image, beside as many bare VMs’`,
  rounds: 30,
  run: async ({ lab, rounds, signal }) => {
    await using runtime = await lab.openRuntime();
    await using template = await makeBareTemplate(await lab.bareMachine(), signal);
    await untilImageTemplate(runtime, {}, signal);
    await interleave(2, [() => startTogether(runtime, {}, 1), () => bareTogether(template, 1, signal)], signal);
    const rows: Row[] = [];
    for (const count of COUNTS) {
      const [box, bare] = await interleave(
        rounds,
        [() => startTogether(runtime, {}, count), () => bareTogether(template, count, signal)],
        signal,
      );
      rows.push({
        what: `${String(count)} at once: create → the last first exec’s exit status`,
        unit: 'ms',
        samples: box.map(({ allMs }) => allMs),
        counterpart: { what: 'as many bare VMs, restored → first exec', samples: bare },
      });
      if (count > 1) rows.push({ what: '  each of them', unit: 'ms', samples: box.flatMap(({ eachMs }) => eachMs) });
    }
    return { warm: 'image prepared, templates made and used, code of this process loaded', rows };
  },
};
