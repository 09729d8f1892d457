/** Told of what was done. Must not throw. */
export interface ImageObserver {
  /** `bytes` were received from registries; 0 when all blobs were here. */
  pulled?(pull: { digest: string; reference: string; bytes: number; durationMs: number }): void;
  pullFailed?(): void;
  prepared?(preparation: { durationMs: number }): void;
  prepareFailed?(): void;
  /** The root file system of the image with this digest is not there any more. */
  removed?(image: { digest: string }): void;
}
