/**
 * The order in which the guest may speak during an execution.
 *
 *     starting ──started──▶ running ──exited──▶ exited ──end──▶ ended
 *                            ↺ output, credit, closed  ↺ output, credit, flushed, closed
 *
 * Output after `flushed` is that of processes which the command left behind.
 */
export type Phase = 'starting' | 'running' | 'exited' | 'ended';

/** What the guest can do: one of its messages, or the call's good end. */
export type GuestEvent = 'started' | 'output' | 'credit' | 'exited' | 'flushed' | 'closed' | 'end';

const TABLE: Readonly<Record<Phase, Partial<Record<GuestEvent, Phase>>>> = {
  starting: { started: 'running' },
  running: { output: 'running', credit: 'running', closed: 'running', exited: 'exited' },
  exited: { output: 'exited', credit: 'exited', flushed: 'exited', closed: 'exited', end: 'ended' },
  ended: {},
};

/** The phase that follows, or undefined when the guest must not do that now. */
export const nextPhase = (phase: Phase, event: GuestEvent): Phase | undefined => TABLE[phase][event];
