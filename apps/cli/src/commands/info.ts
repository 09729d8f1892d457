import type { BoxInfo, SystemInfo } from '@boxlite/core';
import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { print, printJson } from '../output/print.js';
import { fields } from '../output/table.js';
import { size } from '../output/units.js';
import { withRuntime } from '../runtime/with-runtime.js';

interface Contents {
  boxes: { total: number; running: number; paused: number };
  images: { total: number; bytes: number };
}

const ISOLATION: Record<'hardware' | 'emulated', string> = {
  hardware: 'hardware (the processor separates the guest from the host)',
  emulated: 'emulated (an emulator and the jail around it separate the guest from the host)',
};

const withStatus = (boxes: readonly BoxInfo[], wanted: BoxInfo['status']): number => boxes.filter(({ status }) => status === wanted).length;

const text = ({
  version,
  home,
  host,
  engine,
  accelerator,
  acceleratorReason,
  isolation,
  guest,
  templates,
  jail,
  boxes,
  images,
}: SystemInfo & Contents): string =>
  fields([
    ['Version', version],
    ['Home', home],
    ['Boxes', `${String(boxes.total)}, ${String(boxes.running)} running${boxes.paused === 0 ? '' : `, ${String(boxes.paused)} paused`}`],
    ['Images', `${String(images.total)}, ${size(images.bytes)}`],
    ['Templates', `${String(templates.count)}, ${size(templates.bytes)}`],
    ['Host', `${host.platform} ${host.arch}, Node.js ${host.node}`],
    ['Engine', `${engine.name} ${engine.version} (${engine.kind === 'bundle' ? 'bundled' : 'of the system'}), ${engine.path}`],
    ['Accelerator', accelerator ?? 'none'],
    ['Because', acceleratorReason],
    ['Isolation', isolation === null ? 'none: no Box can be started' : ISOLATION[isolation]],
    ['Guest', `Linux ${guest.kernelRelease}, agent ${guest.version}`],
    ['Jail', jail.layers.join(', ')],
    ...jail.missing.map(({ layers, advice }): [string, string] => ['Missing', `${layers.join(', ')}: ${advice}`]),
    ...(jail.refused.length === 0 ? [] : [['Refused', jail.refused.join('; ')] as [string, string]]),
  ]);

/** `boxlite info`: what BoxLite stands on here. */
export const infoCommand = (cli: Cli): Command =>
  new Command('info')
    .summary('show what BoxLite stands on here')
    .description('Show the versions, the engine, the accelerator and why it was chosen, and what isolates a Box on this machine.')
    .option('--json', 'print a JSON object')
    .action(({ json = false }: { json?: boolean }, command: Command) =>
      withRuntime(cli, command, async ({ runtime }) => {
        const [system, boxes, images] = await Promise.all([runtime.system(), runtime.list(), runtime.images.list()]);
        const info = {
          ...system,
          boxes: { total: boxes.length, running: withStatus(boxes, 'running'), paused: withStatus(boxes, 'paused') },
          images: { total: images.length, bytes: images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) },
        };
        await (json ? printJson(cli.stdout, info) : print(cli.stdout, text(info)));
      }),
    );
