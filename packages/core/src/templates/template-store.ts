import { randomBytes } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteError, errorMessage } from '@boxlite/shared';
import type { Logger } from '../logging/logger.js';
import type { RecoveryTeller } from '../recovery/recovery-report.js';
import { SharedTasks } from '../shared-tasks.js';
import { syncFile } from '../state/files.js';
import { makeDirectories } from '../state/make-directories.js';
import { onDisk } from '../state/storage-error.js';
import type { FileChecksums } from './file-checksums.js';
import { keyOf, type Template, templateAt } from './template.js';
import { readTemplateRecord, writeTemplateRecord } from './template-record.js';

/** What is to be made of a template's directory, which exists and is empty. */
export interface TemplateMaking {
  /** What shapes it: 32 hexadecimal digits. */
  key: string;
  memoryMib: number;
  /** The digest of the manifest of the image that it is of. */
  image: string | null;
  /** Makes the files of these names. */
  files: readonly ('memory' | 'devices' | 'disk')[];
  make(template: Template, signal: AbortSignal): Promise<void>;
}

/** As many are kept; those that were used last. */
const MAX_TEMPLATES = 16;
/** A key whose templates failed this often is not tried again for a while. */
const MAX_FAILURES = 2;
/** What made them fail, a full disk for example, may be over then. */
const FORGET_AFTER_MS = 60_000;

/**
 * The templates of a home, by what shapes them. How they are made is their maker's.
 *
 * ```text
 * missing ──get──▶ making ──▶ usable ──sealed on disk──▶ whole      (whoever asks meanwhile waits for the same one)
 *                    └──▶ failed                           └─ broken, or another version ──▶ discarded, made anew
 * ```
 *
 * A template is usable before it is sealed: its files are whole, but a power cut could still lose them. One that is not sealed is removed
 * when the home is opened. VMs and snapshots keep what they need of a template's memory by themselves, so one can be discarded at any time.
 */
export class TemplateStore {
  readonly #making = new SharedTasks<Template>();
  /** By key; the one that was used last is the last. */
  readonly #usable = new Map<string, Template>();
  /** The digest of the image that a template is of, by key. */
  readonly #images = new Map<string, string>();
  readonly #failures = new Map<string, { count: number; at: number }>();
  readonly #sealing = new Set<Promise<void>>();
  /** Made by this process, and without a record of its checksums yet. */
  readonly #unsealed = new Set<Template>();

  constructor(
    private readonly directory: string,
    private readonly checksums: FileChecksums,
    private readonly log: Logger,
  ) {}

