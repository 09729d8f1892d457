import { CONTROLLERS } from '../cgroup/hierarchies.js';
import type { JailReport } from './jail-report.js';

/** Layers that boxlite-shim and QEMU put in force at each start, whatever the host. */
const ALWAYS = [
  'closed-descriptors',
  'clean-environment',
  'rlimits',
  'no-new-privileges',
  'no-capabilities',
  'own-session',
  'qemu-seccomp',
] as const;

const NAMESPACES = ['user', 'mount', 'pid', 'ipc', 'uts', 'cgroup', 'network'] as const;

/** A layer that a host may refuse. */
export type JailLayer = `${(typeof NAMESPACES)[number]}-namespace` | 'landlock' | 'seccomp' | `cgroup-${(typeof CONTROLLERS)[number]}`;

interface Layer {
  name: JailLayer;
  inForce: (report: JailReport) => boolean;
  /** What of a host's settings usually refuses it, and how to get it. */
  advice: string;
}

/** What keeps a VMM from what is not its own. */
const BORDERS: readonly Layer[] = [
  ...NAMESPACES.map((name): Layer => ({
    name: `${name}-namespace`,
    inForce: ({ namespaces }) => namespaces.includes(name),
    advice:
      'user namespaces are refused: by AppArmor on Ubuntu 24.04 and later (sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile ' +
      'for this program), by kernel.unprivileged_userns_clone=0, user.max_user_namespaces=0, or the seccomp profile of a container',
  })),
  {
    name: 'landlock',
    inForce: ({ landlock }) => landlock !== null,
    advice: "Landlock needs Linux 5.13 and its name in the kernel's list of security modules (boot parameter lsm=)",
  },
  { name: 'seccomp', inForce: ({ seccomp }) => seccomp, advice: 'the kernel has no seccomp filters' },
];

/** How much of the host a VMM may take. */
const LIMITS: readonly Layer[] = CONTROLLERS.map((name) => ({
  name: `cgroup-${name}`,
  inForce: ({ cgroup }) => cgroup.controllers.includes(name),
  advice:
    "the host's cgroups are not this program's to divide (start it by systemd-run --user --scope -p Delegate=yes, or with Delegate=yes in its " +
    'unit; with cgroups of version 1 run it as root); or a disk or volume of the Box is in memory (tmpfs), where no limit of memory can be set',
}));

const OFFERED = [...BORDERS, ...LIMITS];

/** The layers that can be required by their names. */
export const JAIL_LAYERS: readonly JailLayer[] = OFFERED.map(({ name }) => name);

/** Those of `strict`. Limits are not among them: they keep a host usable, not separate, and few hosts offer them to a plain user. */
export const STRICT_LAYERS: readonly JailLayer[] = BORDERS.map(({ name }) => name);

/** The names of all layers in force. */
export const layersInForce = (report: JailReport): string[] => [
  ...ALWAYS,
  ...OFFERED.filter(({ inForce }) => inForce(report)).map(({ name }) => name),
];

/** The layers that are not in force. */
export const missingLayers = (report: JailReport): readonly Layer[] => OFFERED.filter(({ inForce }) => !inForce(report));

/** Layers that are not in force, with the usual reason and how to get them; those with one reason together. */
export const jailGaps = (report: JailReport): { layers: JailLayer[]; advice: string }[] => {
  const gaps = new Map<string, JailLayer[]>();
  for (const { name, advice } of missingLayers(report)) gaps.set(advice, [...(gaps.get(advice) ?? []), name]);
  return [...gaps].map(([advice, layers]) => ({ layers, advice }));
};

/** Why layers are missing, and how to get them. */
export const adviceOn = (missing: readonly Layer[], { refused }: JailReport): string => {
  const advice = [...new Set(missing.map((layer) => layer.advice))].join('; ');
  const said = refused.length === 0 ? '' : ` The host said: ${refused.join('; ')}.`;
  return `Likely reasons: ${advice}.${said}`;
};
