/**
 * One client, from its first frame to its end.
 *
 * ```text
 * greeting ──hello──▶ open ──the client is gone, or has broken the protocol──▶ closed
 *     └── another version: refused, closed
 * ```
 *
 * At the end every call is cancelled and every runtime closed, with the Boxes that are not detached. Nothing that a client sends can hurt
 * another one, as there is none: a client is the process that has started this one.
 */
import type { Socket } from 'node:net';
import { AbortError, BoxliteError } from '@boxlite/shared';
import { type DecodeContext, decodeArguments } from './codec/decode.js';
import { encode, type EncodeContext, encodeFields } from './codec/encode.js';
import { encodeFrame, type Frame, FrameReader } from './frame.js';
import { HandleTable, type HeldObject } from './handles.js';
import { type BridgeFrame, type ClientFrame, PROTOCOL_VERSION } from './protocol.js';
import { type Inlet, type Receiver, ReadableReceiver, WritableReceiver } from './streams/receiver.js';
import { ByteSender, ItemSender, type Sender } from './streams/sender.js';
import type { Api, CallType, FieldType, Type } from './types.js';
import { wireError } from './wire-error.js';

type CallFrame = Extract<ClientFrame, { t: 'call' }>;

export interface SessionOptions {
  socket: Socket;
  version: string;
  /** Loads what can be called; begun when the client has said hello, so that its answer does not wait for it. */
  loadApi: () => Promise<Api>;
  /** Told who the client is. */
  onHello?: (pid: number) => void;
}

