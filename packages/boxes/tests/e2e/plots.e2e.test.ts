import { CodeBox } from '@boxlite/boxes';
import { plotImage } from '@boxlite/testbed';
import { useHome } from './support/home.js';

/** Its image is large: it is made, and this runs, with `--all`. */
const isAsked = (process.env['BOXLITE_TEST_ALL'] ?? '') !== '';
if (!isAsked) console.log("plots by Matplotlib are tested with '--all' (BOXLITE_TEST_ALL=1)");

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

(isAsked ? describe : describe.skip)('plots by Matplotlib', () => {
  useHome();

  it('are shown as PNG: by show, by display, and what is left open at the end of a run', async () => {
    await using box = new CodeBox({ rootfsPath: (await plotImage()).layout, memoryMib: 768 });
    const { error, stderr, pngs, displays } = await box.execute(`
import matplotlib.pyplot as plt
import numpy as np
plt.plot(np.sin(np.linspace(0, 6)))
plt.show()
figure, axes = plt.subplots()
axes.plot([1, 2])
display(figure)
plt.close(figure)
plt.bar(['a', 'b'], [1, 2])
plt.title('left open')`);
    expect([error, stderr]).toEqual([undefined, '']);
    expect(pngs.map((png) => png.subarray(0, SIGNATURE.length))).toEqual([SIGNATURE, SIGNATURE, SIGNATURE]);
    expect(displays[0]?.['text/plain']?.toString()).toMatch(/^<Figure size /);
    // A file of the code's own is not in the way, and a run without plots shows none.
    expect((await box.execute("plt.plot([1]); plt.savefig('/tmp/plot.png'); plt.close()")).pngs).toEqual([]);
    expect((await box.exec('head', '-c4', '/tmp/plot.png')).stdout).toContain('PNG');
  });
});
