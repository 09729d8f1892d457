/**
 * An agent without a guest: what the host's side of the portal can carry when nothing behind it takes time.
 * It knows two commands: `send N` prints N bytes, `receive N` reads them.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { type ExecRequest, type ExecResponse, type ExecutionServer, type GuestServer, Stdio } from '@boxlite/shared/protocol';

type Call = ServerDuplexStream<ExecRequest, ExecResponse>;
type Message = NonNullable<ExecResponse['message']>;

const CHUNK = Buffer.alloc(64 * 1024);
const STDIN_CREDIT = 1024 * 1024;

export const guest: Pick<GuestServer, 'hello' | 'ping'> = {
  hello: (_call, callback) => callback(null, { agentVersion: 'fake', kernelRelease: 'none', bootMicros: 0n, containerReady: true }),
  ping: (call, callback) => callback(null, { payload: call.request.payload }),
};

export const execution: Pick<ExecutionServer, 'exec'> = {
  exec: (call) => new Exec(call),
};

class Exec {
  #toSend = 0;
  #toReceive = 0;
  #credit = 0;
  #owed = 0;

  constructor(private readonly call: Call) {
    call.on('data', ({ message }: ExecRequest) => {
      if (message?.$case === 'start') this.#start(message.value.argv.map(String), message.value.outputCredit);
      else if (message?.$case === 'credit') this.#send(message.value.bytes);
      else if (message?.$case === 'stdin') this.#receive(message.value.length);
      else if (message?.$case === 'stdinEnd') this.#end();
    });
    call.on('error', () => undefined);
  }

  #start([command, count]: string[], credit: number): void {
    const started = { pid: 1, tty: false, stdin: false, stdoutDropped: 0n, stderrDropped: 0n, stdoutKept: 0n, stderrKept: 0n };
    this.#say({ $case: 'started', value: { ...started, stdinCredit: command === 'receive' ? STDIN_CREDIT : 0 } });
    if (command === 'receive') {
      this.#toReceive = Number(count);
    } else {
      this.#toSend = Number(count);
      this.#send(credit);
    }
  }

  #send(credit: number): void {
    this.#credit += credit;
    while (this.#toSend > 0 && this.#credit > 0) {
      const value = CHUNK.subarray(0, Math.min(CHUNK.length, this.#toSend, this.#credit));
      this.#toSend -= value.length;
      this.#credit -= value.length;
      this.#say({ $case: 'stdout', value });
      if (this.#toSend === 0) this.#end();
    }
  }

  #receive(bytes: number): void {
    this.#toReceive -= bytes;
    this.#owed += bytes;
    if (this.#owed < STDIN_CREDIT / 4) return;
    this.#say({ $case: 'credit', value: { stdio: Stdio.STDIO_STDIN, bytes: this.#owed } });
    this.#owed = 0;
  }

  #end(): void {
    this.#say({
      $case: 'exited',
      value: { exitCode: this.#toReceive === 0 ? 0 : 1, timedOut: false, oomKilled: false, durationMicros: 0n },
    });
    this.#say({ $case: 'closed', value: { stdio: Stdio.STDIO_STDOUT } });
    this.#say({ $case: 'closed', value: { stdio: Stdio.STDIO_STDERR } });
    this.call.end();
  }

  #say(message: Message): void {
    this.call.write({ message });
  }
}
