import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BoxOptions, BoxliteRuntime, EMBEDDED_IMAGE, type LiteBox, type RuntimeOptions, type SystemInfo } from '@boxlite/core';
import { debianImage } from '@boxlite/testbed';
import { type BareMachines, makeBareMachines } from './bare/bare-machines.js';
import type { BareMachine } from './bare/bare-machine.js';

/** An image that Boxes are measured with. */
export interface LabImage {
  name: string;
  options: BoxOptions;
}

/** A Box that runs, and the runtime that has it; both are gone at the end of the block. */
export interface RunningBox extends AsyncDisposable {
  box: LiteBox;
  pid: number;
}

/** What the measures share: one home with prepared images, and the bare machines that fit the Boxes. Made on first use, removed at the end. */
export class Lab implements AsyncDisposable {
  #bareMachines: Promise<BareMachines> | undefined;
  readonly #prepared = new Set<string>();

  private constructor(
    readonly home: string,
    private readonly signal: AbortSignal,
  ) {}

  static async open(signal: AbortSignal): Promise<Lab> {
    return new Lab(await mkdtemp(join(tmpdir(), 'boxlite-bench-')), signal);
  }

  /** What Boxes run on here: engine, accelerator, and why this one. */
  async system(): Promise<SystemInfo> {
    await using runtime = await this.openRuntime();
    return await runtime.system();
  }

  /** The image that comes with BoxLite; named, for a warm pool is for any image otherwise. */
  readonly embedded: LabImage = { name: 'embedded image', options: { image: EMBEDDED_IMAGE } };

  /** The testbed's Debian. @throws Error when it cannot be made on this host, with the reason. */
  async debian(): Promise<LabImage> {
    return { name: 'Debian', options: { rootfs: { ociLayout: (await debianImage()).layout } } };
  }

  /** The images that can be had here, and why others cannot. */
  async images(): Promise<{ found: LabImage[]; skipped: string[] }> {
    try {
      return { found: [this.embedded, await this.debian()], skipped: [] };
    } catch (error) {
      return { found: [this.embedded], skipped: [`Debian: ${error instanceof Error ? error.message : String(error)}`] };
    }
  }

  openRuntime(options: Omit<RuntimeOptions, 'home'> = {}): Promise<BoxliteRuntime> {
    return BoxliteRuntime.open({ ...options, home: this.home });
  }

  /** Starts a Box. The image has been prepared before, and everything that a start reads was read once. */
  async startBox(image: LabImage): Promise<RunningBox> {
    await this.warmUp(image);
    return this.#start(image);
  }

  /** Runs and removes a Box of the image, unless that was done before. */
  async warmUp(image: LabImage): Promise<void> {
    if (this.#prepared.has(image.name)) return;
    await using _running = await this.#start(image);
    this.#prepared.add(image.name);
  }

  async #start(image: LabImage): Promise<RunningBox> {
    this.signal.throwIfAborted();
    const runtime = await this.openRuntime();
    try {
      const box = await runtime.create(image.options);
      await box.start();
      const { pid } = await box.info();
      if (pid === null) throw new Error(`the Box ${box.id} runs without a process`);
      return {
        box,
        pid,
        async [Symbol.asyncDispose]() {
          await box.remove({ force: true });
          await runtime.close();
        },
      };
    } catch (error) {
      await runtime.close();
      throw error;
    }
  }

  /** The prototype's machine, on the engine and with the accelerator of the Boxes. */
  async bareMachine(): Promise<BareMachine> {
    return (await this.#machines()).prototype;
  }

  /** The prototype's machine with the CPU and the kernel of the Boxes, told the same. */
  async bareMachineWithBoxKernel(): Promise<BareMachine> {
    return (await this.#machines()).boxKernel;
  }

  #machines(): Promise<BareMachines> {
    this.#bareMachines ??= makeBareMachines(this.signal);
    return this.#bareMachines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}
