import type { Command } from '../command.js';
import { busybox } from './busybox.js';
import { environment } from './environment.js';
import { files } from './files.js';
import { ipc } from './ipc.js';
import { kernel } from './kernel.js';
import { limits } from './limits.js';
import { network } from './network.js';
import { processes } from './processes.js';
import { programs } from './programs.js';
import { pythonTests } from './python-tests.js';
import { rights } from './rights.js';
import { systemCalls } from './system-calls.js';
import { users } from './users.js';

export const allCommands: readonly Command[] = [
  ...environment,
  ...processes,
  ...users,
  ...rights,
  ...systemCalls,
  ...limits,
  ...kernel,
  ...files,
  ...ipc,
  ...network,
  ...programs,
  ...busybox,
  ...pythonTests,
];
