/** How often a time fell between which bounds: what becomes a histogram of Prometheus, when somebody asks for it. In seconds. */
export class TimeHistogram {
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** @param bounds the upper ones, inclusive, ascending */
  constructor(private readonly bounds: readonly number[]) {
    this.#counts = bounds.map(() => 0);
  }

  observe(seconds: number): void {
    this.#sum += seconds;
    this.#count += 1;
    const index = this.bounds.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  /** For each bound, how many were not above it. */
  upTo(): { bound: number; count: number }[] {
    let count = 0;
    return this.bounds.map((bound, index) => ({ bound, count: (count += this.#counts[index] ?? 0) }));
  }
}
