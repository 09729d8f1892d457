/**
 * Keeps the snippets of the documentation equal to regions of tests that pass.
 *
 * A snippet is a fenced block under a comment that names its source:
 *
 *     <!-- snippet: packages/core/tests/e2e/readme.e2e.test.ts#hello -->
 *
 * The source holds the region between `// #region hello` and `// #endregion`, or `# #region hello` and `# #endregion` in shell.
 * `tsx tooling/docs/snippets.ts` checks, with `--write` it brings the documentation up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

const SNIPPET = /^<!-- snippet: (\S+)#(\S+) -->\n\n?```(\w+)\n([\s\S]*?)^```$/gm;

const region = (path: string, name: string): string => {
  const lines = readFileSync(path, 'utf8').split('\n');
  const isMark = (line: string, mark: string): boolean => [`// ${mark}`, `# ${mark}`].includes(line.trim());
  const begin = lines.findIndex((line) => isMark(line, `#region ${name}`));
  const end = lines.findIndex((line, at) => at > begin && isMark(line, '#endregion'));
  if (begin < 0 || end < 0) throw new Error(`${path} has no region '${name}'`);
  const body = lines.slice(begin + 1, end);
  const indent = Math.min(...body.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length));
  return body.map((line) => `${line.slice(indent)}\n`).join('');
};

const write = process.argv.includes('--write');
const pages = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).split('\n').filter(Boolean);
let snippets = 0;
const stale: string[] = [];
for (const page of pages) {
  const before = readFileSync(page, 'utf8');
  const after = before.replace(SNIPPET, (_, path: string, name: string, language: string) => {
    snippets += 1;
    return `<!-- snippet: ${path}#${name} -->\n\n\`\`\`${language}\n${region(path, name)}\`\`\``;
  });
  if (before === after) continue;
  stale.push(page);
  if (write) writeFileSync(page, after);
}
if (stale.length > 0 && !write) {
  console.error(`snippets differ from their sources in ${stale.join(', ')}; run 'pnpm tsx tooling/docs/snippets.ts --write'`);
  process.exitCode = 1;
} else {
  console.log(`${String(snippets)} snippets equal their sources`);
}
