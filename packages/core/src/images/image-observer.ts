/** Told of what was done, for metrics. Must not throw. */
export interface ImageObserver {
  /** `bytes` were received from registries; 0 when all blobs were here. */
  pulled?(pull: { bytes: number; durationMs: number }): void;
  pullFailed?(): void;
  prepared?(preparation: { durationMs: number }): void;
  prepareFailed?(): void;
}
