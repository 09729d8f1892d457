/**
 * For tests of this package, never published: an agent in this process, a real gRPC server behind the real handshake, whose commands
 * are functions. It can be told to lie.
 */
import { statusFromError } from '@boxlite/shared';
import {
  type ContainerServer,
  ContainerService,
  type ExecRequest,
  type ExecutionServer,
  ExecutionService,
  FilesService,
  type FilesServer,
  type GuestServer,
  GuestService,
} from '@boxlite/shared/protocol';
import { type PortalServer, type PortalServerOptions, servePortal } from '@boxlite/shared/testing';

import { AgentSession } from '../session/agent-session.js';
import { FakeExec } from './fake-exec.js';
import { fakeFiles } from './fake-files.js';
import { commandNotFound, type FakeProgram, fakePrograms } from './fake-programs.js';

export interface FakeAgentOptions extends PortalServerOptions {
  programs?: Record<string, FakeProgram>;
  guest?: Partial<GuestServer>;
  files?: Partial<FilesServer>;
}

export interface FakeAgent extends AsyncDisposable {
  readonly portal: PortalServer;
  readonly session: AgentSession;
  /** The executions that were begun, first to last. */
  readonly execs: readonly FakeExec[];
  readonly contents: Map<string, Buffer>;
}

const guestServer: GuestServer = {
  hello: (_call, callback) => {
    callback(null, { agentVersion: '1.2.3', kernelRelease: '6.1.0-fake', bootMicros: 900_500n, containerReady: false });
  },
  ping: (call, callback) => {
    callback(null, { payload: call.request.payload });
  },
  metrics: (_call, callback) => {
    callback(null, {
      uptimeMicros: 2n ** 63n,
      cpuMicros: 5n,
      memoryTotalBytes: 256n << 20n,
      memoryAvailableBytes: 128n << 20n,
      containerMemoryBytes: 1n << 20n,
      processes: 3,
      diskTotalBytes: 4n << 30n,
      diskUsedBytes: 1n << 20n,
      executions: 1,
    });
  },
  shutdown: (_call, callback) => {
    callback(null, {});
  },
};

const containerServer: ContainerServer = {
  create: (_call, callback) => {
    callback(null, { setupMicros: 4200n });
  },
};

export const startFakeAgent = async (options: FakeAgentOptions = {}): Promise<FakeAgent> => {
  const execs: FakeExec[] = [];
  const contents = new Map<string, Buffer>();
  const programs = { ...fakePrograms, ...options.programs };
  const execution: ExecutionServer = {
    exec: (call) => {
      call.once('data', ({ message }: ExecRequest) => {
        if (message?.$case !== 'start') throw new Error('the host did not begin with start');
        const exec = new FakeExec(call, message.value);
        execs.push(exec);
        const command = exec.argv[0] ?? '';
        const program = programs[command];
        if (program) void program(exec);
        else call.emit('error', statusFromError(commandNotFound(command)));
      });
    },
  };
  const portal = await servePortal(
    [
      [GuestService, Object.assign({}, guestServer, options.guest)],
      [ContainerService, containerServer],
      [ExecutionService, execution],
      [FilesService, Object.assign(fakeFiles(contents), options.files)],
    ],
    options,
  );
  const session = await AgentSession.connect(portal.socketPath).catch(async (error: unknown) => {
    await portal[Symbol.asyncDispose]();
    throw error;
  });
  return {
    portal,
    session,
    execs,
    contents,
    async [Symbol.asyncDispose]() {
      session.close();
      await portal[Symbol.asyncDispose]();
    },
  };
};
