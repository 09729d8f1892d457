import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteError, errnoCode } from '@boxlite/shared';
import { type FileLink, linkPath, VM_FILES } from '../engine/files.js';

/** The directory of what an engine opens by name. `boxlite-shim` makes it; here it is added to while the engine runs. */
export class VmFiles {
  readonly #path: string;

  /** @param directory The Box's directory. */
  constructor(directory: string) {
    this.#path = join(directory, VM_FILES);
  }

  /** @throws BoxliteError Storage. */
  async add(links: readonly FileLink[]): Promise<void> {
    for (const file of links) await this.#add(file);
  }

  /** Idempotent. The engine may have the files open still. */
  async remove(links: readonly Pick<FileLink, 'name' | 'writable'>[]): Promise<void> {
    await Promise.all(links.map((file) => rm(join(this.#path, linkPath(file)), { force: true })));
  }

  /** To another Box's directory of the same file system, over what an earlier engine left there. */
  async moveTo(directory: string): Promise<VmFiles> {
    const files = new VmFiles(directory);
    await files.clear();
    await rename(this.#path, files.#path);
    return files;
  }

  /** Once the engine has ended: its links keep what others have deleted. */
  async clear(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }

  async #add(file: FileLink): Promise<void> {
    try {
      await this.remove([file]);
      await link(file.source, join(this.#path, linkPath(file)));
    } catch (error) {
      const advice = errnoCode(error) === 'EXDEV' ? '; a home must lie on one file system' : '';
      throw BoxliteError.from(error, 'Storage', `${file.source} cannot be given to the VM${advice}`);
    }
  }
}
