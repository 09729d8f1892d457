import { parseMount, parseVolume, volumes } from './volume-flags.js';

describe('parseVolume', () => {
  it.each([
    ['/a:/b', { hostPath: '/a', boxPath: '/b', readOnly: false }],
    ['./a:/b:ro', { hostPath: './a', boxPath: '/b', readOnly: true }],
    ['.:/b:rw', { hostPath: '.', boxPath: '/b', readOnly: false }],
    ['data:/b', { name: 'data', boxPath: '/b', readOnly: false }],
  ])('reads %s', (spec, volume) => {
    expect(parseVolume(spec)).toEqual(volume);
  });

  it.each(['', '/a', ':/b', '/a:', '/a:/b:z', '/a:/b:ro:x', '/a:/b:'])('refuses %j', (spec) => {
    expect(() => parseVolume(spec)).toThrow(/no volume|not known/);
  });
});

describe('parseMount', () => {
  it.each([
    ['type=bind,source=/a:b,target=/b', { hostPath: '/a:b', boxPath: '/b', readOnly: false }],
    ['type=bind,src=a,dst=/b,readonly', { hostPath: 'a', boxPath: '/b', readOnly: true }],
    ['source=data,destination=/b,ro=false', { name: 'data', boxPath: '/b', readOnly: false }],
    ['type=volume,source=a=b,target=/b,ro=1', { name: 'a=b', boxPath: '/b', readOnly: true }],
  ])('reads %s', (spec, volume) => {
    expect(parseMount(spec)).toEqual(volume);
  });

  it.each([
    '',
    'type=tmpfs,target=/a',
    'type=bind,target=/a',
    'type=bind,source=/a',
    'source',
    'source=a,src=b,target=/c',
    'source=a,target=/b,ro=maybe',
    'toString=1',
  ])('refuses %j', (spec) => {
    expect(() => parseMount(spec)).toThrow(/not known|lacks|no mounts|twice|neither/);
  });
});

it('has no volumes where none are asked for', () => {
  expect(volumes({})).toBeUndefined();
  expect(volumes({ volume: ['a:/a'], mount: ['source=b,target=/b'] })).toHaveLength(2);
});
