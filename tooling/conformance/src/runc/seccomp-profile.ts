import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@boxlite/testbed';

/** Debian's package with the default profile of podman and buildah. Only its file is wanted, so it is not installed. */
const PACKAGE = 'golang-github-containers-common';
const PROFILE = 'usr/share/containers/seccomp.json';

/** A rule of containers/common's seccomp.json: one of the runtime specification, with conditions. */
interface Rule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: { index: number; value: number; valueTwo?: number; op: string }[] | null;
  includes?: { arches?: string[]; caps?: string[] };
  excludes?: { arches?: string[]; caps?: string[] };
}

interface Profile {
  defaultAction: string;
  defaultErrnoRet: number;
  syscalls: Rule[];
}

const ARCHITECTURE = 'amd64';

const applies = ({ includes = {}, excludes = {} }: Rule, capabilities: readonly string[]): boolean => {
  const has = (name: string): boolean => capabilities.includes(name);
  if (includes.arches !== undefined && !includes.arches.includes(ARCHITECTURE)) return false;
  if (excludes.arches?.includes(ARCHITECTURE) === true) return false;
  return (includes.caps ?? []).every(has) && !(excludes.caps ?? []).some(has);
};

const download = async (): Promise<Profile> => {
  const work = await mkdtemp(join(tmpdir(), 'boxlite-seccomp-'));
  try {
    await run('sh', ['-c', 'cd "$1" && apt-get download -q "$2"', 'download', work, PACKAGE]);
    const [archive] = (await readdir(work)).filter((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get brought no ${PACKAGE}`);
    await run('dpkg-deb', ['-x', join(work, archive), work]);
    return JSON.parse(await readFile(join(work, PROFILE), 'utf8')) as Profile;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

let profile: Promise<Profile> | undefined;

/** The `linux.seccomp` of a container with these capabilities, as podman makes it. */
export const seccomp = async (capabilities: readonly string[]): Promise<object> => {
  profile ??= download();
  const { defaultAction, defaultErrnoRet, syscalls } = await profile;
  return {
    defaultAction,
    defaultErrnoRet,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: syscalls
      .filter((rule) => applies(rule, capabilities))
      .map(({ names, action, errnoRet, args }) => ({ names, action, ...(errnoRet === undefined ? {} : { errnoRet }), args: args ?? [] })),
  };
};
