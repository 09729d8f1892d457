import type { DebianImage } from './debian-image.js';
import { oneLayerImage } from './one-layer-image.js';

/**
 * A Debian with software that people run in containers: CPython with its own tests, a database, and programs that fill a terminal. An image of
 * its own, since it is ten times as large as the one of {@link debianImage}.
 */
export const softwareImage = (): Promise<DebianImage> =>
  oneLayerImage({
    recipe: 2,
    name: 'software',
    packages: ['git', 'htop', 'less', 'libpython3.11-testsuite', 'postgresql', 'python3', 'tmux', 'vim-tiny'],
    // PostgreSQL's way to stop without waiting for its clients.
    config: { StopSignal: 'SIGINT' },
  });
