import { fileURLToPath } from 'node:url';

/** The Jest settings of every package: tests run on the sources, without a build. */
export const preset = (options = {}) => ({
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@boxlite/source', 'require', 'node', 'default'] },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  // A bound against hangs, not a measure: machines are busy.
  testTimeout: 120_000,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  ...options,
});

/**
 * The settings of tests with real guests, one test file after another, because they share two cores and one home.
 * In CI a test that failed has a second try, and the totals name it: a race in one of hundreds of tests on a busy machine must not hide the
 * rest, nor be hidden.
 */
export const guestPreset = (options = {}) =>
  preset({
    maxWorkers: 1,
    // A bound against hangs, not a measure: an emulated boot on a busy machine takes seconds.
    testTimeout: 180_000,
    setupFilesAfterEnv: process.env.CI ? [fileURLToPath(new URL('second-try.cjs', import.meta.url))] : [],
    ...options,
  });
