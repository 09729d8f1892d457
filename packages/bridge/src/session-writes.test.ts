import { encodeFrame } from './frame.js';
import { call, open } from './testing/open-session.js';

const NOTHING = call([], { kind: 'void' }, () => Promise.resolve());

it('sends what is answered together in one write, as each wakes the client', async () => {
  await using bridge = await open({ nothing: NOTHING });
  await bridge.client.hello();
  const writes = [jest.spyOn(bridge.accepted, '_write'), jest.spyOn(bridge.accepted, '_writev' as '_write')];
  const calls = [1, 2, 3].map((id) => encodeFrame({ t: 'call', id, m: 'nothing', a: [] }));
  bridge.client.socket.write(Buffer.concat(calls));
  for (const id of [1, 2, 3]) expect(await bridge.client.answer(id)).toMatchObject({ t: 'result' });
  expect(writes.map(({ mock }) => mock.calls.length)).toEqual([0, 1]);
});
