import { plainText } from '@boxlite/shared';
import { type Controller, CONTROLLERS } from '../cgroup/hierarchies.js';
import { isCgroupPath } from '../cgroup/vm-cgroup.js';

/** The namespaces that a VM's process may have for itself. */
const NAMESPACES = ['user', 'mount', 'pid', 'ipc', 'uts', 'cgroup', 'network'] as const;

/** Which layers hold a VM's process. */
export interface JailReport {
  /** Those that are its own. With a mount namespace goes a root directory that holds only the engine and the Box's own files. */
  namespaces: readonly (typeof NAMESPACES)[number][];
  /** The version of the kernel's Landlock; null when it is not in force. */
  landlock: number | null;
  /** Whether only the system calls of a list are allowed. */
  seccomp: boolean;
  /** The host's cgroups that limit it: in what, and which directories they are. */
  cgroup: { controllers: readonly Controller[]; paths: readonly string[] };
  /** Why a layer is not in force, where this host refused it. */
  refused: readonly string[];
}

const MAX_REFUSALS = 16;
const MAX_PATHS = 8;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What the shim or a file says of a jail; a layer that it does not name is not in force. */
export const parseJailReport = (value: unknown): JailReport => {
  const namespaces = field(value, 'namespaces');
  const landlock = field(value, 'landlock');
  const cgroup = field(value, 'cgroup');
  const refused = [...list(field(value, 'refused')), ...list(field(cgroup, 'refused'))];
  return {
    namespaces: NAMESPACES.filter((name) => list(namespaces).includes(name)),
    landlock: typeof landlock === 'number' && Number.isInteger(landlock) ? landlock : null,
    seccomp: field(value, 'seccomp') === true,
    cgroup: {
      controllers: CONTROLLERS.filter((name) => list(field(cgroup, 'controllers')).includes(name)),
      paths: list(field(cgroup, 'paths')).filter(isCgroupPath).slice(0, MAX_PATHS),
    },
    refused: refused.slice(0, MAX_REFUSALS).map((failure: unknown) => plainText(typeof failure === 'string' ? failure : describe(failure))),
  };
};

const describe = (failure: unknown): string =>
  `${String(field(failure, 'detail'))} (step '${String(field(failure, 'step'))}', errno ${String(field(failure, 'errno'))})`;
