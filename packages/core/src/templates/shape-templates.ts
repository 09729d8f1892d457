import type { GuestImage } from '@boxlite/agent';
import type { MachineShape } from '../machine/machine-shape.js';
import type { FileChecksums } from './file-checksums.js';
import { makeTemplate } from './make-template.js';
import type { Template } from './template.js';
import { templateKey } from './template-key.js';
import type { TemplateStore } from './template-store.js';

/** The templates of shapes: any Box of a shape can be started from its template. */
export class ShapeTemplates {
  constructor(
    private readonly store: TemplateStore,
    private readonly checksums: FileChecksums,
  ) {}

  /**
   * The template of this shape, made when there is none.
   * @throws BoxliteError why there can be none; the Box is to be started without one then. AbortError.
   */
  async get(shape: MachineShape, guest: GuestImage, signal: AbortSignal): Promise<Template> {
    const making = {
      key: await templateKey(shape, guest, this.checksums),
      memoryMib: shape.memoryMib,
      image: null,
      files: ['memory', 'devices'] as const,
      make: (template: Template, abort: AbortSignal) => makeTemplate(template, shape, guest, abort),
    };
    return this.store.get(making, signal);
  }
}
