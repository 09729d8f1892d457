import { BoxliteError } from '@boxlite/shared';
import type { HandleType } from './types.js';

export interface HeldObject {
  readonly id: number;
  readonly type: HandleType;
  readonly object: object;
  /** Values for its properties as they were sent last, as text; streams keep their numbers. */
  sent: string;
  streams: Readonly<Record<string, unknown>> | undefined;
  /** How often it was sent; the client lets go of as many. */
  count: number;
}

/** The objects that the client knows, by the number that it knows them by. One object has one number, however often it is sent. */
export class HandleTable {
  readonly #byId = new Map<number, HeldObject>();
  readonly #byObject = new Map<object, HeldObject>();
  #last = 0;

  hold(object: object, type: HandleType): HeldObject {
    let held = this.#byObject.get(object);
    if (held === undefined) {
      held = { id: (this.#last += 1), type, object, sent: '', streams: undefined, count: 0 };
      this.#byId.set(held.id, held);
      this.#byObject.set(object, held);
    }
    held.count += 1;
    return held;
  }

  /** @throws BoxliteError `NotFound`, reason `handle-released`. */
  get(id: number): HeldObject {
    const held = this.#byId.get(id);
    if (held === undefined)
      throw new BoxliteError('NotFound', `the bridge holds nothing as number ${id} any more`, { reason: 'handle-released' });
    return held;
  }

  /** @returns the object when nobody knows it any more. */
  release(id: number, count: number): HeldObject | undefined {
    const held = this.#byId.get(id);
    if (held === undefined) return undefined;
    held.count -= count;
    if (held.count > 0) return undefined;
    this.#byId.delete(id);
    this.#byObject.delete(held.object);
    return held;
  }

  get all(): HeldObject[] {
    return [...this.#byId.values()];
  }
}
