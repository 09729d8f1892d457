import { parseCopyPlace } from './copy-place.js';

describe('a side of boxlite cp', () => {
  it.each([
    ['-', { kind: 'stream' }],
    ['file', { kind: 'host', path: 'file' }],
    ['./web:x', { kind: 'host', path: './web:x' }],
    ['/a:b', { kind: 'host', path: '/a:b' }],
    [':x', { kind: 'host', path: ':x' }],
    ['web:/etc/', { kind: 'box', box: 'web', path: '/etc/' }],
    ['web:etc/.', { kind: 'box', box: 'web', path: '/etc/.' }],
    ['web:', { kind: 'box', box: 'web', path: '/' }],
    ['web:/a:b', { kind: 'box', box: 'web', path: '/a:b' }],
  ])('%s', (text, place) => {
    expect(parseCopyPlace(text)).toEqual(place);
  });
});
