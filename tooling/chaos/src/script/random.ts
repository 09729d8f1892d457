/** Numbers that follow from a seed alone: the same script for the same seed, on every host (splitmix32, of public domain). */
export class Random {
  #state: number;

  /** @param words whole numbers; each list of them gives another sequence */
  constructor(...words: readonly number[]) {
    this.#state = 0;
    for (const word of words) this.#state = this.#mix(word >>> 0);
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor((this.#mix(0) / 2 ** 32) * end);
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True so many times of a hundred. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  #mix(word: number): number {
    this.#state = (this.#state + 0x9e3779b9 + word) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}
