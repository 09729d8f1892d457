import { QmpClient } from '../../qmp/qmp-client.js';
import type { ControlOptions, EngineControl } from '../engine.js';

/** What QEMU says of the machine while it runs. */
interface Heard {
  stopReason: string | null;
}

/** QEMU's control connection. It remembers why the guest stopped, which QEMU says once, by an event. */
export class QemuControl implements EngineControl {
  readonly #client: QmpClient;
  readonly #heard: Heard;

  private constructor(client: QmpClient, heard: Heard) {
    this.#client = client;
    this.#heard = heard;
  }

  static async connect(socketPath: string, options: ControlOptions): Promise<QemuControl> {
    const heard: Heard = { stopReason: null };
    const client = await QmpClient.connect(socketPath, {
      ...options,
      onEvent: ({ name, data }) => {
        if (name === 'SHUTDOWN' && typeof data['reason'] === 'string') heard.stopReason = data['reason'].slice(0, 64);
      },
    });
    return new QemuControl(client, heard);
  }

  get closed(): Promise<void> {
    return this.#client.closed;
  }

  get stopReason(): string | null {
    return this.#heard.stopReason;
  }

  async quit(timeoutMs: number): Promise<void> {
    await this.#client.execute('quit', {}, { timeoutMs });
  }

  close(): void {
    this.#client.close();
  }
}
