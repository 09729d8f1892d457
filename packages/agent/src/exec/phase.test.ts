import { type GuestEvent, nextPhase, type Phase } from './phase.js';

const PHASES: Phase[] = ['starting', 'running', 'exited', 'ended'];
const EVENTS: GuestEvent[] = ['started', 'output', 'credit', 'exited', 'flushed', 'closed', 'end'];

test('the whole table', () => {
  const rows = PHASES.map((phase) => `${phase}: ${EVENTS.map((event) => `${event} ${nextPhase(phase, event) ?? '-'}`).join(', ')}`);
  expect(rows).toEqual([
    'starting: started running, output -, credit -, exited -, flushed -, closed -, end -',
    'running: started -, output running, credit running, exited exited, flushed -, closed running, end -',
    'exited: started -, output exited, credit exited, exited -, flushed exited, closed exited, end ended',
    'ended: started -, output -, credit -, exited -, flushed -, closed -, end -',
  ]);
});
