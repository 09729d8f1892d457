import { QmpClient } from '../../qmp/qmp-client.js';
import type { ControlOptions, EngineControl } from '../engine.js';

/** QEMU's control connection. It remembers why the guest stopped, which QEMU says once, by an event. */
export class QemuControl implements EngineControl {
  readonly #client: QmpClient;
  #stopReason: string | null = null;

  private constructor(client: QmpClient) {
    this.#client = client;
    client.onEvent(({ name, data }) => {
      if (name === 'SHUTDOWN' && typeof data['reason'] === 'string') this.#stopReason = data['reason'].slice(0, 64);
    });
  }

  static async connect(socketPath: string, options: ControlOptions): Promise<QemuControl> {
    return new QemuControl(await QmpClient.connect(socketPath, options));
  }

  get stopReason(): string | null {
    return this.#stopReason;
  }

  async quit(timeoutMs: number): Promise<void> {
    await this.#client.execute('quit', {}, { timeoutMs });
  }

  close(): void {
    this.#client.close();
  }
}
