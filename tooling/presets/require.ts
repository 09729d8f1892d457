/** For the head of a bundle of modules: some of what is bundled is CommonJS, and loads what Node.js has with a `require` that modules have not. */
export const REQUIRE = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
