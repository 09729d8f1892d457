import type { BoxInfo } from '@boxlite/core';
import { boxFilter } from './box-filter.js';

const box = {
  id: 'abc123',
  name: 'web-1',
  image: 'docker.io/library/debian:12',
  status: 'stopped',
  labels: { team: 'ci', flag: '' },
} as unknown as BoxInfo;

describe('boxFilter', () => {
  it.each([
    [['id=abc'], true],
    [['id=bc'], false],
    [['name=web'], true],
    [['image=debian:12'], true],
    [['image=debian'], false],
    [['status=stopped'], true],
    [['status=running', 'status=stopped'], true],
    [['status=stopped', 'name=db'], false],
    [['label=team'], true],
    [['label=team=ci'], true],
    [['label=team=qa'], false],
    [['label=flag='], true],
    [['label=toString'], false],
    [[], true],
  ])('%j fits: %s', (filters, fits) => {
    expect(boxFilter(filters)(box)).toBe(fits);
  });

  it.each(['nonsense', 'color=red', 'status=up', 'constructor=x', '=x'])('refuses %j', (filter) => {
    expect(() => boxFilter([filter])).toThrow(/there is no/);
  });
});
