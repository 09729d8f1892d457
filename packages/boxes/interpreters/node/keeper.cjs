'use strict';
/**
 * What a CodeBox runs JavaScript with: the keeper, which comes over the stdin of a `node -e`, and behind it the source of the interpreter.
 * It speaks with the host over stdin and stdout and never runs code of the user's; that does the interpreter, a process of its own, whose
 * stdout and stderr are read here. What the code writes, closes or starts, what the host reads stays in its form. There is always one
 * interpreter.
 *
 * Frames are those of python/wire.py: a kind (1 byte), a length (4 bytes, big-endian) and so many bytes.
 */
const { spawn } = require('node:child_process');

const MAX_FRAME = 64 << 20;
/** What an output may still hold when a run has finished; what comes later is of something that goes on in the background. */
const MAX_HELD = 1 << 20;

const frame = (kind, body) => {
  const head = Buffer.alloc(5, kind);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
};
// Writes to the host wait for it.
process.stdout._handle?.setBlocking?.(true);
const send = (kind, body) => process.stdout.write(frame(kind, body));
const sendJson = (kind, value) => send(kind, Buffer.from(JSON.stringify(value)));

/** Calls back for each frame in what comes; `onBroken` for one that is too large. */
const frameReader = (onFrame, onBroken) => {
  let unread = [];
  let length = 0;
  return (chunk) => {
    unread.push(chunk);
    length += chunk.length;
    for (;;) {
      if (length < 5) return;
      if (unread[0].length < 5) unread = [Buffer.concat(unread)];
      const end = 5 + unread[0].readUInt32BE(1);
      if (end > MAX_FRAME) return onBroken();
      if (length < end) return;
      const all = unread.length === 1 ? unread[0] : Buffer.concat(unread);
      onFrame(String.fromCharCode(all[0]), all.subarray(5, end));
      unread = end < all.length ? [all.subarray(end)] : [];
      length = all.length - end;
    }
  };
};

class Keeper {
  constructor(interpreter) {
    this.interpreter = interpreter;
    this.running = null;
    this.spawn();
    const read = frameReader(
      (kind, body) => this.request(kind, body),
      () => process.exit(1),
    );
    process.stdin.on('data', read);
    // The host has gone.
    process.stdin.on('end', () => process.exit(0));
    process.stdout.on('error', () => process.exit(0));
    process.on('exit', () => this.signal('SIGKILL'));
  }

  spawn() {
    const program = `const b = Buffer.alloc(${this.interpreter.length});
for (let n = 0; n < b.length;) n += require('node:fs').readSync(3, b, n, b.length - n);
require('node:vm').runInThisContext('(require) => {' + b + '\\n}', '[eval]')(require)`;
    const child = spawn(process.execPath, ['-e', program], { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    this.child = child;
    this.link = child.stdio[3];
    this.link.on('error', () => undefined);
    this.link.write(this.interpreter);
    this.heard = 0;
    for (const [kind, output] of [
      ['o', child.stdout],
      ['e', child.stderr],
    ]) {
      output.on('data', (data) => {
        this.heard += data.length;
        send(kind, data);
      });
      output.on('error', () => undefined);
      if (this.running === null) output.pause();
    }
    const broken = () => this.signal('SIGKILL');
    this.link.on(
      'data',
      frameReader((kind, body) => (kind === 'd' || kind === 'f' ? void this.answer(child, kind, body) : broken()), broken),
    );
    // It has closed this: it is of no use any more.
    this.link.on('end', broken);
    child.on('exit', (exitCode, signal) => this.ended(child, exitCode, signal));
  }

  /** To the group that it leads: what it has started is in that, unless it has gone out of its way. */
  signal(name) {
    try {
      process.kill(-this.child.pid, name);
    } catch {
      // It has ended.
    }
  }

  /** Between runs nobody reads: what goes on in the background waits, and its output is that of the next run. */
  listen(child, whether) {
    for (const output of [child.stdout, child.stderr]) whether ? output.resume() : output.pause();
  }

  /** Until nothing has come in two turns of the event loop: in each of them all that is there is read. */
  async drain() {
    const begun = this.heard;
    for (let quiet = 0; quiet < 2 && this.heard - begun < MAX_HELD;) {
      const before = this.heard;
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.heard === before ? quiet + 1 : 0;
    }
  }

  async answer(child, kind, body) {
    if (kind === 'd') return void send(kind, body);
    await this.drain();
    if (this.child !== child || this.running === null) return;
    this.running = null;
    this.listen(child, false);
    send(kind, body);
  }

  async ended(child, exitCode, signal) {
    // What it has left behind would hold its outputs.
    this.signal('SIGKILL');
    this.listen(child, true);
    await this.drain();
    for (const stream of child.stdio) stream?.destroy();
    const run = this.running;
    this.running = null;
    this.spawn();
    sendJson('x', { run, exitCode, signal: signal === null ? null : (require('node:os').constants.signals[signal] ?? null) });
  }

  request(kind, body) {
    const { run } = JSON.parse(body.toString());
    if (kind === 'r') {
      this.running = run;
      this.listen(this.child, true);
      this.link.write(frame('r', body));
    } else if (run === this.running) {
      if (kind === 'i') this.signal('SIGINT');
      if (kind === 'k') this.signal('SIGKILL');
    }
  }
}

/* global SOURCE */
new Keeper(SOURCE);
