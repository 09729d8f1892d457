import { Home } from './support/home.js';

describe('boxlite events', () => {
  it('shows what other commands do, while they do it and afterwards', async () => {
    await using home = await Home.make();
    const watching = home.spawn(['events', '--filter', 'type=box']);
    watching.child.stdin.end();
    // It shows what happens from when it watches on, and nothing tells of that: something happens until it does.
    let watches = false;
    void watching.printed('created').then(() => {
      watches = true;
    });
    while (!watches) {
      await home.run(['create', '--name', 'early']);
      await home.run(['rm', '-f', 'early']);
    }
    expect(await home.run(['run', '--rm', '--name', 'job', '--', 'sh', '-c', 'exit 3'])).toMatchObject({ exitCode: 3 });
    for (const text of ['created', 'starting', 'started', 'stopped', 'exitCode=3', 'removed']) await watching.printed(text);
    watching.signal('SIGINT');
    expect(await watching.ended).toMatchObject({ exitCode: 130, stderr: '' });
    const { stdout, exitCode } = await home.run(['events', '--since', '1h', '--until', '0s', '--json', '--filter', 'box=job']);
    expect(exitCode).toBe(0);
    const actions = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { action: string }).action);
    expect(actions).toEqual(['created', 'starting', 'started', 'exec-started', 'exec-ended', 'stopped', 'removed']);
  });
});
