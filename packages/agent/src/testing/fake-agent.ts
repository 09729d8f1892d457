/**
 * For tests of this package, never published: an agent in this process, a real gRPC server behind the real handshake, whose commands
 * are functions. It can be told to lie.
 */
import { BoxliteError } from '@boxlite/shared';
import {
  type CareServer,
  CareService,
  type ContainerServer,
  ContainerService,
  type CopyServer,
  CopyService,
  type ExecRequest,
  ExecStart,
  type ExecutionInfo,
  type ExecutionServer,
  ExecutionService,
  FilesService,
  type FilesServer,
  type GuestServer,
  GuestService,
} from '@boxlite/shared/protocol';
import { failedBy, type PortalServer, type PortalServerOptions, servePortal } from '@boxlite/shared/testing';

import { AgentSession } from '../session/agent-session.js';
import { fakeCopy } from './fake-copy.js';
import { FakeExec } from './fake-exec.js';
import { fakeFiles } from './fake-files.js';
import { commandNotFound, type FakeProgram, fakePrograms } from './fake-programs.js';

export interface FakeAgentOptions extends PortalServerOptions {
  programs?: Record<string, FakeProgram>;
  guest?: Partial<GuestServer>;
  care?: Partial<CareServer>;
  container?: Partial<ContainerServer>;
  copy?: Partial<CopyServer>;
  files?: Partial<FilesServer>;
  /** Executions of earlier sessions, by id. */
  left?: Record<string, (exec: FakeExec) => void>;
  executions?: ExecutionInfo[];
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
  freeze: (_call, callback) => {
    callback(null, { haltedMicros: 1_500n });
  },
  sync: (_call, callback) => {
    callback(null, {});
  },
  thaw: (_call, callback) => {
    callback(null, {});
  },
  setClock: (_call, callback) => {
    callback(null, {});
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
      containerMemoryLimitBytes: 200n << 20n,
      processes: 3,
      diskTotalBytes: 4n << 30n,
      diskUsedBytes: 1n << 20n,
      executions: 1,
      oomKills: 0n,
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
  configure: (_call, callback) => {
    callback(null, {});
  },
  mount: (_call, callback) => {
    callback(null, {});
  },
  processes: (_call, callback) => {
    const numbers = { parent: 0, uid: 0, cpuMicros: 2n ** 63n, elapsedMicros: 1n, residentBytes: 1n, threads: 1 };
    const process = { ...numbers, pid: 3, state: 83, name: Buffer.from('ghost'), command: Buffer.alloc(0) };
    callback(null, { processes: [{ ...process, pid: 7, command: Buffer.from('a\u001b[2J\0b c\0') }, process] });
  },
  remove: (_call, callback) => {
    callback(null, {});
  },
};

const careServer: CareServer = {
  set: (_call, callback) => {
    callback(null, {});
  },
  watchHealth: (call) => {
    call.end();
  },
};

export const startFakeAgent = async (options: FakeAgentOptions = {}): Promise<FakeAgent> => {
  const execs: FakeExec[] = [];
  const contents = new Map<string, Buffer>();
  const programs = { ...fakePrograms, ...options.programs };
  const execution: ExecutionServer = {
    exec: (call) => {
      call.once('data', ({ message }: ExecRequest) => {
        if (message?.$case === 'attach') {
          const { id, outputCredit } = message.value;
          const left = options.left?.[id];
          if (left) left(new FakeExec(call, ExecStart.fromPartial({ id, outputCredit })));
          else call.emit('error', failedBy(new BoxliteError('NotFound', `there is no execution '${id}'`)));
          return;
        }
        if (message?.$case !== 'start') throw new Error('the host did not begin with start');
        const exec = new FakeExec(call, message.value);
        execs.push(exec);
        const command = exec.argv[0] ?? '';
        const program = programs[command];
        if (program) void program(exec);
        else call.emit('error', failedBy(commandNotFound(command)));
      });
    },
    list: (_call, callback) => {
      callback(null, { executions: options.executions ?? [] });
    },
  };
  const portal = await servePortal(
    [
      [GuestService, Object.assign({}, guestServer, options.guest)],
      [ContainerService, Object.assign({}, containerServer, options.container)],
      [CareService, Object.assign({}, careServer, options.care)],
      [ExecutionService, execution],
      [CopyService, Object.assign(fakeCopy(), options.copy)],
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
