import type { LiteBox } from '@boxlite/core';
import { python, sh } from './boxes.js';

/** What a new process finds in a Box that no other Box may have. */
export type Identity = Record<string, string>;

/** Seeds, ids and addresses as programs get them; keys are generated from the same bytes that `os.urandom` gives. */
const PROGRAM = `
import ctypes, json, os, random, re, secrets, socket, tempfile, time, uuid
def read(path):
    with open(path) as file:
        return file.read().strip()
found = {
    'urandom': open('/dev/urandom', 'rb').read(16).hex(),
    'getrandom': os.getrandom(16).hex(),
    'random device': open('/dev/random', 'rb').read(16).hex(),
    "random's seed": repr(random.getrandbits(128)),
    'token': secrets.token_hex(16),
    'uuid of the kernel': read('/proc/sys/kernel/random/uuid'),
    'uuid of Python': str(uuid.uuid4()),
    'node of uuid1': str(uuid.uuid1()),
    'seed of hashes': str(hash('boxlite')),
    'temporary name': tempfile.mktemp(),
    'boot id': read('/proc/sys/kernel/random/boot_id'),
    'machine-id': read('/etc/machine-id'),
    'host name': socket.gethostname(),
}
libc = ctypes.CDLL(None)
libc.getauxval.restype = ctypes.c_void_p
libc.getauxval.argtypes = [ctypes.c_ulong]
found['AT_RANDOM, of which come stack canaries'] = ctypes.string_at(libc.getauxval(25), 16).hex()
maps = read('/proc/self/maps').splitlines()
# Debian's Python itself is at a fixed address.
for what, pattern in [('libc', r'libc\\.so|libc-'), ('stack', r'\\[stack\\]')]:
    found['address of the ' + what] = next(line for line in maps if re.search(pattern, line)).split('-')[0]
print(json.dumps([found, time.time()]))
`;

/** Reads the identity in a new process; the guest's clock has to be right within a second. */
export const identityOf = async (box: LiteBox): Promise<Identity> => {
  const before = Date.now() / 1_000;
  const [identity, clock] = JSON.parse(await python(box, PROGRAM)) as [Identity, number];
  const after = Date.now() / 1_000;
  if (clock < before - 1 || clock > after + 1) {
    throw new Error(`the guest's clock says ${String(clock)} between ${String(before)} and ${String(after)}`);
  }
  return identity;
};

/** The host key that an SSH server would make at its first start. */
export const sshHostKeyOf = (box: LiteBox): Promise<string> =>
  sh(box, 'ssh-keygen -q -t ed25519 -N "" -C "" -f /root/key && cat /root/key.pub');

/** What two or more have in common. */
export const sharedBy = (identities: readonly Identity[]): string[] =>
  Object.keys(identities[0] ?? {}).filter((what) => new Set(identities.map((identity) => identity[what])).size < identities.length);
