import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeLayout } from '@boxlite/testbed';
import { Home } from './support/home.js';
import { appImage } from './support/images.js';

describe('Boxes that nobody watches', () => {
  it('check their health, stop when nothing goes on, and are started again by the next command', async () => {
    await using home = await Home.make();
    const infoOf = async (name: string): Promise<Record<string, unknown>> =>
      (JSON.parse((await home.run(['inspect', name])).stdout) as Record<string, unknown>[])[0] ?? {};
    const until = async (name: string, fits: (info: Record<string, unknown>) => boolean): Promise<void> => {
      for (let tries = 0; !fits(await infoOf(name)); tries += 1) {
        if (tries > 100) throw new Error(`${name} is ${JSON.stringify(await infoOf(name))}`);
        await sleep(200);
      }
    };
    const health = ['--health-cmd', 'test -e /tmp/well', '--health-interval', '200ms', '--health-retries', '2'];
    expect(await home.run(['run', '-d', '--name', 'ill', ...health, '--idle-timeout', '10m', '--', 'sleep', '1000'])).toMatchObject({
      exitCode: 0,
    });
    await until('ill', (info) => (info['health'] as { status: string } | null)?.status === 'unhealthy');
    expect((await home.run(['ps', '--filter', 'health=unhealthy'])).stdout).toMatch(/\(unhealthy\).* ill/);
    expect(await home.run(['run', '-d', '--name', 'idle', '--idle-timeout', '1s', '--', 'sleep', '1000'])).toMatchObject({ exitCode: 0 });
    expect(await home.run(['run', '-d', '--name', 'dies', '--restart', 'unless-stopped', '--', 'sleep', '1000'])).toMatchObject({
      exitCode: 0,
    });
    process.kill(Number((await infoOf('dies'))['pid']), 'SIGKILL');
    await until('dies', (info) => info['status'] === 'running' && info['restartCount'] === 1);
    await until('idle', (info) => info['status'] === 'stopped');
    expect(await infoOf('idle')).toMatchObject({ stopReason: 'idle', exitCode: null });
    expect((await home.run(['ps', '-a'])).stdout).toMatch(/\(idle\).* idle/);
    const { stdout } = await home.run(['events', '--since', '1h', '--until', '0s', '--filter', 'box=dies', '--filter', 'event=restarting']);
    expect(stdout).toMatch(/ending=(lost|crashed)/);
  });

  it('look for their health as the image says', async () => {
    await using home = await Home.make();
    const layout = join(home.path, 'layout');
    await mkdir(layout);
    const health = { Test: ['CMD-SHELL', 'echo looked; exit 1'], Interval: 2e8, Retries: 1 };
    await writeLayout(layout, { 'local/app:1': await appImage({ Cmd: ['sleep', '1000'], Healthcheck: health }) });
    expect(await home.run(['run', '-d', '--name', 'ill', '--rootfs', layout])).toMatchObject({ exitCode: 0 });
    const look = async (): Promise<{ health: object | null } | undefined> =>
      (JSON.parse((await home.run(['inspect', 'ill'])).stdout) as { health: object | null }[])[0];
    for (let tries = 0; !JSON.stringify(await look()).includes('"unhealthy"'); tries += 1) {
      if (tries > 100) throw new Error(`its health is ${JSON.stringify(await look())}`);
      await sleep(200);
    }
    expect((await look())?.health).toMatchObject({
      status: 'unhealthy',
      log: expect.arrayContaining([expect.objectContaining({ exitCode: 1, output: 'looked\n' })]) as unknown,
    });
    // Unless whoever makes the Box does not want it.
    expect(await home.run(['run', '-d', '--name', 'unasked', '--no-healthcheck', '--rootfs', layout])).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await home.run(['inspect', 'unasked'])).stdout)).toMatchObject([{ health: null }]);
  });
});
