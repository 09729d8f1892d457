/** What long work tells of itself. Events of one `operation` and `subject` come in order; the last one has status `done` or `failed`. */
export interface ProgressEvent {
  operation: 'pull' | 'prepare' | 'start' | 'export' | 'import' | 'copy';
  /** The image's reference, the Box's id, the archive's path, or what is copied. */
  subject: string;
  status: 'started' | 'running' | 'done' | 'failed';
  /** The part that moves: a layer's digest, or a step's name such as `boot`. Absent on events of the whole. */
  part?: string;
  /** Bytes done so far, of the part or the whole. */
  current?: number;
  /** Bytes to be done, where that is known. */
  total?: number;
}

export type ProgressListener = (event: ProgressEvent) => void;
