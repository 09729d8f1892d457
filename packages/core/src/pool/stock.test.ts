import { Stock, type StockOptions, type Stocked } from './stock.js';

/** An item that ends when it is told to. */
class FakeItem implements Stocked {
  readonly gone: Promise<string>;
  ended = 0;
  die!: (why: string) => void;

  constructor(readonly name: number) {
    this.gone = new Promise((resolve) => {
      this.die = resolve;
    });
  }

  end(): Promise<void> {
    this.ended += 1;
    return Promise.resolve();
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

const fakeStock = (options: Partial<StockOptions<FakeItem>> = {}) => {
  const made: FakeItem[] = [];
  const counts: number[] = [];
  const warnings: [string, Record<string, unknown> | undefined][] = [];
  const stock = new Stock<FakeItem>({
    what: 'fake',
    size: 2,
    make: () => {
      const item = new FakeItem(made.length);
      made.push(item);
      return Promise.resolve(item);
    },
    onCount: (count) => counts.push(count),
    log: {
      warn: (message, fields) => {
        warnings.push([message, fields]);
      },
    },
    ...options,
  });
  return { stock, made, counts, warnings };
};

describe('Stock', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('makes nothing before it is asked to', async () => {
    const { stock, made } = fakeStock();
    await settled();
    expect(stock.take()).toBeUndefined();
    expect(made).toHaveLength(0);
    await stock.close();
  });

  it('hands out the oldest first, each once, and replaces them when it is told to', async () => {
    const { stock, made, counts } = fakeStock();
    stock.refill();
    await settled();
    expect([stock.take(), stock.take(), stock.take()]).toEqual([made[0], made[1], undefined]);
    await settled();
    expect(made).toHaveLength(2);
    stock.refill();
    await settled();
    expect(stock.take()).toBe(made[2]);
    expect(counts).toEqual([1, 2, 1, 0, 1, 2, 1]);
    await stock.close();
  });

  it('makes one at a time and never more than its size, however often it is asked', async () => {
    let making = 0;
    let most = 0;
    const { stock } = fakeStock({
      size: 3,
      make: async () => {
        making += 1;
        most = Math.max(most, making);
        await settled();
        making -= 1;
        return new FakeItem(0);
      },
    });
    for (let i = 0; i < 10; i += 1) stock.refill();
    for (let i = 0; i < 10; i += 1) await settled();
    expect(most).toBe(1);
    expect(stock.count).toBe(3);
    await stock.close();
  });

  it('never hands out one that has gone, ends it, and makes another after a while', async () => {
    const { stock, made, warnings } = fakeStock({ size: 1 });
    stock.refill();
    await settled();
    made[0]?.die('killed');
    await settled();
    expect(made[0]?.ended).toBe(1);
    expect(warnings).toEqual([['a fake ended by itself', { error: 'killed', retryMs: 250 }]]);
    expect(stock.take()).toBeUndefined();
    stock.refill();
    await settled();
    expect(made).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(250);
    expect(stock.take()).toBe(made[1]);
    await stock.close();
  });

  it('does not concern itself with one that is taken', async () => {
    const { stock, made, warnings } = fakeStock({ size: 1 });
    stock.refill();
    await settled();
    stock.take()?.die('its Box was stopped');
    await settled();
    await stock.close();
    expect(made[0]?.ended).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('tries again after a failure, less and less often, and as before once one was taken', async () => {
    let broken = true;
    const retries: unknown[] = [];
    const { stock } = fakeStock({
      size: 1,
      make: () => (broken ? Promise.reject(new Error('no memory')) : Promise.resolve(new FakeItem(0))),
      log: {
        warn: (_, fields) => {
          retries.push(fields?.['retryMs']);
        },
      },
    });
    stock.refill();
    for (let i = 0; i < 11; i += 1) await jest.advanceTimersByTimeAsync(60_000);
    expect(retries.slice(0, 10)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    broken = false;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(stock.take()).toBeDefined();
    broken = true;
    retries.length = 0;
    stock.refill();
    await settled();
    expect(retries).toEqual([250]);
    await stock.close();
  });

  it('ends all that it has when it is closed, and what is being made, and makes no more', async () => {
    const late = new FakeItem(9);
    const { stock, made } = fakeStock({
      size: 2,
      make: (signal) => {
        if (made.length > 0) return new Promise((resolve) => signal.addEventListener('abort', () => resolve(late)));
        made.push(new FakeItem(0));
        return Promise.resolve(made[0] as FakeItem);
      },
    });
    stock.refill();
    await settled();
    await stock.close();
    await stock.close();
    expect([made[0]?.ended, late.ended]).toEqual([1, 1]);
    stock.refill();
    await settled();
    expect(stock.take()).toBeUndefined();
  });

  it('ends what it has when others are wanted', async () => {
    const { stock, made } = fakeStock();
    stock.refill();
    await settled();
    stock.clear();
    expect(stock.take()).toBeUndefined();
    stock.refill();
    await settled();
    expect(made.map(({ ended }) => ended)).toEqual([1, 1, 0, 0]);
    await stock.close();
  });

  it('says when one cannot be ended, and goes on', async () => {
    const { stock, made, warnings } = fakeStock({ size: 1 });
    stock.refill();
    await settled();
    if (made[0] !== undefined) made[0].end = () => Promise.reject(new Error('no permission'));
    await stock.close();
    expect(warnings).toEqual([['a fake could not be ended', { error: 'no permission' }]]);
  });
});
