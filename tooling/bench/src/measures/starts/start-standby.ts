import type { Measure } from '../../measure.js';
import { measureAhead } from '../../starts/ahead.js';
import { untilImageTemplate } from '../../starts/templates-ready.js';

export const startStandby: Measure = {
  name: 'start-standby',
  about: 'the same, in a VMM that waits for the template’s state (RuntimeOptions.standby), and what that costs',
  rounds: 30,
  run: async (context) => {
    const { lab, signal } = context;
    await using runtime = await lab.openRuntime({ standby: 1 });
    const { name, options } = lab.embedded;
    await untilImageTemplate(runtime, options, signal);
    return {
      warm: 'image prepared, its template made and used; one VMM waits before each start',
      ...(await measureAhead(runtime, context, {
        what: name,
        options,
        from: 'image-template',
        made: 'waiting VMM',
        ready: () => runtime.metrics().machinesWaiting,
        used: () => runtime.metrics().standbyClaims,
      })),
    };
  },
};
