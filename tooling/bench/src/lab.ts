import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BoxOptions, BoxliteRuntime, type LiteBox, type SystemInfo } from '@boxlite/core';
import { locateEngine } from '@boxlite/shim';
import { debianImage } from '@boxlite/testbed';
import { type BareMachine, PROTOTYPE_KERNEL_ARGUMENTS } from './bare/bare-vm.js';
import { makeBareGuestImage } from './bare/guest-image.js';
import { type EngineArguments, engineArgumentsOf } from './box/engine-arguments.js';

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

/** What the measures share: one home with prepared images, and the bare machine that fits the Boxes. Made on first use, removed at the end. */
export class Lab implements AsyncDisposable {
  #engineArguments: Promise<EngineArguments> | undefined;
  #bareMachine: Promise<BareMachine> | undefined;
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

  /** The image that comes with BoxLite. */
  readonly embedded: LabImage = { name: 'embedded image', options: {} };

  /** The testbed's Debian. @throws Error when it cannot be made on this host, with the reason. */
  async debian(): Promise<LabImage> {
    return { name: 'Debian', options: { rootfs: { ociLayout: (await debianImage()).layout } } };
  }

  openRuntime(): Promise<BoxliteRuntime> {
    return BoxliteRuntime.open({ home: this.home });
  }

  /** Starts a Box. The image has been prepared before, and everything that a start reads was read once. */
  async startBox(image: LabImage): Promise<RunningBox> {
    await this.warmUp(image);
    return this.#start(image);
  }

  /** Runs and removes a Box of the image, unless that was done before. */
  async warmUp(image: LabImage): Promise<void> {
    if (this.#prepared.has(image.name)) return;
    await using running = await this.#start(image);
    this.#engineArguments ??= engineArgumentsOf(running.pid);
    await this.#engineArguments;
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
  bareMachine(): Promise<BareMachine> {
    this.#bareMachine ??= this.#makeBareMachine();
    return this.#bareMachine;
  }

  /** The prototype's machine with the CPU and the kernel of the Boxes, told the same. */
  async bareMachineWithBoxKernel(): Promise<BareMachine> {
    const machine = await this.bareMachine();
    const { cpu, kernel, kernelArguments } = await this.#toldToBoxes();
    return { ...machine, cpu, kernel, kernelArguments };
  }

  async #makeBareMachine(): Promise<BareMachine> {
    const { accelerator } = await this.#toldToBoxes();
    const [engine, image] = await Promise.all([locateEngine(), makeBareGuestImage()]);
    return {
      engine,
      accelerator,
      cpu: accelerator.startsWith('tcg') ? 'max' : 'host',
      ...image,
      kernelArguments: PROTOTYPE_KERNEL_ARGUMENTS,
    };
  }

  async #toldToBoxes(): Promise<EngineArguments> {
    if (this.#engineArguments === undefined) await this.warmUp(this.embedded);
    if (this.#engineArguments === undefined) throw new Error('no Box has run');
    return await this.#engineArguments;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}
