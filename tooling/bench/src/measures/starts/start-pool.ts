import type { WarmPoolOptions } from '@boxlite/core';
import type { LabImage } from '../../lab.js';
import type { Measure, MeasureContext } from '../../measure.js';
import type { Findings, Row } from '../../report/row.js';
import { measureAhead } from '../../starts/ahead.js';
import { untilReady } from '../../starts/refill.js';

const measureImage = async (
  context: MeasureContext,
  { name, options }: LabImage,
  warmPool: WarmPoolOptions,
  aimMs: number,
): Promise<{ rows: Row[]; skipped: string[] }> => {
  await using runtime = await context.lab.openRuntime({ warmPool });
  const ready = () => runtime.metrics().machinesPooled;
  await untilReady(ready, context.signal);
  return await measureAhead(runtime, context, {
    what: name,
    options,
    from: 'pool',
    made: 'VM of the pool',
    ready,
    used: () => runtime.metrics().poolClaims,
    aim: { p50: aimMs },
  });
};

const measure = async (context: MeasureContext, poolOf: (image: LabImage) => WarmPoolOptions, aimMs: number): Promise<Findings> => {
  const images = await context.lab.images();
  const rows: Row[] = [];
  const skipped = [...images.skipped];
  for (const image of images.found) {
    await context.lab.warmUp(image);
    const found = await measureImage(context, image, poolOf(image), aimMs);
    rows.push(...found.rows);
    skipped.push(...found.skipped);
  }
  return { warm: 'image prepared; one VM of the pool is ready before each start', rows, skipped };
};

export const startPool: Measure = {
  name: 'start-pool',
  about: 'the same, claimed from a warm pool that is for any image, and what that costs',
  rounds: 30,
  run: (context) => measure(context, () => ({ size: 1 }), 40),
};

export const startPoolImage: Measure = {
  name: 'start-pool-image',
  about: 'the same, claimed from a warm pool that has the image’s container ready',
  rounds: 30,
  run: (context) => measure(context, ({ options }) => ({ size: 1, shape: options }), 15),
};
