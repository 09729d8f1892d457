import { CodeBox, type CodeBoxOptions } from '@boxlite/boxes';
import { codeImage } from '@boxlite/testbed';
import { useHome } from './home.js';

/** To be called in a `describe`: one CodeBox in a home of its own for all its tests, gone after them. */
export const useCodeBox = (options: CodeBoxOptions): { readonly box: CodeBox } => {
  let box: CodeBox | undefined;
  // Before its home is removed: these are called in the order in which they are given.
  afterAll(async () => {
    await box?.stop();
  });
  useHome();
  beforeAll(async () => {
    box = new CodeBox({ rootfsPath: (await codeImage()).layout, ...options });
    await box.start();
  });
  return {
    get box() {
      if (box === undefined) throw new Error('the Box is there while tests run, not before');
      return box;
    },
  };
};
