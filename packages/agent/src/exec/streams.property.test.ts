import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import fc from 'fast-check';

import { startFakeAgent } from '../testing/fake-agent.js';

test('however data is cut on its way in, in the guest, and out, it arrives whole', async () => {
  await using agent = await startFakeAgent({
    programs: {
      // Copies stdin to stdout and cuts as its arguments say.
      recut: async (exec) => {
        const [, credit = '1', cut = '1'] = exec.argv;
        exec.started(Number(credit));
        for (let chunk = await exec.read(); chunk; chunk = await exec.read()) await exec.print('stdout', chunk, Number(cut));
        exec.finish();
      },
    },
  });
  const sizes = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.integer({ min: 500, max: 1 << 20 }),
      fc.integer({ min: 300, max: 65_536 }),
      async (chunkSizes, credit, cut) => {
        const chunks = chunkSizes.map((length, index) => Buffer.alloc(length, `${index} chunk`));
        const execution = await agent.session.exec('recut', [String(credit), String(cut)], { stdin: Readable.from(chunks) });
        expect((await buffer(execution.stdout)).equals(Buffer.concat(chunks))).toBe(true);
        expect(await execution.wait()).toMatchObject({ exitCode: 0 });
      },
    ),
    { numRuns: 40 },
  );
});
