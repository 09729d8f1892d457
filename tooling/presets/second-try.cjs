/* global jest */
jest.retryTimes(1, { logErrorsBeforeRetry: true });
