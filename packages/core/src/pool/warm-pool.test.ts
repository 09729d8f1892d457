import type { PreparedImage } from '../images/prepare/prepared-image.js';
import { RuntimeMeters } from '../metrics/runtime-meters.js';
import { boxConfig } from '../options/box-config.js';
import type { BoxOptions } from '../options/box-options.js';
import { poolPlan } from './pool-plan.js';
import type { PooledVm } from './pooled-vm.js';
import { type Claim, WarmPool } from './warm-pool.js';

const image = (digest: string): PreparedImage => ({ digest }) as PreparedImage;

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

/** A pool of fake VMs, filled; its image has the digest `first`, for as long as nobody says otherwise. */
const filledPool = async (size: number, shape?: BoxOptions) => {
  const plan = poolPlan({ size, ...(shape === undefined ? {} : { shape }) });
  if (plan === undefined) throw new Error('no pool');
  const meters = new RuntimeMeters({ pool: true, standby: false });
  const made: { ended: boolean; die: () => void }[] = [];
  const fake = { digest: 'first' };
  const make = (): Promise<PooledVm> => {
    const entry = { ended: false, die: (): void => undefined };
    const gone = new Promise<string>((resolve) => {
      entry.die = () => {
        resolve('it died');
      };
    });
    made.push(entry);
    const vm = {
      gone,
      vm: { record: { accelerator: 'tcg' } },
      image: plan.hasImage ? image(fake.digest) : undefined,
      end: () => Promise.resolve((entry.ended = true)),
    };
    return Promise.resolve(vm as unknown as PooledVm);
  };
  const pool = new WarmPool({ plan, make, meters, log: { warn: () => undefined } });
  pool.refill();
  await settled();
  return { pool, made, meters, fake };
};

const claim = (options: BoxOptions = {}, changes: Partial<Claim> = {}): Claim => ({
  config: boxConfig(options),
  image: image('first'),
  disk: null,
  accelerator: 'tcg',
  ...changes,
});

const DISK = [{ id: '0123456789abcdef', format: 'raw' }] as const;

describe('WarmPool', () => {
  it('gives each claim another VM, until there are none', async () => {
    const { pool, meters } = await filledPool(2);
    const [first, second, third] = [pool.claim(claim()), pool.claim(claim()), pool.claim(claim())];
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    expect(second).not.toBe(first);
    expect(third).toBeUndefined();
    expect(meters.snapshot()).toMatchObject({ machinesPooled: 0, poolClaims: 2, poolMisses: 1 });
    pool.refill();
    await settled();
    expect(meters.snapshot()).toMatchObject({ machinesPooled: 2 });
    await pool.close();
  });

  it.each<[string, Claim]>([
    ['of any image', claim({ image: 'debian:12' }, { image: image('other') })],
    ['with a disk already', claim({}, { disk: DISK })],
    ['with a smaller disk', claim({ diskSizeMib: 64 })],
    ['with other capabilities', claim({ capabilities: { add: ['NET_ADMIN'] } })],
    ['with a name, an environment and a user', claim({ name: 'box', env: { A: 'b' }, user: 'nobody', autoRemove: true })],
  ])('without an image serves a Box %s', async (_, request) => {
    const { pool } = await filledPool(1);
    expect(pool.claim(request)).toBeDefined();
    await pool.close();
  });

  it.each<[string, Claim]>([
    ['more memory', claim({ memoryMib: 513 })],
    ['more processors', claim({ cpus: 2 })],
    ['a larger disk', claim({ diskSizeMib: 4097 })],
    ['a life of its own', claim({ detach: true })],
    ['another accelerator', claim({}, { accelerator: 'kvm' })],
  ])('serves no Box with %s', async (_, request) => {
    const { pool, meters } = await filledPool(1);
    expect(pool.claim(request)).toBeUndefined();
    expect(meters.snapshot()).toMatchObject({ machinesPooled: 1, poolMisses: 1 });
    await pool.close();
  });

  const debian = { image: 'debian:12' };

  it('with an image serves a Box of just that', async () => {
    const { pool } = await filledPool(1, debian);
    expect(pool.claim(claim({ ...debian, hostname: 'own', env: { A: 'b' }, workingDir: '/x', user: 'nobody' }))).toBeDefined();
    await pool.close();
  });

  it.each<[string, Claim]>([
    ['another image', claim({ image: 'alpine' }, { image: image('other') })],
    ['another size of disk', claim({ ...debian, diskSizeMib: 64 })],
    ['other capabilities', claim({ ...debian, capabilities: { drop: ['NET_RAW'] } })],
    ['other limits', claim({ ...debian, ulimits: { nofile: 100 } })],
    ['a root that is read-only', claim({ ...debian, readOnlyRoot: true })],
    ['a disk already', claim(debian, { disk: DISK })],
    ['the disk of another image of that name', claim(debian, { disk: DISK, image: image('older') })],
  ])('with an image serves no Box with %s, and keeps what it has', async (_, request) => {
    const { pool, made } = await filledPool(1, debian);
    expect(pool.claim(request)).toBeUndefined();
    await settled();
    expect(made.map(({ ended }) => ended)).toEqual([false]);
    await pool.close();
  });

  it('drops what it has when its image is another one by now', async () => {
    const { pool, made, fake } = await filledPool(2, debian);
    const request = claim(debian, { image: image('second') });
    expect(pool.claim(request)).toBeUndefined();
    fake.digest = 'second';
    pool.refill();
    await settled();
    expect(made.map(({ ended }) => ended)).toEqual([true, true, false, false]);
    expect(pool.claim(request)).toBeDefined();
    await pool.close();
  });

  it('never gives one that died', async () => {
    const { pool, made, meters } = await filledPool(2);
    made[0]?.die();
    await settled();
    expect(meters.snapshot()).toMatchObject({ machinesPooled: 1 });
    expect(made[0]?.ended).toBe(true);
    expect(pool.claim(claim())).toBeDefined();
    expect(pool.claim(claim())).toBeUndefined();
    await pool.close();
  });
});
