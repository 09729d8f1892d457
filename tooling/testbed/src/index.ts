export { type Compression, type Format, type ImageRecipe, buildImage, buildIndex, smallImage } from './image/build-image.js';
export { dockerSave, layoutArchive } from './image/docker-save.js';
export { readLayout, writeLayout } from './image/layout.js';
export { tar, type TarEntry } from './image/tar-writer.js';
export { blobBytes, type BlobContent, type Descriptor, digestOf, type TestImage } from './image/test-image.js';
export { type Script, ScriptedRegistry } from './registry/scripted-registry.js';
export { findProgram, missingPrograms } from './host/programs.js';
export { run } from './host/run.js';
export { TEST_CREDENTIALS, TestRegistry, type TestRegistryOptions } from './registry/test-registry.js';
