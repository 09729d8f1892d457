/** Serves the fake agent until the process that forked this one lets go of it. */
import { ExecutionService, GuestService } from '@boxlite/shared/protocol';
import { servePortal } from '@boxlite/shared/testing';
import { execution, guest } from '../fake-agent/services.js';

const portal = await servePortal([
  [GuestService, guest],
  [ExecutionService, execution],
]);
process.once('disconnect', () => {
  void portal[Symbol.asyncDispose]().then(() => process.exit(0));
});
process.send?.(portal.socketPath);
