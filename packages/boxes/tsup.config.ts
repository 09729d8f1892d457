import { library } from '../../tooling/presets/tsup.js';

// What both have is in a file of its own, so that there is one of it: the runtime that they share, the classes of errors.
export default library({ entry: { index: 'src/index.ts', compat: 'src/compat/index.ts' }, splitting: true });
