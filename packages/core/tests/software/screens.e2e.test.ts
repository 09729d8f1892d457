import type { Execution } from '@boxlite/core';
import { Terminal } from '@xterm/headless';
import { sh } from '../e2e/support/boxes.js';
import { eventually } from '../e2e/support/eventually.js';
import { useBox } from '../e2e/support/one-box.js';
import { software } from '../e2e/support/software.js';

interface Size {
  rows: number;
  columns: number;
}

/** A program on a terminal, as a terminal emulator shows it. */
class Screen {
  readonly #terminal: Terminal;
  #changed: () => void = () => undefined;

  constructor(
    readonly execution: Execution,
    { rows, columns }: Size,
  ) {
    this.#terminal = new Terminal({ rows, cols: columns, allowProposedApi: true });
    // Programs ask the terminal what it is.
    this.#terminal.onData((answer) => execution.stdin.write(answer));
    execution.stdout.on('data', (chunk: Buffer) => {
      this.#terminal.write(chunk, () => {
        this.#changed();
      });
    });
  }

  /** All rows, without what is blank at their ends. */
  get rows(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
  }

  /** Where the cursor is, counted from 0. */
  get cursor(): { row: number; column: number } {
    const { cursorY, cursorX } = this.#terminal.buffer.active;
    return { row: cursorY, column: cursorX };
  }

  type(keys: string): void {
    this.execution.stdin.write(keys);
  }

  async resize({ rows, columns }: Size): Promise<void> {
    this.#terminal.resize(columns, rows);
    await this.execution.resize({ rows, columns });
  }

  /** Resolves when the screen is as wanted; fails with what it shows in place of that. */
  async shows(isWanted: (rows: string[]) => boolean): Promise<string[]> {
    const deadline = Date.now() + 30_000;
    while (!isWanted(this.rows)) {
      if (Date.now() > deadline) throw new Error(`the screen shows\n${this.rows.join('\n')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.rows;
  }
}

const same = (wanted: readonly string[]) => (rows: string[]) => rows.join('\n') === wanted.join('\n');
const numbers = (first: number, last: number): string[] => Array.from({ length: last - first + 1 }, (_, n) => `line ${String(first + n)}`);

describe('programs that fill a terminal', () => {
  const one = useBox(software);

  beforeAll(() => sh(one.box, "seq -f 'line %.0f' 200 >/root/text"));

  const open = async (command: string, args: string[], size: Size = { rows: 24, columns: 80 }): Promise<Screen> => {
    const execution = await one.box.exec(command, args, {
      tty: size,
      stdin: 'pipe',
      env: { TERM: 'xterm-256color', LESSHISTFILE: '-' },
    });
    return new Screen(execution, size);
  };

  /** The same program with the same keys in tmux, a terminal emulator of its own, in the Box: what that shows. */
  const inTmux = async (command: string, { rows, columns }: Size, until: string, keys: readonly string[] = []): Promise<string[]> => {
    const tmux = (...args: string[]): Promise<string> =>
      one.box.run('tmux', ['-L', 'compare', ...args], { check: true }).then(({ stdout }) => stdout);
    const capture = async (): Promise<string[]> => (await tmux('capture-pane', '-p', '-t', 'it')).split('\n').slice(0, rows);
    await tmux('new-session', '-d', '-s', 'it', '-x', String(columns), '-y', String(rows), command, ';', 'set', '-g', 'status', 'off');
    try {
      await tmux('resize-window', '-t', 'it', '-x', String(columns), '-y', String(rows));
      await eventually('the program to draw', async () => (await capture()).some((row) => row !== '') || undefined);
      for (const key of keys) await tmux('send-keys', '-t', 'it', ...key.split(' '));
      return await eventually(`tmux to show ${until}`, async () => {
        const shown = await capture();
        return shown.some((row) => row.includes(until)) ? shown : undefined;
      });
    } finally {
      await tmux('kill-server');
    }
  };

  it('less: pages, searches, is resized, and leaves the screen as it was', async () => {
    const screen = await open('sh', ['-c', 'echo before; less text; echo after; read line'], { rows: 10, columns: 40 });
    const first = [...numbers(1, 9), 'text'];
    await screen.shows(same(first));
    expect(await inTmux('less text', { rows: 10, columns: 40 }, 'text')).toEqual(first);
    screen.type(' ');
    await screen.shows(same([...numbers(10, 18), ':']));
    screen.type('/line 100\r');
    await screen.shows(same([...numbers(100, 108), ':']));
    await screen.resize({ rows: 6, columns: 20 });
    // It may learn of the new size just before it waits for a key, and then draws at the next.
    screen.type('r');
    await screen.shows(same([...numbers(100, 104), ':']));
    screen.type('G');
    await screen.shows(same([...numbers(196, 200), '(END)']));
    await screen.resize({ rows: 12, columns: 60 });
    screen.type('r');
    await screen.shows(same([...numbers(196, 200), ...Array<string>(6).fill('~'), '(END)']));
    screen.type('q');
    const left = await screen.shows((rows) => rows.includes('after'));
    expect(left.filter((row) => row !== '')).toEqual(['before', 'after']);
    screen.type('\r');
    expect(await screen.execution.wait()).toMatchObject({ exitCode: 0 });
  });

  it('vim: inserts, is resized, undoes, and writes', async () => {
    const size = { rows: 12, columns: 50 };
    const screen = await open('vi', ['-u', 'NONE', '-n', '/root/notes'], size);
    await screen.shows(
      (rows) => rows[0] === '' && rows.filter((row) => row === '~').length === 10 && rows.at(-1)?.includes('[New File]') === true,
    );
    screen.type('ifirst line\rsecond: grüße 世界\x1b');
    const written = await screen.shows((rows) => rows[1]?.endsWith('世界') === true && !rows.join().includes('INSERT'));
    expect(written.slice(0, 3)).toEqual(['first line', 'second: grüße 世界', '~']);
    expect(screen.cursor).toEqual({ row: 1, column: 16 });
    await screen.resize({ rows: 8, columns: 60 });
    await screen.shows((rows) => rows.filter((row) => row === '~').length === 5 && rows[0] === 'first line');
    screen.type('dd');
    await screen.shows((rows) => rows[1] === '~');
    screen.type('u');
    await screen.shows((rows) => rows[1] === 'second: grüße 世界');
    screen.type(':wq\r');
    expect(await screen.execution.wait()).toMatchObject({ exitCode: 0 });
    expect(await sh(one.box, 'cat /root/notes')).toBe('first line\nsecond: grüße 世界');
    const again = await open('vi', ['-u', 'NONE', '-n', '/root/notes'], size);
    const opened = await again.shows(
      (rows) => rows[1]?.endsWith('世界') === true && rows[2] === '~' && rows.at(-1)?.includes('notes') === true,
    );
    expect(await inTmux('vi -u NONE -n /root/notes', size, 'notes')).toEqual(opened);
    again.type(':q\r');
    expect(await again.execution.wait()).toMatchObject({ exitCode: 0 });
  });

  it('htop: draws, is resized, and ends', async () => {
    const sleeper = await one.box.exec('sleep', ['54321']);
    const screen = await open('htop', ['--no-color', '--delay=5'], { rows: 24, columns: 100 });
    const isDrawn = (rows: string[]): boolean =>
      rows.some((row) => /^ *PID USER/.test(row)) &&
      rows.some((row) => row.includes('sleep 54321')) &&
      rows.at(-1)?.startsWith('F1Help') === true;
    const rows = await screen.shows(isDrawn);
    expect(rows.find((row) => row.includes('sleep 54321'))).toMatch(new RegExp(`^ *${String(sleeper.pid)} root `));
    await screen.resize({ rows: 16, columns: 120 });
    // The bar of keys is the last row of either size.
    await screen.shows(isDrawn);
    screen.type('\x1b[21~');
    expect(await screen.execution.wait()).toMatchObject({ exitCode: 0 });
    await sleeper.kill();
  });
});
