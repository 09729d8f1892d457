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
