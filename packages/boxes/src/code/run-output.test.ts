import { RunOutput } from './run-output.js';

describe('the output of a run', () => {
  it('is told as it comes, and whole at the end', () => {
    const told: string[] = [];
    const output = new RunOutput({ onStdout: (text) => told.push(text) });
    const [begin, end] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)];
    output.print('stdout', begin);
    output.print('stderr', Buffer.from('err'));
    output.print('stdout', end);
    output.show({ 'image/png': Buffer.from('png') });
    output.show({ 'text/plain': Buffer.from('text') });
    expect(told).toEqual(['ä']);
    expect(output.end()).toMatchObject({ stdout: 'ä', stderr: 'err', pngs: [Buffer.from('png')], truncated: false });
  });

  it('is kept up to a bound, and told beyond it', () => {
    const told: string[] = [];
    const output = new RunOutput({ maxOutput: 5, onStdout: (text) => told.push(text) });
    output.print('stdout', Buffer.from('1234'));
    output.show({ 'text/plain': Buffer.from('12') });
    output.print('stdout', Buffer.from('5678'));
    expect(output.end()).toMatchObject({ stdout: '12345', displays: [], truncated: true });
    expect(told).toEqual(['1234', '5678']);
  });
});
