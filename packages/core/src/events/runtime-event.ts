/**
 * What happens to a Box. `starting` and `restarting` are announcements; all others have happened.
 *
 * `stopped` says why as `reason`: `asked`, `idle`, `unhealthy`, `main-ended` (with `exitCode` or `signal`), or `lost` when it ended while no
 * program was there. `failed` has `code`, of the error. `paused` has `reason`: `asked`, or `disk-full` when the host has no room for what the
 * Box writes.
 */
export type BoxAction =
  | 'created'
  | 'starting'
  | 'started'
  | 'paused'
  | 'resumed'
  | 'stopped'
  | 'failed'
  | 'restarting'
  | 'renamed'
  | 'removed'
  | 'cloned'
  | 'snapshot-created'
  | 'snapshot-restored'
  | 'snapshot-removed'
  | 'exec-started'
  | 'exec-ended'
  | 'health'
  | 'oom';

export type ImageAction = 'pulled' | 'removed';

/** Plain values that tell more of an event: `exitCode`, `from`, `snapshot`. */
export type EventAttributes = Readonly<Record<string, string | number | boolean | null>>;

/** Something that has happened in a home; plain data. */
export type RuntimeEvent = {
  /** ISO 8601, UTC. */
  time: string;
  attributes: EventAttributes;
  /** So many events before this one are missing, since this reader was too slow; mostly not there. */
  missed?: number;
} & (
  | { type: 'box'; action: BoxAction; id: string; name: string | null }
  /** `id` is the digest of the image's manifest, `name` the reference if there is one. */
  | { type: 'image'; action: ImageAction; id: string; name: string | null }
);
