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

/** What a host may refuse, and what of its settings usually does. */
const OFFERED: readonly { name: string; inForce: (report: JailReport) => boolean; advice: string }[] = [
  ...(['user', 'mount', 'pid', 'ipc', 'uts', 'cgroup', 'network'] as const).map((name) => ({
    name: `${name}-namespace`,
    inForce: ({ namespaces }: JailReport) => namespaces.includes(name),
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

/** The names of all layers in force. */
export const layersInForce = (report: JailReport): string[] => [
  ...ALWAYS,
  ...OFFERED.filter(({ inForce }) => inForce(report)).map(({ name }) => name),
];

/** The layers that are not in force, and how to get them; undefined when none is missing. */
export const missingLayers = (report: JailReport): { names: string[]; advice: string } | undefined => {
  const missing = OFFERED.filter(({ inForce }) => !inForce(report));
  if (missing.length === 0) return undefined;
  const advice = [...new Set(missing.map((layer) => layer.advice))].join('; ');
  const said = report.refused.length === 0 ? '' : ` The host said: ${report.refused.join('; ')}.`;
  return { names: missing.map(({ name }) => name), advice: `Likely reasons: ${advice}.${said}` };
};
