import { BoxliteError, type RegistryOptions, type RuntimeOptions } from '@boxlite/core';

export interface JsImageRegistryAuth {
  username?: string;
  password?: string;
  /** Not supported: give name and password. */
  bearerToken?: string;
}

/** A registry of images. */
export interface JsImageRegistry {
  /** `host` or `host:port`. */
  host: string;
  /** @defaultValue `https` */
  transport?: 'https' | 'http';
  /** Not supported: name the authority of the registry's certificate to `BoxliteRuntime.open`, as `ca`. */
  skipVerify?: boolean;
  /** Only of docker.io, of which an image without a registry's name is. */
  search?: boolean;
  auth?: JsImageRegistryAuth;
}

export interface JsOptions {
  /** Where it keeps what it has. @defaultValue what `BOXLITE_HOME` names, or `~/.boxlite` */
  homeDir?: string;
  /** How registries are spoken to. */
  imageRegistries?: readonly JsImageRegistry[];
}

const registryOf = ({ host, transport, skipVerify, search, auth = {} }: JsImageRegistry): RegistryOptions => {
  // Images without a registry's name are searched at docker.io in any case.
  const elsewhere = search === true && host !== 'docker.io';
  for (const [name, given] of Object.entries({ skipVerify, search: elsewhere, bearerToken: auth.bearerToken })) {
    if (given !== undefined && given !== false)
      throw new BoxliteError('Unsupported', `${name} of the registry '${host}' is not supported; leave it out, and name images in full`);
  }
  const { username, password } = auth;
  if ((username === undefined) !== (password === undefined))
    throw new BoxliteError('InvalidArgument', `the registry '${host}' needs username and password together`);
  return {
    host,
    ...(transport !== undefined && { protocol: transport }),
    ...(username !== undefined && password !== undefined && { credentials: { username, password } }),
  };
};

/** @throws BoxliteError `Unsupported`, `InvalidArgument`. */
export const runtimeOptionsOf = ({ homeDir, imageRegistries = [] }: JsOptions): RuntimeOptions => ({
  ...(homeDir !== undefined && { home: homeDir }),
  registries: imageRegistries.map(registryOf),
});
