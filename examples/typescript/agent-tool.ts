/**
 * A tool of an AI agent that runs the code which a model writes. The model's calls are written down here; an agent gets them from its API.
 *
 *     node agent-tool.js [OCI-LAYOUT]     without one, the image python:slim comes from a registry
 */
import { CodeBox } from '@boxlite/boxes';

/** As models are told of it. */
export const tool = {
  name: 'run_python',
  description: 'Runs Python code. Variables stay until the next call. Gives output, the value of the last expression, and errors.',
  parameters: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
};

const layout = process.argv[2];
await using box = new CodeBox({ memoryMib: 384, ...(layout !== undefined && { rootfsPath: layout }) });

/** What the model is answered: short, and never an exception. */
const runPython = async ({ code }: { code: string }): Promise<string> => {
  const { stdout, stderr, value, error, timedOut } = await box.execute(code, { timeoutSecs: 30, maxOutput: 10_000 });
  const answer = { stdout, stderr, value: value?.text, error: error && `${error.name}: ${error.message}`, timedOut: timedOut || undefined };
  return JSON.stringify(Object.fromEntries(Object.entries(answer).filter(([, part]) => part !== undefined && part !== '')));
};

for (const code of [
  'data = [3, 1, 2]\nsorted(data)',
  'print(sum(data) / 0)',
  "import os; os._exit(1)  # not the agent's end",
  'print("again")',
]) {
  console.log(await runPython({ code }));
}
