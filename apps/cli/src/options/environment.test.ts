import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, labels } from './environment.js';

const HOST = { HOME: '/home/me', EMPTY: '' };

describe('environment', () => {
  it('takes values as they are, and names from here', () => {
    expect(environment({ env: ['A=1', 'B=x=y', 'C=', 'HOME', 'EMPTY', 'MISSING'] }, HOST, '/here')).toEqual({
      A: '1',
      B: 'x=y',
      C: '',
      HOME: '/home/me',
      EMPTY: '',
    });
  });

  it('is not there when nothing was given', () => {
    expect(environment({}, HOST, '/here')).toBeUndefined();
    expect(environment({ env: ['MISSING'] }, HOST, '/here')).toBeUndefined();
  });

  it('has names that mean something to JavaScript as any other', () => {
    expect(Object.entries(environment({ env: ['__proto__=x', 'constructor=y'] }, HOST, '/here') ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('reads files, under what was given by hand', () => {
    const directory = mkdtempSync(join(tmpdir(), 'boxlite-env-'));
    try {
      const file = join(directory, 'vars.env');
      writeFileSync(file, '\ufeff# comment\r\n\nA=from file\n  B="quoted stays"\nHOME\nC=last');
      expect(environment({ envFile: [file], env: ['A=by hand'] }, HOST, '/here')).toEqual({
        A: 'by hand',
        B: '"quoted stays"',
        HOME: '/home/me',
        C: 'last',
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('says which file cannot be read', () => {
    expect(() => environment({ envFile: ['/no/such/file'] }, HOST, '/here')).toThrow('/no/such/file');
  });
});

describe('labels', () => {
  it('takes a key alone as an empty value', () => {
    expect(labels(['team=ci', 'a=b=c', 'flag'])).toEqual({ team: 'ci', a: 'b=c', flag: '' });
    expect(labels(undefined)).toBeUndefined();
  });
});
