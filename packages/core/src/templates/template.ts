import { join } from 'node:path';
import type { SavedMachine } from '../machine/saved-machine.js';

/**
 * A saved VM that Boxes are started from. One of a shape alone had booted until its agent waited for a host; one of an image had its
 * container set up as well, and comes with the disk that the container was set up on.
 */
export interface Template extends SavedMachine {
  /** Name of its directory: the key, and what tells it from others of the same key. */
  id: string;
  directory: string;
  /** Only there for the template of an image: a raw layer. */
  disk: string;
}

/** What `template.json` says of the files beside it. It is written last: without it, they are not whole. */
export interface TemplateRecord {
  version: 1;
  key: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  memoryBytes: number;
  /** By file name, as `checksumFile` gives them. */
  checksums: Record<string, string>;
  /** The digest of the image's manifest; null for the template of a shape. */
  image: string | null;
}

const NAME = /^([0-9a-f]{32})-[0-9a-f]{8}$/;

/** The key in a template's name; undefined for a name that is no template's. */
export const keyOf = (id: string): string | undefined => NAME.exec(id)?.[1];

export const templateAt = (templates: string, id: string): Template => {
  const directory = join(templates, id);
  return { id, directory, memory: join(directory, 'memory'), devices: join(directory, 'devices'), disk: join(directory, 'disk') };
};
