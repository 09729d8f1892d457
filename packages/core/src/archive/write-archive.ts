import type { FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '@boxlite/shared';
import { VERSION } from '../version.js';
import { ArchiveOutput } from './archive-output.js';
import type { ArchivedBox } from './archived-box.js';
import { type ArchivedImage, encodeManifest } from './manifest.js';
import { type ArchiveWork, PartFile } from './part-file.js';

/** What is archived. The files must not change meanwhile; they may lose their names. */
export interface ArchiveSource {
  box: ArchivedBox;
  image: ArchivedImage;
  /** Path of the root file system image. */
  rootfs: string;
  /** Path of the writable disk, raw; null when there is none. */
  disk: string | null;
}

/** Writes an archive into an empty file. What is read is never in memory at once. */
export const writeArchive = async (target: FileHandle, { box, image, ...paths }: ArchiveSource, work: ArchiveWork): Promise<void> => {
  const files: PartFile[] = [];
  const opened = async (path: string, isWhole: boolean): Promise<PartFile> => {
    const file = await PartFile.open(path, isWhole, work.signal);
    files.push(file);
    return file;
  };
  try {
    const rootfs = await opened(paths.rootfs, true);
    const disk = paths.disk === null ? null : await opened(paths.disk, false);
    const output = new ArchiveOutput(target);
    const parts = { rootfs: rootfs.part, disk: disk?.part ?? null };
    await output.manifest(encodeManifest({ boxlite: VERSION, exportedAt: new Date().toISOString(), box, image, parts }));
    await output.digest();
    await rootfs.write(output, 'rootfs', work);
    await disk?.write(output, 'disk', work);
    throwIfAborted(work.signal);
  } finally {
    for (const file of files) await file.close();
  }
};
