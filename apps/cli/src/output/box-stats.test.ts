import { boxStats } from './box-stats.js';

const guest = {
  uptimeSeconds: 10,
  cpuSeconds: 3,
  memoryTotalBytes: 500,
  memoryAvailableBytes: 300,
  containerMemoryBytes: 100,
  containerMemoryLimitBytes: 400,
  processes: 4,
  diskTotalBytes: 1_000,
  diskUsedBytes: 10,
  executionsRunning: 1,
  oomKills: 0,
};
const use = { id: 'b0', name: null, guest, host: { memoryBytes: 700 } };

describe('boxStats', () => {
  it('tells the share of a processor between two looks', () => {
    expect(boxStats(use, { ...guest, uptimeSeconds: 8, cpuSeconds: 2 })).toEqual({
      id: 'b0',
      name: null,
      cpuPercent: 50,
      memoryBytes: 100,
      memoryLimitBytes: 400,
      memoryPercent: 25,
      hostMemoryBytes: 700,
      diskUsedBytes: 10,
      pids: 4,
    });
  });

  it('is nothing of a Box that was started again, or not looked at twice', () => {
    expect(boxStats(use, { ...guest, uptimeSeconds: 9, cpuSeconds: 8 }).cpuPercent).toBe(0);
    expect(boxStats(use, guest).cpuPercent).toBe(0);
  });
});
