import type { Command } from '../command.js';

/** Runs one module of CPython's own tests, and prints what became of each test, in their order by name. */
const PROGRAM = `
import subprocess, sys, tempfile, xml.etree.ElementTree as tree

def outcome(case):
    for kind in ('failure', 'error', 'skipped'):
        found = case.find(kind)
        if found is not None:
            return kind + (': ' + (found.text or '') if kind == 'skipped' else '')
    return 'passed'

with tempfile.TemporaryDirectory() as work:
    report = work + '/report.xml'
    command = [sys.executable, '-m', 'test', '--junit-xml', report, sys.argv[1]]
    log = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=work, text=True).stdout
    try:
        cases = tree.parse(report).iter('testcase')
        print(*sorted(case.get('name') + ' ' + outcome(case) for case in cases), sep='\\n')
    except OSError:
        sys.exit(log)
`;

const test = (module: string, long: boolean): Command => ({
  name: `CPython's ${module}`,
  run: ['python3', '-c', PROGRAM, module],
  image: 'software',
  timeoutMs: 900_000,
  long,
});

/** CPython's tests of what a container is easily wrong about: processes, signals, terminals, files, sockets, threads. */
export const pythonTests: readonly Command[] = [
  ...['test_pty', 'test_os'].map((module) => test(module, false)),
  ...['test_subprocess', 'test_signal', 'test_socket', 'test_threading', 'test_asyncio'].map((module) => test(module, true)),
];
