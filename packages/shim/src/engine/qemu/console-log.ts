import type { EngineInfo } from '../engine.js';

/**
 * The guest's console: a serial port that prints to a descriptor. The library `native/engine-preload` keeps that file short where QEMU opens it by
 * this path, which is none without it; elsewhere it is bounded by the size of the largest file only.
 */
export const consoleArguments = (fd: number, { preload }: Pick<EngineInfo, 'preload'>): string[] => {
  const [path, ...passed] = preload === null ? ['/dev/fdset/1', '-add-fd', `fd=${String(fd)},set=1`] : [`/dev/null/log/${String(fd)}`];
  return [...passed, '-chardev', `file,id=console,path=${path},append=on`, '-serial', 'chardev:console'];
};
