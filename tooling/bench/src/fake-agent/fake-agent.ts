import { AgentSession } from '@boxlite/agent';
import { startProgram } from '../programs.js';

/** A session with a fake agent, which runs in a process of its own as a VMM does. */
export interface FakeAgent extends AsyncDisposable {
  session: AgentSession;
}

export const startFakeAgent = async (): Promise<FakeAgent> => {
  const program = await startProgram('fake-agent.ts');
  try {
    const session = await AgentSession.connect(String(program.message));
    return {
      session,
      async [Symbol.asyncDispose]() {
        await session[Symbol.asyncDispose]();
        await program[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
};
