import type { Measure } from './measure.js';
import { coldStart } from './measures/cold-start.js';
import { echo } from './measures/echo.js';
import { exec } from './measures/exec.js';
import { image } from './measures/image.js';
import { input } from './measures/input.js';
import { memory } from './measures/memory.js';
import { output } from './measures/output.js';
import { size } from './measures/size.js';

/** All measures, in the order in which they run. */
export const measures: readonly Measure[] = [coldStart, exec, echo, output, input, image, memory, size];
