import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { errorMessage } from '@boxlite/shared';
import type { Logger } from '../logging/logger.js';
import { blankContainerSpec, rightsKey } from '../machine/container-spec.js';
import type { FileChecksums } from './file-checksums.js';
import { type ImageTemplateRequest, makeImageTemplate } from './make-image-template.js';
import type { Template } from './template.js';
import { templateKey } from './template-key.js';
import type { TemplateStore } from './template-store.js';

type Wanted = Omit<ImageTemplateRequest, 'base'>;

/** How long the runtime's end waits for one that is being made: without it, programs that run one Box each would never have one. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * The templates of images: a Box that is started from one has its container already. Made in the background, one at a time, once the first
 * Box of an image runs.
 */
export class ImageTemplates {
  readonly #abort = new AbortController();
  /** The end of what is being made. */
  #making: Promise<void> | undefined;

  constructor(
    private readonly store: TemplateStore,
    private readonly checksums: FileChecksums,
    private readonly log: Logger,
  ) {}

  async find(wanted: Wanted): Promise<Template | undefined> {
    return this.store.find(await this.#key(wanted));
  }

  /** Makes one in the background, unless there is one, or another is being made. */
  makeSoon(request: ImageTemplateRequest): void {
    if (this.#making !== undefined || this.#abort.signal.aborted) return;
    this.#making = this.#make(request)
      .catch((error: unknown) => {
        this.log.warn('the template of an image could not be made', { image: request.image.digest, error: errorMessage(error) });
      })
      .finally(() => (this.#making = undefined));
  }

  /**
   * Waits for what is being made, for a while. Nothing is made afterwards.
   * @param hurry Ends the wait: what is not finished is given up.
   */
  async close(hurry?: AbortSignal): Promise<void> {
    const giveUp = (): void => {
      this.#abort.abort();
    };
    const timer = setTimeout(giveUp, CLOSE_TIMEOUT_MS);
    hurry?.addEventListener('abort', giveUp, { once: true });
    if (hurry?.aborted === true) giveUp();
    await this.#making;
    hurry?.removeEventListener('abort', giveUp);
    clearTimeout(timer);
    giveUp();
  }

  async #make(request: ImageTemplateRequest): Promise<void> {
    const key = await this.#key(request);
    if (this.store.find(key) !== undefined || this.store.hasFailed(key)) return;
    const making = {
      key,
      memoryMib: request.shape.memoryMib,
      image: request.image.digest,
      files: ['memory', 'devices', 'disk'] as const,
      make: (template: Template, signal: AbortSignal) => makeImageTemplate(template, request, signal),
    };
    await this.store.get(making, this.#abort.signal);
  }

  /** Beside what shapes the VM: the image's very file, the disk's size, and all of the container that cannot be changed afterwards. */
  async #key({ shape, guest, image, diskSizeMib }: Wanted): Promise<string> {
    const [base, { ino, size, mtimeMs }] = await Promise.all([templateKey(shape, guest, this.checksums), stat(image.rootfs)]);
    return createHash('sha256')
      .update(JSON.stringify([base, image.digest, ino, size, mtimeMs, diskSizeMib, rightsKey(blankContainerSpec())]))
      .digest('hex')
      .slice(0, 32);
  }
}
