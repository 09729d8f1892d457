export { SimpleBox } from './simple/simple-box.js';
export type { NetworkSpec, SimpleBoxOptions } from './simple/simple-box-options.js';
export type { ExecCallOptions, ExecRest } from './simple/exec-arguments.js';
export type { ExecResult } from './simple/exec-result.js';
export { InteractiveBox, type InteractiveBoxOptions } from './interactive/interactive-box.js';
export { ExecError, ParseError, TimeoutError } from './errors.js';
export { BoxliteError } from '@boxlite/core';
