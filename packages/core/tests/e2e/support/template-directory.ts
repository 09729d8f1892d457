import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A template as it lies in a home. */
export interface FoundTemplate {
  id: string;
  directory: string;
  /** Not there before it is sealed. */
  record: { image: string | null; memoryBytes: number; checksums: Record<string, string> } | undefined;
}

/** The templates of a home: those of shapes, and those of images. */
export const templatesOf = async (home: string): Promise<{ shapes: FoundTemplate[]; images: FoundTemplate[] }> => {
  const templates = join(home, 'templates');
  const found = await Promise.all(
    (await readdir(templates)).map(async (id): Promise<FoundTemplate> => {
      const directory = join(templates, id);
      const text = await readFile(join(directory, 'template.json'), 'utf8').catch(() => undefined);
      return { id, directory, record: text === undefined ? undefined : (JSON.parse(text) as FoundTemplate['record']) };
    }),
  );
  return {
    shapes: found.filter(({ record }) => record?.image === null),
    images: found.filter(({ record }) => typeof record?.image === 'string'),
  };
};

/** What a runtime has logged so far. */
export const logOf = async (home: string): Promise<{ message: string; [field: string]: unknown }[]> => {
  const text = await readFile(join(home, 'logs', 'boxlite.log'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { message: string });
};
