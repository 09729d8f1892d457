import { BoxliteError } from '@boxlite/core';

/** @throws BoxliteError `Unsupported`. */
export const refuse = (what: string, why = 'Boxes have no network yet'): never => {
  throw new BoxliteError('Unsupported', `${what} is not supported by this version of BoxLite: ${why}`);
};

const NO_SERVER = 'BoxLite is a library, and speaks to no server';

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

/** @throws BoxliteError `Unsupported`. */
export const refuseServer = (): never => refuse('a runtime on a server', NO_SERVER);
