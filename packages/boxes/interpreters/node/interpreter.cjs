'use strict';
/**
 * What a CodeBox runs JavaScript with: the interpreter. It comes over descriptor 3 of a `node -e`, started by keeper.cjs, which tells the
 * form of what they say to each other. Runs code, one piece after another, in one global scope, with `await` at
 * the top, and with the value of the last expression.
 */
const { Console } = require('node:console');
const { writeSync } = require('node:fs');
const { Socket } = require('node:net');
const { start } = require('node:repl');
const { PassThrough, Writable } = require('node:stream');
const { inspect } = require('node:util');
const vm = require('node:vm');

const MAX_FRAME = 64 << 20;
const MAX_TEXT = 1 << 20;
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Of runs, in traces. */
const RUN = 'run ';
const OWN_FRAME = /\brun \d+:\d/;

// As they are before the code changes them.
const { parse, stringify } = JSON;

const writeAll = (fd, bytes) => {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
};

/**
 * Output is written when it is printed, and waits for its reader. Where code is interrupted in the middle of that, the streams are left in the
 * middle, too; so there are new ones.
 */
const openOutputs = () => {
  for (const [fd, name] of [
    [1, 'stdout'],
    [2, 'stderr'],
  ]) {
    const write = (chunk, _encoding, done) => {
      writeAll(fd, chunk);
      done();
    };
    Object.defineProperty(process, name, { configurable: true, enumerable: true, value: Object.assign(new Writable({ write }), { fd }) });
  }
  globalThis.console = new Console(process.stdout, process.stderr);
};
openOutputs();

// How code imports is an experiment of Node.js, but no concern of the code's.
const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  if (!/importModuleDynamically|USE_MAIN_CONTEXT_DEFAULT_LOADER/.test(String(warning))) emitWarning.call(process, warning, ...rest);
};

const link = new Socket({ fd: 3 });
const send = (kind, value) => {
  const body = Buffer.from(stringify(value));
  if (body.length > MAX_FRAME) throw new RangeError(`this is too large to be shown: ${body.length} bytes`);
  const head = Buffer.alloc(5, kind);
  head.writeUInt32BE(body.length, 1);
  link.write(Buffer.concat([head, body]));
};

