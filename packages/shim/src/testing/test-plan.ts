import type { LaunchPlan } from '../launch/launch-plan.js';

/** A plan that runs `args` (the first is the program) in `directory`, with one socket and one log. */
export const testPlan = (directory: string, args: readonly [string, ...string[]], changes: Partial<LaunchPlan> = {}): LaunchPlan => ({
  version: 1,
  directory,
  program: args[0],
  args,
  env: {},
  sockets: [{ name: 'agent.sock', fd: 8 }],
  logs: [{ name: 'console.log', fd: 9 }],
  inputs: [],
  links: [],
  named: [],
  readable: [],
  devices: [],
  jail: { namespaces: 'off', landlock: 'off', privileges: 'required', seccomp: 'off', syscalls: null },
  cgroup: null,
  share: null,
  newFiles: false,
  errorLog: 'engine.log',
  owner: process.pid,
  limits: { core: 0, openFiles: 256, fileBytes: 1024 * 1024 },
  oomScoreAdj: 500,
  nice: 0,
  ...changes,
});
