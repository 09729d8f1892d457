import { BoxliteError } from '@boxlite/core';

/** @throws BoxliteError `Unsupported`. */
const refuse = (what: string, why = 'Boxes have no network yet'): never => {
  throw new BoxliteError('Unsupported', `${what} is not supported by this version of BoxLite: ${why}`);
};

const NO_SERVER = 'BoxLite is a library, and speaks to no server';

/** A part of a Box or runtime of which nothing is supported: every method rejects. */
export type RefusedPart = Readonly<Record<string, (...call: unknown[]) => Promise<never>>>;

const refusedPart = (part: string, why?: string): RefusedPart =>
  new Proxy<RefusedPart>(
    {},
    {
      get: (_, method) => {
        // What is asked of everything, as by `await` and by those who print it.
        if (typeof method === 'symbol' || method === 'then' || method === 'toJSON') return undefined;
        return () => Promise.resolve().then(() => refuse(`${part}.${method}`, why));
      },
    },
  );

/** The network of a Box, which has none yet. */
export class NetworkHandle {
  /** @throws BoxliteError `Unsupported`. */
  tunnel(port: number): Promise<never> {
    return Promise.resolve().then(() => refuse(`a tunnel to port ${String(port)} of a Box`));
  }
}

export const GIT = refusedPart('git', "run the image's own git by exec");
export const SSH = refusedPart('ssh');
export const REGISTRIES = refusedPart('registries', 'name them as imageRegistries');

/** Not supported: a browser is of no use without a network. */
export class BrowserBox {
  /** @throws BoxliteError `Unsupported`. */
  constructor(_options?: object) {
    refuse('BrowserBox');
  }
}

/** Not supported: a desktop is seen over the network. */
export class ComputerBox {
  /** @throws BoxliteError `Unsupported`. */
  constructor(_options?: object) {
    refuse('ComputerBox');
  }
}

/** Not supported: an agent in a Box needs its model over the network. */
export class SkillBox {
  /** @throws BoxliteError `Unsupported`. */
  constructor(_options?: object) {
    refuse('SkillBox');
  }
}

/** Not supported: BoxLite is a library, and speaks to no server. */
export class ApiKeyCredential {
  /** @throws BoxliteError `Unsupported`. */
  constructor(_key: string) {
    refuse('ApiKeyCredential', NO_SERVER);
  }

  /** @throws BoxliteError `Unsupported`. */
  static fromEnv(): never {
    return refuse('ApiKeyCredential', NO_SERVER);
  }
}

/** Not supported: BoxLite is a library, and speaks to no server. */
export class BoxliteRestOptions {
  /** @throws BoxliteError `Unsupported`. */
  constructor(_options?: object) {
    refuse('BoxliteRestOptions', NO_SERVER);
  }
}

/**
 * Not supported: there is no native module.
 * @throws BoxliteError `Unsupported`.
 */
export const getNativeModule = (): never => refuse('getNativeModule', 'there is no native module; import what you need from here');

/** @throws BoxliteError `Unsupported`. */
export const refuseServer = (): never => refuse('a runtime on a server', NO_SERVER);
