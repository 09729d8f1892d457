/** How long a VM takes from its saved state; all in milliseconds since it was asked for. */
export interface RestoreSteps {
  /** The VMM's control connection answers. */
  upMs: number;
  /** The state is loaded; the guest is paused. */
  restoredMs: number;
  /** The agent has answered. */
  readyMs: number;
}
