import type { EngineCommand } from '../engine/engine.js';
import { ENGINE_LOG } from '../engine/files.js';
import type { JailPolicy } from '../jail/policy.js';

/** What `boxlite-shim` reads from its stdin, as JSON. `native/shim/src/plan.rs` is the other side. */
export interface LaunchPlan extends JailPolicy {
  version: 1;
  directory: string;
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  sockets: readonly { name: string; fd: number }[];
  logs: readonly { name: string; fd: number }[];
  errorLog: string;
  /** The process whose end is the engine's end; null when the engine lives on. */
  owner: number | null;
}

export const launchPlan = (directory: string, command: EngineCommand, policy: JailPolicy, owner: number | null): LaunchPlan => ({
  version: 1,
  directory,
  program: command.program,
  args: command.args,
  env: command.env,
  sockets: command.sockets,
  logs: command.logs,
  errorLog: ENGINE_LOG,
  owner,
  limits: policy.limits,
  oomScoreAdj: policy.oomScoreAdj,
});
