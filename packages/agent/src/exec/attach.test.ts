import { text } from 'node:stream/consumers';

import { startFakeAgent } from '../testing/fake-agent.js';

test('an execution of an earlier session is taken up once, and says what is missing', async () => {
  await using agent = await startFakeAgent({
    left: {
      old: (exec) => {
        exec.started(100, 9, { stdin: true, tty: true, stdoutDropped: 5n });
        void exec.print('stdout', 'rest').then(() => {
          exec.finish(3);
        });
      },
    },
  });
  const [execution, same] = await Promise.all([agent.session.execution('old'), agent.session.execution('old')]);
  expect(same).toBe(execution);
  expect(execution).toMatchObject({ id: 'old', pid: 9, missed: { stdout: 5, stderr: 0 } });
  expect(execution.stdin.writable).toBe(true);
  await execution.resize({ rows: 1, columns: 1 });
  expect(await text(execution.stdout)).toBe('rest');
  expect(await execution.wait()).toMatchObject({ exitCode: 3 });
});

test('one without stdin and terminal has neither', async () => {
  await using agent = await startFakeAgent({
    left: {
      old: (exec) => {
        exec.started();
      },
    },
  });
  const execution = await agent.session.execution('old');
  expect(execution.stdin.destroyed).toBe(true);
  await expect(execution.resize({ rows: 1, columns: 1 })).rejects.toMatchObject({ code: 'InvalidState' });
});

test('one that there is not is not found, and may be asked for again', async () => {
  await using agent = await startFakeAgent();
  for (let i = 0; i < 2; i += 1) await expect(agent.session.execution('nope')).rejects.toMatchObject({ code: 'NotFound' });
});

test('one of this session is itself', async () => {
  await using agent = await startFakeAgent();
  const execution = await agent.session.exec('sleep');
  expect(await agent.session.execution(execution.id)).toBe(execution);
  await execution.kill();
  await execution.wait();
});

test('what a guest lists is shown as plain text', async () => {
  const info = { id: 'a\u001b[2Jb', pid: 3, argv: [Buffer.from([0xff, 0x41])], running: true, tty: false, attended: false };
  await using agent = await startFakeAgent({ executions: [info] });
  const [listed] = await agent.session.executions();
  expect(listed?.id).not.toContain('\u001b');
  expect(listed?.command).toEqual(['\ufffdA']);
});
