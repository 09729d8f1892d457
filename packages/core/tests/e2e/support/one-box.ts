import type { BoxliteRuntime, BoxOptions, LiteBox } from '@boxlite/core';
import { debian, openRuntime, spawnBox } from './boxes.js';

/** What the tests of a file have in common; there while they run. */
export interface OneBox {
  readonly runtime: BoxliteRuntime;
  readonly box: LiteBox;
}

/** To be called in a `describe`: one runtime with one running Box for all its tests, gone after them. */
export const useBox = (options: () => BoxOptions | Promise<BoxOptions> = debian): OneBox => {
  let runtime: BoxliteRuntime | undefined;
  let box: LiteBox | undefined;
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the Box is there while tests run, not before');
    return value;
  };

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, await options());
    await box.start();
  });

  afterAll(async () => {
    await box?.[Symbol.asyncDispose]();
    await runtime?.close();
  });

  return {
    get runtime() {
      return there(runtime);
    },
    get box() {
      return there(box);
    },
  };
};