const cut = (text) => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`);

const isBundle = (value) =>
  typeof value === 'object' &&
  value !== null &&
  Object.getPrototypeOf(value) === Object.prototype &&
  Object.keys(value).length > 0 &&
  Object.keys(value).every((mime) => mime.includes('/'));

const bundleOf = (value) => {
  if (value instanceof Uint8Array && PNG.equals(Buffer.from(value).subarray(0, PNG.length))) return { 'image/png': value };
  return isBundle(value) ? value : { 'text/plain': cut(inspect(value)) };
};

/** Shows values: PNG as images, objects with MIME types for keys as they are, others as text. */
globalThis.display = (...values) => {
  for (const value of values) {
    const entries = Object.entries(bundleOf(value));
    send('d', Object.fromEntries(entries.map(([mime, content]) => [mime, Buffer.from(content).toString('base64')])));
  }
};

const valueOf = (value) => {
  if (value === undefined) return {};
  const found = { text: cut(inspect(value)) };
  try {
    const text = stringify(value);
    if (text !== undefined && text.length <= MAX_TEXT) found.json = parse(text);
  } catch {
    // A cycle, or a BigInt: there is the text.
  }
  return found;
};

/** Without what has called the code. */
const ownTrace = (stack) => {
  const lines = stack.split('\n');
  const isFrame = (line) => /^\s+at /.test(line);
  const outermost = lines.findLastIndex((line) => isFrame(line) && OWN_FRAME.test(line));
  return lines.filter((line, index) => index <= outermost || !isFrame(line)).join('\n');
};

const describe = (error) => {
  try {
    if (!(error instanceof Error) && typeof error?.stack !== 'string') {
      const message = typeof error === 'string' ? error : inspect(error);
      return { name: 'Error', message: cut(message), traceback: cut(`Uncaught ${message}`) };
    }
    const trace = ownTrace(String(error.stack));
    const cause = error.cause instanceof Error ? `\n[cause]: ${ownTrace(String(error.cause.stack))}` : '';
    return { name: cut(String(error.name)), message: cut(String(error.message)), traceback: cut(trace + cause) };
  } catch {
    return { name: 'Error', message: 'its own description failed', traceback: 'its own description failed' };
  }
};

const interrupted = () => {
  openOutputs();
  return Object.assign(new Error('the code was interrupted'), { name: 'Interrupted', stack: 'Interrupted: the code was interrupted' });
};

// --- The evaluation. Code with an `await` at the top is for the prompt of Node.js, which knows how; nobody types at it.

const prompt = start({
  prompt: '',
  input: new PassThrough(),
  output: new Writable({ write: (_chunk, _encoding, done) => done() }),
  terminal: false,
  useGlobal: true,
});
// What code has in the prompt, and in a file.
globalThis.require ??= prompt.context.require;
const evaluateAsync = prompt.eval.bind(prompt);

/** Where Node.js is too old for this, only the prompt can import. */
const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
const compile = (code, filename) => new vm.Script(code, { filename, importModuleDynamically });

/** Undefined for code that is for the prompt. */
const compileSync = (code, filename) => {
  if (importModuleDynamically === undefined && code.includes('import(')) return undefined;
  // An object, and not a block, as in the prompt.
  if (/^\s*\{/.test(code) && !/;\s*$/.test(code)) {
    try {
      return compile(`(${code.trim()})`, filename);
    } catch {
      // It was a block.
    }
  }
  try {
    return compile(code, filename);
  } catch (error) {
    if (code.includes('await')) return undefined;
    throw error;
  }
};

/** Ends what is under way; undefined between runs. */
let interrupt;
let failLate;

const run = (code, name) =>
  new Promise((resolve, reject) => {
    interrupt = () => reject(interrupted());
    failLate = reject;
    const script = compileSync(code, name);
    if (script !== undefined) {
      try {
        const value = script.runInThisContext({ breakOnSigint: true, displayErrors: false });
        // A program that ends with `main()` is over when that is, or is interrupted.
        Promise.resolve(value).then(resolve, reject);
      } catch (error) {
        reject(error?.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED' ? interrupted() : error);
      }
      return;
    }
    evaluateAsync(`${code}\n`, prompt.context, name, (error, value) => {
      // Code that ends too early is one that a prompt would wait for the rest of.
      if (error) reject(error.err ?? error);
      else Promise.resolve(value).then(resolve, reject);
    });
  });

/** What nobody catches is the failure of the run it happens in; between runs it is told on stderr. */
const uncaught = (error) => {
  if (failLate) failLate(error);
  else process.stderr.write(`Uncaught ${describe(error).traceback}\n`);
};
const domain = prompt._domain;
domain?.removeAllListeners('error');
domain?.on('error', uncaught);
process.on('uncaughtException', uncaught);
process.on('unhandledRejection', uncaught);
process.on('SIGINT', () => interrupt?.());

const requests = [];
let busy = false;
const serve = async () => {
  if (busy) return;
  busy = true;
  for (let request = requests.shift(); request !== undefined; request = requests.shift()) {
    const finished = { run: request.run };
    try {
      Object.assign(finished, valueOf(await run(request.code, `${RUN}${request.run}`)));
    } catch (error) {
      finished.error = describe(error);
    }
    interrupt = failLate = undefined;
    send('f', finished);
  }
  busy = false;
};

let unread = Buffer.alloc(0);
link.on('data', (chunk) => {
  unread = Buffer.concat([unread, chunk]);
  while (unread.length >= 5 && unread.length >= 5 + unread.readUInt32BE(1)) {
    const end = 5 + unread.readUInt32BE(1);
    requests.push(parse(unread.toString('utf8', 5, end)));
    unread = unread.subarray(end);
  }
  void serve();
});
link.on('error', () => process.exit());
link.on('end', () => process.exit());
