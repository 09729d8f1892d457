import type { Measure } from './measure.js';
import { bridge } from './measures/bridge.js';
import { copy } from './measures/copy.js';
import { cycles } from './measures/cycles.js';
import { disk } from './measures/disk.js';
import { echo } from './measures/echo.js';
import { exec } from './measures/exec.js';
import { image } from './measures/image.js';
import { input } from './measures/input.js';
import { load } from './measures/load.js';
import { memory } from './measures/memory.js';
import { output } from './measures/output.js';
import { size } from './measures/size.js';
import { volume } from './measures/volume.js';
import { agentAnswer } from './measures/starts/agent-answer.js';
import { clone } from './measures/starts/clone.js';
import { cloneMany } from './measures/starts/clone-many.js';
import { concurrency } from './measures/starts/concurrency.js';
import { density } from './measures/starts/density.js';
import { startCold } from './measures/starts/start-cold.js';
import { startPool, startPoolImage } from './measures/starts/start-pool.js';
import { startStandby } from './measures/starts/start-standby.js';
import { startImage, startTemplate } from './measures/starts/start-template.js';

/** All that begins with no VM. */
const start: readonly Measure[] = [
  startCold,
  agentAnswer,
  startTemplate,
  startImage,
  startStandby,
  startPool,
  startPoolImage,
  clone,
  cloneMany,
  concurrency,
  density,
];

/** All measures, in the order in which they run. */
export const measures: readonly Measure[] = [
  ...start,
  exec,
  bridge,
  echo,
  output,
  input,
  copy,
  volume,
  disk,
  image,
  memory,
  size,
  cycles,
  load,
];

/** Names that stand for several measures. */
export const groups: ReadonlyMap<string, readonly Measure[]> = new Map([
  ['start', start],
  ['endurance', [cycles, load]],
  ['io', [output, input, copy, volume, disk]],
]);
