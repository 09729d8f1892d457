import type { RuntimeEvent } from '@boxlite/core';
import { eventFilter } from './event-filter.js';
import { parseMoment } from './parse-moment.js';

const event = (over: Partial<RuntimeEvent>): RuntimeEvent =>
  ({
    time: '2026-01-01T00:00:00.000Z',
    type: 'box',
    action: 'started',
    id: '0123456789ab',
    name: 'web',
    attributes: {},
    ...over,
  }) as RuntimeEvent;

describe('the filters of events', () => {
  it('are alternatives for one key, and conditions for several', () => {
    const fits = eventFilter(['box=web', 'box=0123', 'event=started']);
    expect(fits(event({}))).toBe(true);
    expect(fits(event({ name: null }))).toBe(true);
    expect(fits(event({ action: 'stopped' }))).toBe(false);
    expect(fits(event({ name: null, id: 'ffff00001111' }))).toBe(false);
    const image = event({ type: 'image', action: 'pulled', id: 'sha256:00', name: 'docker.io/library/debian:12' });
    expect(eventFilter(['image=debian:12'])(image)).toBe(true);
    expect(eventFilter(['type=image'])(event({}))).toBe(false);
    expect(() => eventFilter(['colour=red'])).toThrow("there is no filter 'colour=red'");
  });
});

describe('parseMoment', () => {
  it('reads dates, seconds and how long ago something was', () => {
    expect(parseMoment('2026-01-31T12:00:00Z').toISOString()).toBe('2026-01-31T12:00:00.000Z');
    expect(parseMoment('1700000000.5').getTime()).toBe(1_700_000_000_500);
    expect(Math.round((Date.now() - parseMoment('1h30m').getTime()) / 60_000)).toBe(90);
    for (const wrong of ['', 'yesterday', '-5m', '5x', '1h!']) expect(() => parseMoment(wrong)).toThrow('Give a time');
  });
});
