import type { ProgressEvent } from '@boxlite/core';
import { LineView } from './line-view.js';
import { taskListLines } from './task-lines.js';
import { TaskList } from './task-list.js';
import { TerminalView } from './terminal-view.js';

const DIGEST = `sha256:${'a1b2c3d4e5f6'.padEnd(64, '0')}`;
const pull = (event: Partial<ProgressEvent>): ProgressEvent => ({ operation: 'pull', subject: 'debian:12', status: 'running', ...event });

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('taskListLines', () => {
  it('has a line for a task and for each layer that moves', () => {
    const tasks = new TaskList();
    tasks.apply(pull({ status: 'started', total: 20_000_000 }), 0);
    tasks.apply(pull({ part: DIGEST, current: 4_000_000, total: 8_000_000 }), 0);
    tasks.apply(pull({ part: 'sha256:ffff', status: 'done', current: 6_000_000, total: 6_000_000 }), 0);
    tasks.apply({ operation: 'start', subject: 'abc', status: 'running', part: 'boot' }, 0);
    expect(taskListLines(tasks.current, 1_500, { columns: 100, rows: 24 })).toEqual([
      '| Pulling debian:12  [############............]  50% 10MB/20MB',
      '    a1b2c3d4e5f6 [############............]  50% 4MB/8MB',
      '| Starting Box abc  boot 1.5 s',
    ]);
    tasks.apply(pull({ status: 'done' }), 0);
    tasks.apply({ operation: 'start', subject: 'abc', status: 'failed' }, 0);
    expect(tasks.current).toEqual([]);
  });

  it('has one line for parts that come one after another', () => {
    const tasks = new TaskList();
    const told = (event: Partial<ProgressEvent>): string[] => {
      tasks.apply({ operation: 'export', subject: 'abc', status: 'running', ...event }, 0);
      return taskListLines(tasks.current, 0, { columns: 100, rows: 24 });
    };
    told({ status: 'started' });
    expect(told({ part: 'rootfs', current: 1_000_000, total: 4_000_000 })).toEqual([
      '| Exporting Box abc  rootfs [######..................]  25% 1MB/4MB',
    ]);
    told({ part: 'rootfs', status: 'done', current: 4_000_000, total: 4_000_000 });
    expect(told({ part: 'disk', current: 0, total: 2_000_000 })).toEqual([
      '| Exporting Box abc  disk [........................]   0% 0B/2MB',
    ]);
  });

  it('never fills more than the terminal', () => {
    const tasks = new TaskList();
    for (let i = 0; i < 50; i += 1) tasks.apply(pull({ part: `sha256:${String(i)}`, current: 0, total: 1 }), 0);
    const lines = taskListLines(tasks.current, 0, { columns: 20, rows: 10 });
    expect(lines).toHaveLength(8);
    expect(lines.at(-1)).toBe('    and 44 more');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(20);
  });

  it('shows amounts without a total, and totals that are passed', () => {
    const tasks = new TaskList();
    tasks.apply({ operation: 'prepare', subject: 'x', status: 'running', current: 5_000_000 }, 0);
    expect(taskListLines(tasks.current, 0, { columns: 80, rows: 24 })).toEqual(['| Preparing x  5MB']);
    tasks.apply({ operation: 'prepare', subject: 'x', status: 'running', current: 5_000_000, total: 4_000_000 }, 0);
    expect(taskListLines(tasks.current, 0, { columns: 80, rows: 24 })[0]).toContain('100%');
  });
});

describe('TerminalView', () => {
  const setUp = () => {
    const written: string[] = [];
    return { written, view: new TerminalView({ columns: 80, rows: 24, write: (text) => written.push(text) }) };
  };

  it('shows nothing of what is quick', () => {
    const { written, view } = setUp();
    view.show({ operation: 'start', subject: 'abc', status: 'started' });
    jest.advanceTimersByTime(250);
    view.show({ operation: 'start', subject: 'abc', status: 'done' });
    jest.advanceTimersByTime(5_000);
    view[Symbol.dispose]();
    expect(written).toEqual([]);
  });

  it('draws over what it drew, and leaves nothing', () => {
    const { written, view } = setUp();
    view.show(pull({ status: 'started' }));
    view.show(pull({ part: DIGEST, current: 1, total: 2 }));
    jest.advanceTimersByTime(500);
    expect(written.length).toBeGreaterThan(1);
    expect(written[0]).toContain('Pulling debian:12');
    expect(written[1]).toMatch(/^\u001b\[2A\r\u001b\[J/);
    view[Symbol.dispose]();
    expect(written.at(-1)).toBe('\u001b[2A\r\u001b[J');
    const { length } = written;
    view.show(pull({ part: DIGEST, current: 2, total: 2 }));
    jest.advanceTimersByTime(1_000);
    expect(written).toHaveLength(length);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('erases what is done while other things go on quietly', () => {
    const { written, view } = setUp();
    view.show(pull({ status: 'started' }));
    jest.advanceTimersByTime(400);
    view.show(pull({ status: 'done' }));
    jest.advanceTimersByTime(300);
    expect(written.at(-1)).toBe('\u001b[1A\r\u001b[J');
    view[Symbol.dispose]();
  });
});

describe('LineView', () => {
  const setUp = () => {
    const written: string[] = [];
    return { written, view: new LineView((text) => written.push(text)) };
  };

  it('prints a line when something takes time, and one when it is done', () => {
    const { written, view } = setUp();
    view.show(pull({ status: 'started' }));
    jest.advanceTimersByTime(1_000);
    view.show(pull({ part: DIGEST, current: 30_000_000, total: 30_000_000 }));
    jest.advanceTimersByTime(2_000);
    view.show(pull({ status: 'done' }));
    expect(written).toEqual(['boxlite: pulling debian:12\n', 'boxlite: pulled debian:12, 30MB in 3 s\n']);
  });

  it('counts all parts', () => {
    const { written, view } = setUp();
    const told = (event: Partial<ProgressEvent>): void =>
      view.show({ operation: 'import', subject: '/web.boxlite', status: 'running', ...event });
    told({ status: 'started' });
    jest.advanceTimersByTime(1_000);
    for (const part of ['rootfs', 'disk']) told({ part, status: 'done', current: 2_000_000, total: 2_000_000 });
    told({ status: 'done' });
    expect(written).toEqual(['boxlite: importing /web.boxlite\n', 'boxlite: imported /web.boxlite, 4MB in 1 s\n']);
  });

  it('prints nothing of what is quick, of starts, and of what fails', () => {
    const { written, view } = setUp();
    view.show(pull({ status: 'started' }));
    view.show(pull({ status: 'done' }));
    view.show({ operation: 'start', subject: 'abc', status: 'started' });
    jest.advanceTimersByTime(1_000);
    expect(written).toEqual([]);
    view.show({ operation: 'prepare', subject: 'x\u001b[2J', status: 'started' });
    jest.advanceTimersByTime(1_000);
    view.show({ operation: 'prepare', subject: 'x\u001b[2J', status: 'failed' });
    expect(written).toEqual(['boxlite: preparing x?[2J\n']);
    view[Symbol.dispose]();
    expect(jest.getTimerCount()).toBe(0);
  });
});
