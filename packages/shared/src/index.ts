export { BoxliteError, type BoxliteErrorOptions } from './errors/boxlite-error.js';
export { BOXLITE_ERROR_CODES, type BoxliteErrorCode, isBoxliteErrorCode } from './errors/error-code.js';
export { type BoxliteResult, toResult } from './errors/result.js';
export { BoxLayout, HomeLayout, ImagesLayout } from './home/home-layout.js';
export { PROTOCOL_VERSION } from './protocol-version.js';
