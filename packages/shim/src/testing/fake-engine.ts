import type { Engine } from '../engine/engine.js';
import { CONSOLE_LOG, CONTROL_SOCKET, PORTAL_SOCKET } from '../engine/files.js';
import { explainQemu } from '../engine/qemu/explain.js';
import { QemuControl } from '../engine/qemu/qemu-control.js';

/** A VMM's outside as a Node program: it greets on the control socket, answers what it is asked, and ends at `quit`. */
const SERVE = `
  const fs = require('node:fs'), net = require('node:net');
  const say = (text) => fs.writeSync(12, text);
  let onCommand = (command, answer) => { answer({}); if (command === 'quit') process.exit(0); };
  const serve = () => net.createServer((socket) => {
    const send = (message) => socket.write(JSON.stringify(message) + '\\n');
    send({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 } }, capabilities: [] } });
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const line of String(data).trim().split('\\n')) {
        const { execute, id } = JSON.parse(line);
        onCommand(execute, (value) => send({ return: value, id }), send);
      }
    });
  }).listen({ fd: 11 });
  net.createServer((socket) => socket.pipe(socket)).listen({ fd: 10 });
`;

/** An engine that runs `script`, which calls `serve()` to greet and may replace `onCommand`. */
export const fakeEngine = (script: string): Engine => ({
  name: 'fake',
  locate: () =>
    Promise.resolve({
      kind: 'system',
      version: '1.0',
      path: process.execPath,
      program: process.execPath,
      programArgs: [],
      env: {},
      preload: null,
      readable: [],
    }),
  command: () => ({
    program: process.execPath,
    args: ['node', '-e', SERVE + script],
    env: {},
    sockets: [
      { name: PORTAL_SOCKET, fd: 10 },
      { name: CONTROL_SOCKET, fd: 11 },
    ],
    logs: [{ name: CONSOLE_LOG, fd: 12 }],
    inputs: [],
    links: [],
    named: [],
    devices: [],
  }),
  identity: () => Promise.resolve(['fake']),
  connectControl: (path, options) => QemuControl.connect(path, options),
  explain: explainQemu,
});
