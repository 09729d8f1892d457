import { fileURLToPath } from 'node:url';

/** A file or directory that the package brings along. This file stays in `src/`, so that the path holds from `dist/` too. */
const asset = (name: string): string => fileURLToPath(new URL(`../assets/${name}`, import.meta.url));

/** The native program that becomes the VMM. */
export const SHIM_PROGRAM = asset('boxlite-shim');

/** The engine bundle: the VMM with all it needs, relocatable. */
export const ENGINE_BUNDLE = asset('engine');

/** The native library that is loaded into the engine where it maps memory that others map, too. */
export const ENGINE_PRELOAD = asset('engine-preload.so');