export class Session {
  /** Resolves when the client is gone and nothing of it is left. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  readonly #reader = new FrameReader();
  readonly #handles = new HandleTable();
  readonly #calls = new Map<number, AbortController>();
  readonly #senders = new Map<number, Sender>();
  readonly #receivers = new Map<number, Receiver>();
  #isGreeted = false;
  /** Undefined while it is being loaded; what the client sends meanwhile waits in `#frames`. */
  #api: Api | undefined;
  #frames: Frame[] = [];
  #lastStream = 0;
  #over = false;
  #end!: () => void;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.closed = new Promise<void>((resolve) => {
      this.#end = resolve;
    }).then(() => this.#cleanUp());
    this.#socket.on('data', (chunk) => this.#onData(chunk));
    this.#socket.on('error', () => this.close());
    this.#socket.on('end', () => this.close());
    this.#socket.on('close', () => this.close());
  }

  /** Ends the session, as the client's end does. Idempotent. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroy();
    this.#end();
  }

  #onData(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#frames.push(...this.#reader.push(chunk));
      this.#takeFrames();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** In their order, each to its end: the bytes of a stream may come right behind the call that names it. */
  #takeFrames(): void {
    while (!this.#over && !(this.#isGreeted && this.#api === undefined)) {
      const frame = this.#frames.shift();
      if (frame === undefined) return;
      this.#onFrame(frame);
    }
  }

  /** Says why and closes: what else the client sends has no meaning. */
  #refuse(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.end(encodeFrame({ t: 'refused', e: wireError(error) } satisfies BridgeFrame));
    this.#end();
  }

  /**
   * Frames that are sent together go in one write, as each write wakes the client: those of one step of the program, and with them the ends
   * of streams from shortly before. A command that ends has several.
   */
  #send(frame: BridgeFrame, body?: readonly Uint8Array[]): void {
    if (this.#over) return;
    if (this.#socket.writableCorked === 0) this.#socket.cork();
    if (frame.t === 'end' || frame.t === 'stop') setImmediate(this.#flush);
    else process.nextTick(this.#flush);
    this.#socket.write(encodeFrame(frame, body));
  }

  readonly #flush = (): void => this.#socket.uncork();

  #onFrame({ head, body }: Frame): void {
    const frame = head as ClientFrame;
    if (typeof frame !== 'object' || (frame as unknown) === null) throw violation('a frame without a head');
    if (this.#api === undefined) {
      this.#greet(frame);
      return;
    }
    switch (frame.t) {
      case 'call':
        void this.#call(this.#api, frame, body);
        return;
      case 'cancel':
        this.#calls.get(frame.id)?.abort();
        return;
      case 'release':
        this.#release(frame.h, frame.n);
        return;
      case 'credit':
        if (!Number.isSafeInteger(frame.n) || frame.n < 1) throw violation('credit that is no number');
        this.#senders.get(frame.s)?.credit(frame.n);
        return;
      case 'stop':
        this.#senders.get(frame.s)?.stop();
        this.#senders.delete(frame.s);
        return;
      case 'data':
        if (this.#receivers.get(frame.s)?.data(body) === false) throw violation('more bytes than it was given credit for');
        return;
      case 'end':
        this.#receivers.get(frame.s)?.end();
        this.#receivers.delete(frame.s);
        return;
      case 'fail':
        this.#receivers
          .get(frame.s)
          ?.fail(new BoxliteError('InvalidArgument', `what was to be read broke off: ${frame.e.message}`.slice(0, 1000)));
        this.#receivers.delete(frame.s);
        return;
      default:
        throw violation('a frame of an unknown kind');
    }
  }

  #greet(frame: ClientFrame): void {
    if (frame.t !== 'hello') throw violation('something before its hello');
    if (frame.protocol !== PROTOCOL_VERSION) {
      throw new BoxliteError(
        'Unsupported',
        `the client speaks version ${`${frame.protocol}`.slice(0, 20)} of the bridge's protocol, this is version ${PROTOCOL_VERSION} (boxlite ${this.#options.version}); install the same version of both`,
        { reason: 'protocol-version' },
      );
    }
    this.#send({ t: 'hello', protocol: PROTOCOL_VERSION, version: this.#options.version });
    this.#options.onHello?.(frame.pid);
    this.#isGreeted = true;
    this.#socket.pause();
    this.#options
      .loadApi()
      .then((api) => {
        this.#api = api;
        this.#takeFrames();
        this.#socket.resume();
      })
      .catch((error: unknown) => this.#refuse(error));
  }

  /** Everything up to the call itself happens at once, so that the frames behind this one find its streams. */
  async #call(api: Api, frame: CallFrame, body: Buffer): Promise<void> {
    const { id } = frame;
    const abort = new AbortController();
    if (!Number.isSafeInteger(id) || this.#calls.has(id)) {
      this.#refuse(violation('a call whose number is taken, or is none'));
      return;
    }
    this.#calls.set(id, abort);
    try {
      const { type, target, held } = this.#find(api, frame);
      const context = this.#decodeContext(api, body, abort.signal);
      const values = decodeArguments(type.parameters, frame.a, context);
      const result = await type.call(target, values);
      if (this.#over) {
        if (type.result.kind === 'handle') await closeObject(result, api.handles[type.result.name]?.closes);
        return;
      }
      const parts: Uint8Array[] = [];
      const v = encode(type.result, result, this.#encodeContext(api, parts, abort));
      const p = held && this.#changed(held, this.#encodeContext(api, parts, abort));
      this.#send({ t: 'result', id, ...(v === undefined ? {} : { v }), ...(p === undefined ? {} : { p }) }, parts);
    } catch (error) {
      const parts: Uint8Array[] = [];
      const encodeResult = (cause: unknown): unknown => encodeRunResult(cause, this.#encodeContext(api, parts, abort));
      this.#send({ t: 'error', id, e: wireError(error, encodeResult) }, parts);
    } finally {
      this.#calls.delete(id);
    }
  }

  #find(api: Api, { h, via, m }: CallFrame): { type: CallType; target: unknown; held: HeldObject | undefined } {
    const unknown = (): BoxliteError =>
      new BoxliteError(
        'Unsupported',
        `this bridge (boxlite ${this.#options.version}) has no ${JSON.stringify(m).slice(0, 100)}; it may be older than its client`,
      );
    if (h === undefined) {
      const type = own(api.functions, m);
      if (type === undefined) throw unknown();
      return { type, target: undefined, held: undefined };
    }
    const held = this.#handles.get(h);
    if (via === undefined) {
      const type = own(held.type.calls, m);
      if (type === undefined) throw unknown();
      return { type, target: held.object, held };
    }
    const property = held.type.properties.find(({ name, type }) => name === via && type.kind === 'handle');
    const type = property?.type.kind === 'handle' ? own(api.handles[property.type.name]?.calls ?? {}, m) : undefined;
    if (property === undefined || type === undefined) throw unknown();
    return { type, target: (held.object as Record<string, unknown>)[property.name], held: undefined };
  }

  #decodeContext(api: Api, body: Buffer, signal: AbortSignal): DecodeContext {
    return {
      api,
      body,
      signal,
      readable: (id) => {
        if (this.#receivers.has(id) || id % 2 === 0) throw new BoxliteError('InvalidArgument', `stream ${id} is not the client's to send`);
        const receiver = new ReadableReceiver(this.#inlet(id));
        this.#receivers.set(id, receiver);
        return receiver.stream;
      },
      callback: (id, argument) => (value) => {
        const parts: Uint8Array[] = [];
        const v = encode(argument, value, this.#encodeContext(api, parts, new AbortController()));
        this.#send({ t: 'callback', c: id, v }, parts);
      },
    };
  }

  #encodeContext(api: Api, body: Uint8Array[], abort: AbortController): EncodeContext {
    const context: EncodeContext = {
      api,
      body,
      handle: (name, object) => this.#hold(api, name, object, context),
      readable: (stream) =>
        this.#sendStream<Buffer>(
          (outlet) => new ByteSender(stream, outlet),
          (chunk, s) => this.#send({ t: 'data', s }, [chunk]),
        ),
      writable: (stream) => {
        const id = this.#nextStream();
        this.#receivers.set(id, new WritableReceiver(stream, this.#inlet(id)));
        return id;
      },
      items: (iterable, item) =>
        this.#sendStream<unknown>(
          (outlet) => new ItemSender(iterable, outlet, () => abort.abort()),
          (value, s) => {
            const parts: Uint8Array[] = [];
            this.#send({ t: 'item', s, v: encode(item, value, this.#encodeContext(api, parts, abort)) }, parts);
          },
        ),
    };
    return context;
  }

  #hold(api: Api, name: string, object: object, context: EncodeContext): unknown {
    const type = api.handles[name];
    if (type === undefined) throw new BoxliteError('Internal', `the bridge knows no ${name}`);
    const held = this.#handles.hold(object, type);
    held.streams ??= encodeFields(type.properties.filter(isStream), object as Record<string, unknown>, context);
    const values = encodeFields(type.properties.filter(isValue), object as Record<string, unknown>, context);
    held.sent = JSON.stringify(values);
    return { h: held.id, p: { ...values, ...held.streams } };
  }

  /** Properties of a handle that a call has changed. */
  #changed(held: HeldObject, context: EncodeContext): Record<string, unknown> | undefined {
    const values = encodeFields(held.type.properties.filter(isValue), held.object as Record<string, unknown>, context);
    const text = JSON.stringify(values);
    if (text === held.sent) return undefined;
    held.sent = text;
    return values;
  }

  #sendStream<Piece>(
    make: (outlet: { piece: (piece: Piece) => void; end: () => void; fail: (error: unknown) => void }) => Sender,
    piece: (piece: Piece, id: number) => void,
  ): number {
    const id = this.#nextStream();
    const over = (frame: BridgeFrame): void => {
      this.#senders.delete(id);
      this.#send(frame);
    };
    // The client hears of the stream before it hears from it.
    setImmediate(() => {
      if (this.#over) return;
      let ended = false;
      const sender = make({
        piece: (value) => piece(value, id),
        end: () => {
          ended = true;
          over({ t: 'end', s: id });
        },
        fail: (error) => {
          ended = true;
          over({ t: 'fail', s: id, e: wireError(error) });
        },
      });
      if (!ended) this.#senders.set(id, sender);
    });
    return id;
  }

  #inlet(id: number): Inlet {
    return {
      credit: (n) => this.#send({ t: 'credit', s: id, n }),
      stop: (why) => {
        this.#receivers.delete(id);
        this.#send({ t: 'stop', s: id, ...(why === undefined ? {} : { e: wireError(why) }) });
      },
    };
  }

  #nextStream(): number {
    return (this.#lastStream += 2);
  }

  #release(h: number, n: number): void {
    const held = this.#handles.release(h, n);
    // A runtime that its program has let go of would keep its home.
    if (held?.type.closes === true) void closeObject(held.object, true);
  }

  async #cleanUp(): Promise<void> {
    const gone = new BoxliteError('RpcTransport', 'the program that had started the bridge is gone');
    for (const abort of this.#calls.values()) abort.abort(new AbortError(gone));
    for (const sender of this.#senders.values()) sender.stop();
    for (const receiver of this.#receivers.values()) receiver.fail(gone);
    await Promise.all(this.#handles.all.map(({ object, type }) => closeObject(object, type.closes)));
  }
}

const own = <T>(record: Readonly<Record<string, T>>, name: unknown): T | undefined =>
  typeof name === 'string' && Object.hasOwn(record, name) ? record[name] : undefined;

const isStream = ({ type }: FieldType): boolean => type.kind === 'readable' || type.kind === 'writable';
const isValue = (field: FieldType): boolean => !isStream(field) && field.type.kind !== 'handle';

const violation = (what: string): BoxliteError =>
  new BoxliteError('RpcTransport', `the client has sent ${what}`, { reason: 'protocol-violation' });

const closeObject = async (object: unknown, closes: boolean | undefined): Promise<void> => {
  if (closes !== true) return;
  // Its end is what matters; why it was not in order is in the runtime's log.
  await (object as { close: () => Promise<void> }).close().catch(() => undefined);
};

/** The result that the error of a command carries which `check` has refused. */
const encodeRunResult = (cause: unknown, context: EncodeContext): unknown => {
  if (typeof cause !== 'object' || cause === null || !('exitCode' in cause && 'stdout' in cause)) return undefined;
  const type: Type = { kind: 'ref', name: Buffer.isBuffer(cause.stdout) ? 'RunBytesResult' : 'RunResult' };
  return encode(type, cause, context);
};
