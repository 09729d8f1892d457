import e2e from './jest.e2e.config.mjs';

/** What people run in containers: once, and without privileges, since it proves the same as root. */
export default { ...e2e, testMatch: ['<rootDir>/tests/software/*.e2e.test.ts'] };
