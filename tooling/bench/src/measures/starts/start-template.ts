import { makeBareTemplate } from '../../bare/bare-template.js';
import { interleave } from '../../interleave.js';
import type { LabImage } from '../../lab.js';
import type { Measure, MeasureContext } from '../../measure.js';
import type { Findings, Row } from '../../report/row.js';
import { bareFirstExec } from '../../starts/bare-first-exec.js';
import { startAndRemove } from '../../starts/first-exec.js';
import { startedFrom, strays } from '../../starts/origin.js';
import { dropFromPageCache, HOW_DROPPED, templateFiles } from '../../starts/page-cache.js';
import { startRows } from '../../starts/rows.js';
import { SHAPE_TEMPLATE_ONLY, untilImageTemplate } from '../../starts/templates-ready.js';

type Template = 'template' | 'image-template';

interface Variant {
  from: Template;
  images: readonly LabImage[];
  aimMs?: number;
}

/** Starts from one kind of template, of one image: with all in the page cache, then without the template's files in it. */
const measureImage = async (
  { lab, rounds, signal }: MeasureContext,
  image: LabImage,
  { from, aimMs }: Variant,
): Promise<{ rows: Row[]; skipped: string[]; leftBytes: number }> => {
  await using runtime = await lab.openRuntime();
  const options = from === 'template' ? { ...image.options, ...SHAPE_TEMPLATE_ONLY } : image.options;
  await using template = await makeBareTemplate(await lab.bareMachine(), signal);
  const inBox = () => startAndRemove(runtime, options);
  const inBare = () => bareFirstExec(template, signal);
  if (from === 'image-template') await untilImageTemplate(runtime, options, signal);
  await interleave(2, [inBox, inBare], signal);
  const [box, bare] = await interleave(rounds, [inBox, inBare], signal);

  let leftBytes = 0;
  const dropped = async <T>(files: readonly string[], start: () => Promise<T>): Promise<T> => {
    leftBytes = Math.max(leftBytes, await dropFromPageCache(files));
    return start();
  };
  const [coldBox, coldBare] = await interleave(
    rounds,
    [async () => dropped(await templateFiles(lab.home), inBox), () => dropped([template.memory, template.devices], inBare)],
    signal,
  );
  const rows: Row[] = [
    ...startRows(image.name, startedFrom(from, box), bare, aimMs === undefined ? undefined : { p50: aimMs }),
    ...startRows(`${image.name}, template not in the page cache`, startedFrom(from, coldBox), coldBare),
  ];
  return { rows, skipped: strays(image.name, from, [...box, ...coldBox]), leftBytes };
};

const measure = async (context: MeasureContext, variant: Variant): Promise<Findings> => {
  const found = [];
  for (const image of variant.images) found.push(await measureImage(context, image, variant));
  const left = Math.max(...found.map(({ leftBytes }) => leftBytes));
  const dropped = `templates’ files dropped by ${HOW_DROPPED}${left === 0 ? '' : `, of which up to ${String(left)} bytes stayed`}`;
  return {
    warm: `image prepared, templates made and used, code of this process loaded; not in the page cache: ${dropped}`,
    rows: found.flatMap(({ rows }) => rows),
    skipped: found.flatMap(({ skipped }) => skipped),
  };
};

export const startTemplate: Measure = {
  name: 'start-template',
  about: 'create → first exec’s exit status from the template of the shape, beside a bare VM’s restored alike',
  rounds: 30,
  run: (context) => measure(context, { from: 'template', images: [context.lab.embedded] }),
};

export const startImage: Measure = {
  name: 'start-image',
  about: 'create → first exec’s exit status from the template of the image, beside a bare VM’s restored alike',
  rounds: 30,
  run: async (context) => {
    const { found, skipped } = await context.lab.images();
    const findings = await measure(context, { from: 'image-template', images: found, aimMs: 150 });
    return { ...findings, skipped: [...skipped, ...(findings.skipped ?? [])] };
  },
};
