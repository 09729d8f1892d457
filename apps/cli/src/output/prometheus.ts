import type { BoxUse } from './box-use.js';

const METERS: readonly [name: string, type: 'gauge' | 'counter', help: string, value: (use: BoxUse) => number][] = [
  ['boxlite_box_uptime_seconds', 'gauge', 'Since the start of the guest.', ({ guest }) => guest.uptimeSeconds],
  ['boxlite_box_cpu_seconds_total', 'counter', 'Processor time of the guest.', ({ guest }) => guest.cpuSeconds],
  ['boxlite_box_memory_bytes', 'gauge', 'Memory of the processes in the Box.', ({ guest }) => guest.containerMemoryBytes],
  ['boxlite_box_memory_available_bytes', 'gauge', 'Memory that the guest has left.', ({ guest }) => guest.memoryAvailableBytes],
  ['boxlite_box_host_memory_bytes', 'gauge', "Proportional set size of the VMM's process on the host.", ({ host }) => host.memoryBytes],
  ['boxlite_box_disk_used_bytes', 'gauge', 'Used bytes of the writable disk.', ({ guest }) => guest.diskUsedBytes],
  ['boxlite_box_processes', 'gauge', 'Processes in the Box.', ({ guest }) => guest.processes],
];

const escape = (value: string): string => value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));

/** The uses of Boxes in Prometheus' text exposition format 0.0.4. */
export const prometheusText = (uses: readonly BoxUse[]): string =>
  METERS.map(([name, type, help, value]) => {
    const samples = uses.map((use) => `${name}{box="${use.id}",name="${escape(use.name ?? '')}"} ${String(value(use))}\n`);
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`;
  }).join('');
