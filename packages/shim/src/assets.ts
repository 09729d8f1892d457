import { join } from 'node:path';
import { platformPackage } from '@boxlite/shared';

/** The native program that becomes the VMM. @throws BoxliteError `Unsupported` (`platform`) where there is none, as all of these. */
export const shimProgram = (): string => join(platformPackage('@boxlite/shim-linux-x64', import.meta.url), 'boxlite-shim');

/** The native library that is loaded into the engine where it maps memory that others map, too. */
export const enginePreload = (): string => join(platformPackage('@boxlite/shim-linux-x64', import.meta.url), 'engine-preload.so');

/** The engine bundle: the VMM with all it needs, relocatable. */
export const engineBundle = (): string => join(platformPackage('@boxlite/engine-linux-x64', import.meta.url), 'engine');
