/** A process that has the home in turn. What it is to do comes by IPC; what becomes of it is written to descriptor 3. */
import { writeSync } from 'node:fs';
import { BoxliteRuntime } from '@boxlite/core';
import type { Operation } from '../script/round-script.js';
import type { Report, Request } from './messages.js';
import { outcomeOf, perform } from './perform.js';

const REPORTS = 3;

// What runs before this file has its temporary files elsewhere.
process.env['TMPDIR'] = process.env['BOXLITE_CHAOS_TMPDIR'];

const report = (line: Report): void => {
  writeSync(REPORTS, `${JSON.stringify(line)}\n`);
};

let operations = 0;

const runTurn = async ({ home, turn, images }: Extract<Request, { do: 'turn' }>): Promise<void> => {
  let runtime: BoxliteRuntime;
  try {
    runtime = await BoxliteRuntime.open({ home });
  } catch (error) {
    report({ event: 'closed', outcome: outcomeOf(error) });
    return;
  }
  report({ event: 'opened' });
  const onBox = (box: string, id: string, created: boolean): void => {
    report({ event: 'there', box, id, created });
  };
  const runLane = async (lane: readonly Operation[]): Promise<void> => {
    for (const operation of lane) {
      const id = operations++;
      report({ event: 'begin', id, operation });
      report({ event: 'end', id, operation, outcome: await perform({ runtime, images, onBox }, operation) });
    }
  };
  await Promise.all(turn.lanes.map(runLane));
  try {
    await runtime.close();
    report({ event: 'closed', outcome: { result: 'done' } });
  } catch (error) {
    report({ event: 'closed', outcome: outcomeOf(error) });
  }
};

const intrude = async (home: string): Promise<void> => {
  try {
    const runtime = await BoxliteRuntime.open({ home });
    // Its owner has just ended: then it is this one's.
    await runtime.close();
    report({ event: 'refused', outcome: { result: 'done' } });
  } catch (error) {
    report({ event: 'refused', outcome: outcomeOf(error) });
  }
};

process.on('message', (request: Request) => {
  void (request.do === 'turn' ? runTurn(request) : intrude(request.home));
});
process.once('disconnect', () => process.exit(0));
report({ event: 'ready' });