  /** Removes what an earlier runtime has not finished, and finds what it left whole. To be called once, before all else. */
  async recover(notes: RecoveryTeller): Promise<void> {
    await onDisk(`reading ${this.directory}`, async () => {
      await makeDirectories(this.directory);
      const found = await Promise.all((await readdir(this.directory)).map((id) => this.#inspect(id)));
      for (const { key, template, image, problem } of found.sort((a, b) => a.usedMs - b.usedMs)) {
        if (problem === undefined && !this.#usable.has(key)) {
          this.#usable.set(key, template);
          if (image !== null) this.#images.set(key, image);
        } else {
          const detail = problem ?? 'there is another one of its kind';
          await this.#remove(template, detail);
          notes.tell({ action: 'removed', kind: 'template', name: template.id, detail });
        }
      }
    });
  }

  /** Removes the templates of an image that is not there any more. */
  async forgetImage(digest: string): Promise<void> {
    for (const [key, image] of this.#images) {
      const template = this.#usable.get(key);
      if (image === digest && template !== undefined) await this.#forget(key, template, 'its image was removed');
    }
  }

  /** How many there are, and the bytes of disk that they take. */
  async diskUse(): Promise<{ count: number; bytes: number }> {
    const templates = [...this.#usable.values()];
    const files = templates.flatMap(({ memory, devices, disk }) => [memory, devices, disk]);
    const sizes = await Promise.all(
      files.map((file) =>
        stat(file).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        ),
      ),
    );
    return { count: templates.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** The template of this key, when there is one. */
  find(key: string): Template | undefined {
    return this.#usable.get(key);
  }

  /**
   * The template of this key, made when there is none. Concurrent callers share the making.
   * @throws BoxliteError why there can be none. AbortError.
   */
  async get(making: TemplateMaking, signal: AbortSignal): Promise<Template> {
    const { key } = making;
    const present = this.#usable.get(key);
    if (present !== undefined) return present;
    if (this.hasFailed(key))
      throw new BoxliteError('Engine', 'templates of this kind have failed before; the log says why', { reason: 'template-failed' });
    return this.#making.run(key, { signal }, (abort) => this.#make(making, abort));
  }

  /** True when there is no use in asking for this key again. */
  hasFailed(key: string): boolean {
    const failure = this.#failures.get(key);
    return failure !== undefined && failure.count >= MAX_FAILURES && performance.now() - failure.at < FORGET_AFTER_MS;
  }

  /**
   * Reads the template's files and compares them with their checksums, once in this process for as long as they look the same.
   * @throws BoxliteError `Storage`, reason `template-damaged`.
   */
  async verify(template: Template): Promise<void> {
    let problem: string | undefined;
    try {
      const record = await readTemplateRecord(template);
      if (record === undefined && this.#unsealed.has(template)) return;
      for (const [file, checksum] of Object.entries(record?.checksums ?? { memory: '' })) {
        if ((await this.checksums.of(join(template.directory, file))) !== checksum) problem ??= `its file '${file}' is not what was saved`;
      }
    } catch (error) {
      problem = errorMessage(error);
    }
    if (problem === undefined) {
      await this.#used(template);
      return;
    }
    throw new BoxliteError('Storage', `the template ${template.id} is damaged: ${problem}`, { reason: 'template-damaged' });
  }

  /**
   * Throws a template away that does not work. The next {@link get} makes another, unless that happens again and again: a file that is damaged
   * or missing is an accident, a whole template that no VM can be restored from is not.
   */
  async discard(template: Template, why: string, cause: 'damaged' | 'failed'): Promise<void> {
    const key = keyOf(template.id) ?? '';
    if (this.#usable.get(key) !== template) return;
    this.#usable.delete(key);
    if (cause === 'failed' && (await this.#isWhole(template))) this.#countFailure(key);
    await this.#forget(key, template, why);
  }

  /** Waits until all that was made is safe on disk. */
  async close(): Promise<void> {
    await this.#making.idle();
    await Promise.all(this.#sealing);
  }

  async #make(making: TemplateMaking, signal: AbortSignal): Promise<Template> {
    const { key, image } = making;
    const template = templateAt(this.directory, `${key}-${randomBytes(4).toString('hex')}`);
    const begin = performance.now();
    try {
      await onDisk('making a template', async () => {
        await makeDirectories(template.directory);
        await making.make(template, signal);
        await removeOthers(template.directory, making.files);
      });
    } catch (error) {
      if (!signal.aborted) {
        this.#countFailure(key);
        this.log.warn('a template could not be made', { template: template.id, image, error: errorMessage(error) });
      }
      await rm(template.directory, { recursive: true, force: true });
      throw error;
    }
    this.#usable.set(key, template);
    if (image !== null) this.#images.set(key, image);
    this.#unsealed.add(template);
    this.log.info('made a template', { template: template.id, image, seconds: (performance.now() - begin) / 1_000 });
    const sealed = this.#seal(template, making).finally(() => this.#sealing.delete(sealed));
    this.#sealing.add(sealed);
    await this.#trim();
    return template;
  }

  /** Marks a template as the one that was used last, for the next runtime too. */
  async #used(template: Template): Promise<void> {
    const key = keyOf(template.id) ?? '';
    if (this.#usable.get(key) !== template) return;
    this.#usable.delete(key);
    this.#usable.set(key, template);
    const now = new Date();
    // Only the order in which they would be removed hangs on it.
    await utimes(template.directory, now, now).catch(() => undefined);
  }

  async #trim(): Promise<void> {
    for (const [key, template] of this.#usable) {
      if (this.#usable.size <= MAX_TEMPLATES) return;
      await this.#forget(key, template, `there are more than ${String(MAX_TEMPLATES)}, and it was used the longest time ago`);
    }
  }

  async #forget(key: string, template: Template, why: string): Promise<void> {
    this.#usable.delete(key);
    this.#images.delete(key);
    this.#unsealed.delete(template);
    await this.#remove(template, why);
  }

  async #remove(template: Template, why: string): Promise<void> {
    this.log.info('removed a template', { template: template.id, why });
    await rm(template.directory, { recursive: true, force: true }).catch((error: unknown) => {
      this.log.warn('a template could not be removed', { template: template.id, error: String(error) });
    });
  }

  async #seal(template: Template, { key, memoryMib, image, files }: TemplateMaking): Promise<void> {
    try {
      const checksums = await Promise.all(
        files.map(async (file) => {
          await syncFile(template[file]);
          return [file, await this.checksums.of(template[file])] as const;
        }),
      );
      await writeTemplateRecord(template, {
        version: 1,
        key,
        createdAt: new Date().toISOString(),
        memoryBytes: memoryMib * 2 ** 20,
        checksums: Object.fromEntries(checksums),
        image,
      });
      this.#unsealed.delete(template);
    } catch (error) {
      // It serves this runtime, and the next makes its own.
      this.log.warn('a template could not be kept', { template: template.id, error: errorMessage(error) });
    }
  }

  #countFailure(key: string): void {
    this.#failures.set(key, { count: (this.#failures.get(key)?.count ?? 0) + 1, at: performance.now() });
  }

  #isWhole(template: Template): Promise<boolean> {
    return this.verify(template).then(
      () => true,
      () => false,
    );
  }

  /** A directory that was found, and what is wrong with it as far as that can be seen without reading all of it. */
  async #inspect(
    id: string,
  ): Promise<{ key: string; template: Template; image: string | null; usedMs: number; problem: string | undefined }> {
    const template = templateAt(this.directory, id);
    const key = keyOf(id) ?? '';
    const found = { key, template, image: null, usedMs: 0 };
    if (key === '') return { ...found, problem: 'it is no template' };
    try {
      const record = await readTemplateRecord(template);
      if (record === undefined) return { ...found, problem: 'it was not finished' };
      const [directory, memory, devices] = await Promise.all([stat(template.directory), stat(template.memory), stat(template.devices)]);
      const problem =
        record.key !== key
          ? 'it is of another kind than its name says'
          : !memory.isFile() || memory.size !== record.memoryBytes
            ? 'its memory was cut short'
            : !devices.isFile() || devices.size === 0
              ? 'the state of its devices is empty'
              : undefined;
      return { ...found, image: record.image, usedMs: directory.mtimeMs, problem };
    } catch (error) {
      return { ...found, problem: errorMessage(error) };
    }
  }
}

/** Sockets and logs of the VM that a template was made by: what it said counts only when it failed. */
const removeOthers = async (directory: string, wanted: readonly string[]): Promise<void> => {
  for (const name of await readdir(directory)) if (!wanted.includes(name)) await rm(join(directory, name), { recursive: true });
};
