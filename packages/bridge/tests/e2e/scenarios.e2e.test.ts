/** The scenarios that all languages share, through core itself; packages/python-bridge runs the same ones. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { BoxliteRuntime, type LiteBox } from '@boxlite/core';

interface Step {
  call?: string;
  args?: unknown[];
  options?: Record<string, unknown>;
  read?: string;
  write?: string;
  close?: string;
  data?: unknown;
  get?: string;
  as?: string;
  expect?: unknown;
  error?: Record<string, unknown>;
}

type Known = Record<string, unknown>;

const scenarios = JSON.parse(readFileSync(join(__dirname, '../scenarios/scenarios.json'), 'utf8')) as { name: string; steps: Step[] }[];
/** Calls whose arguments before the options may be left out in JSON. */
const POSITIONAL: Readonly<Record<string, number>> = { run: 2, exec: 2 };

const given = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(given);
  if ('$hex' in value) return Buffer.from(String(value.$hex), 'hex');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, given(item)]));
};

const expected = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(expected);
  if ('$hex' in value) return Buffer.from(String(value.$hex), 'hex');
  return expect.objectContaining(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expected(item)])));
};

const find = (path: string, known: Known): unknown => path.split('.').reduce<unknown>((value, name) => (value as Known)[name], known);

const take = async (step: Step, known: Known): Promise<unknown> => {
  if (step.call !== undefined) {
    const at = step.call.lastIndexOf('.');
    const [target, method] = [
      find(step.call.slice(0, at), known) as Record<string, (...values: unknown[]) => unknown>,
      step.call.slice(at + 1),
    ];
    const values = (step.args ?? []).map(given);
    if (step.options !== undefined) {
      while (values.length < (POSITIONAL[method] ?? 0)) values.push([]);
      values.push(given(step.options));
    }
    return target[method]!(...values);
  }
  if (step.write !== undefined) return void (find(step.write, known) as Writable).write(given(step.data));
  if (step.close !== undefined) return void (find(step.close, known) as Writable).end();
  if (step.read !== undefined) {
    const chunks: Buffer[] = [];
    for await (const chunk of find(step.read, known) as Readable) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }
  return find(step.get!, known);
};

describe('scenarios, through core', () => {
  let home: string;
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'boxlite-scenarios-'));
    runtime = await BoxliteRuntime.open({ home });
    box = await runtime.create({ name: 'shared' });
  });

  afterAll(async () => {
    await runtime.close();
    rmSync(home, { recursive: true, force: true });
  });

  it.each(scenarios)('$name', async ({ steps }) => {
    const known: Known = { runtime, box };
    for (const step of steps) {
      if (step.error !== undefined) {
        await expect(take(step, known)).rejects.toMatchObject(step.error);
        continue;
      }
      const value = await take(step, known);
      if ('expect' in step) expect(value).toEqual(expected(step.expect));
      if (step.as !== undefined) known[step.as] = value;
    }
  });
});
