import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteError, HomeLayout } from '@boxlite/shared';
import type { BoxState } from '../../box/box-state.js';
import type { DiskChain } from '../../disks/disk-chain.js';
import { DiskStore } from '../../disks/disk-store.js';
import { digestOf } from '../../images/format/digest.js';
import { parseImageConfig } from '../../images/format/image-config.js';
import { hostPlatform } from '../../images/format/platform.js';
import type { ImageInfo } from '../../images/image-info.js';
import { ImageManager } from '../../images/image-manager.js';
import { RootfsStore } from '../../images/prepare/rootfs-store.js';
import { type BoxConfig, boxConfig } from '../../options/box-config.js';
import type { BoxOptions } from '../../options/box-options.js';
import type { ProgressEvent } from '../../progress.js';
import { BoxArchives } from '../box-archives.js';
import type { ExportedBox } from '../export-box.js';
import { unheard } from '../../recovery/recovery-report.js';

export interface KnownBox {
  config: BoxConfig;
  state: BoxState;
}

/** A home without a runtime: its images and disks are real, its Boxes never run. */
export class ArchiveHome implements AsyncDisposable {
  readonly events: ProgressEvent[] = [];
  readonly boxes: KnownBox[] = [];
  readonly layout: HomeLayout;
  readonly images: ImageManager;
  readonly disks: DiskStore;
  readonly archives: BoxArchives<KnownBox>;
  readonly reference = 'example.com/tests/app:1';
  #image = '';

  private constructor(readonly directory: string) {
    this.layout = new HomeLayout(join(directory, 'home'));
    const usedBy = (digest: string): string[] =>
      this.boxes.filter(({ state }) => state.imageDigest === digest).map(({ config }) => config.id);
    this.images = new ImageManager({ layout: this.layout.images, usedBy });
    this.disks = new DiskStore(this.layout.disks);
    const isTaken = (name: string | null): boolean => name !== null && this.boxes.some(({ config }) => config.name === name);
    const { images, disks } = this;
    const checkName = (name: string): void => {
      if (isTaken(name)) throw new BoxliteError('AlreadyExists', `${name} is taken`);
    };
    this.archives = new BoxArchives({
      images,
      box: {
        disks,
        onProgress: (event) => this.events.push(event),
        resolveImage: () => Promise.resolve(this.#image),
      },
      checkName,
      add: (config, state) => {
        if (config.name !== null) checkName(config.name);
        this.boxes.push({ config, state });
        return Promise.resolve({ config, state });
      },
    });
  }

  static async make(): Promise<ArchiveHome> {
    const home = new ArchiveHome(await mkdtemp(join(tmpdir(), 'boxlite-archive-')));
    await mkdir(home.layout.disks, { recursive: true });
    await home.images.recover(unheard);
    return home;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Puts a prepared image into the home. The file is an EROFS image to those who look at its magic number only. */
  async addImage(filling: Buffer, config: Record<string, unknown> = {}): Promise<{ digest: string; rootfs: Buffer }> {
    const rootfs = Buffer.concat([Buffer.alloc(1024), Buffer.from('e2e1f5e0', 'hex'), filling]);
    const document = JSON.stringify({ os: 'linux', architecture: hostPlatform().architecture, config });
    const digest = digestOf(document);
    const path = await this.images.temporaryRootfs();
    await writeFile(path, rootfs);
    const info: ImageInfo = {
      reference: this.reference,
      digest,
      platform: 'linux/amd64',
      sizeBytes: 1,
      createdAt: undefined,
      storedAt: undefined,
      layers: [],
      config: parseImageConfig(Buffer.from(document), 'the test').config,
      embedded: false,
      replaced: false,
    };
    await new RootfsStore(this.layout.images).add(path, info, Buffer.from(document));
    this.#image = digest;
    return { digest, rootfs };
  }

  /** A Box with a disk on which the given bytes lie. */
  async addBox(options: BoxOptions, content: Readonly<Record<number, string | Buffer>> = {}): Promise<ExportedBox> {
    const config = boxConfig({ image: this.reference, diskSizeMib: 64, ...options });
    const chain = await this.disks.create(config.diskSizeMib);
    const file = await open(this.diskPath(chain), 'r+');
    for (const [offset, bytes] of Object.entries(content)) await file.write(Buffer.from(bytes), 0, undefined, Number(offset));
    await file.close();
    this.disks.settle(chain);
    return exported(config, chain);
  }

  diskPath(chain: DiskChain | null): string {
    const [layer] = chain ?? [];
    if (layer === undefined) throw new Error('there is no disk');
    return this.disks.path(layer);
  }

  /** All files that an import makes. */
  async files(): Promise<string[]> {
    const { rootfs, temporary } = this.layout.images;
    const names = await Promise.all([rootfs, temporary, this.layout.disks].map((directory) => readdir(directory)));
    return names.flat().sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.archives.close();
    await this.images.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A Box that is exported as it is. */
export const exported = (config: BoxConfig, disk: DiskChain | null): ExportedBox => ({
  config,
  capture: () => Promise.resolve({ disk, imageDigest: null, machine: undefined, [Symbol.asyncDispose]: () => Promise.resolve() }),
});
