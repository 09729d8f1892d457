/** Those who wait for one event. Nothing is made before somebody waits, so an event that fails unobserved is no unhandled rejection. */
export class Waiters<T> {
  #waiting: { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } | undefined;

  wait(): Promise<T> {
    if (!this.#waiting) {
      let resolve!: (value: T) => void;
      let reject!: (error: Error) => void;
      const promise = new Promise<T>((onResolve, onReject) => {
        resolve = onResolve;
        reject = onReject;
      });
      this.#waiting = { promise, resolve, reject };
    }
    return this.#waiting.promise;
  }

  resolve(value: T): void {
    this.#waiting?.resolve(value);
  }

  reject(error: Error): void {
    this.#waiting?.reject(error);
  }
}
