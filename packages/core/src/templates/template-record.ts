import { join } from 'node:path';
import { writeFileAtomic } from '../state/atomic-file.js';
import { readBounded } from '../state/files.js';
import type { Template, TemplateRecord } from './template.js';

const FILE = 'template.json';
const MAX_BYTES = 64 * 1024;

const isRecordOfTexts = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');

/** Undefined when there is none. @throws an error that says what is wrong with one that cannot be understood. */
export const readTemplateRecord = async ({ directory }: Template): Promise<TemplateRecord | undefined> => {
  const bytes = await readBounded(join(directory, FILE), MAX_BYTES);
  if (bytes === undefined) return undefined;
  const value = JSON.parse(bytes.toString('utf8')) as Partial<Record<keyof TemplateRecord, unknown>> | null;
  if (value?.version !== 1) throw new Error('it is of another version');
  const { key, memoryBytes, checksums, image } = value;
  const isWhole = typeof key === 'string' && typeof memoryBytes === 'number' && isRecordOfTexts(checksums);
  if (!isWhole || !(image === null || typeof image === 'string')) throw new Error('its record is damaged');
  return value as TemplateRecord;
};

export const writeTemplateRecord = ({ directory }: Template, record: TemplateRecord): Promise<void> =>
  writeFileAtomic(join(directory, FILE), `${JSON.stringify(record, null, 2)}\n`);
