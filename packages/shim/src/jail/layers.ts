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
export type JailLayer = `${(typeof NAMESPACES)[number]}-namespace` | 'landlock' | 'seccomp';

interface Layer {
  name: JailLayer;
  inForce: (report: JailReport) => boolean;
  /** What of a host's settings usually refuses it, and how to get it. */
  advice: string;
}

const OFFERED: readonly Layer[] = [
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

/** The layers that can be required by their names. */
export const JAIL_LAYERS: readonly JailLayer[] = OFFERED.map(({ name }) => name);

/** What keeps a VMM from files, processes and networks that are not its own, and from calls that it does not need. */
export const STRICT_LAYERS: readonly JailLayer[] = JAIL_LAYERS;

/** The names of all layers in force. */
export const layersInForce = (report: JailReport): string[] => [
  ...ALWAYS,
  ...OFFERED.filter(({ inForce }) => inForce(report)).map(({ name }) => name),
];

/** The layers that are not in force. */
export const missingLayers = (report: JailReport): readonly Layer[] => OFFERED.filter(({ inForce }) => !inForce(report));

/** Why layers are missing, and how to get them. */
export const adviceOn = (missing: readonly Layer[], { refused }: JailReport): string => {
  const advice = [...new Set(missing.map((layer) => layer.advice))].join('; ');
  const said = refused.length === 0 ? '' : ` The host said: ${refused.join('; ')}.`;
  return `Likely reasons: ${advice}.${said}`;
};
