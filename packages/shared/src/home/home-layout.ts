import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { BoxliteError } from '../errors/boxlite-error.js';

/** @throws BoxliteError `Config` for a user who has none: HOME is not set, and the host does not know the user. */
const ofUser = (find: () => string): string => {
  try {
    return join(find(), '.boxlite');
  } catch (error) {
    throw new BoxliteError('Config', 'this user has no home directory; set HOME, or BOXLITE_HOME to where the home of BoxLite is to be', {
      cause: error,
    });
  }
};

/** Where everything of a runtime lies on disk. Pure paths: nothing here touches the disk. */
export class HomeLayout {
  /** Absolute path of the home directory. */
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  /**
   * The given directory, or `BOXLITE_HOME`, or `~/.boxlite`.
   * @param userHome finds `~`; it throws where there is none.
   * @throws BoxliteError `Config` where there is none of these.
   */
  static resolve(home?: string, userHome = homedir): HomeLayout {
    return new HomeLayout(home ?? (process.env['BOXLITE_HOME'] || ofUser(userHome)));
  }

  get lock(): string {
    return join(this.root, 'boxlite.lock');
  }

  get log(): string {
    return join(this.root, 'logs', 'boxlite.log');
  }

  /** What has happened, a JSON object a line; what came before that is in `events.jsonl.1`. */
  get eventLog(): string {
    return join(this.root, 'logs', 'events.jsonl');
  }

  get boxes(): string {
    return join(this.root, 'boxes');
  }

  box(id: string): BoxLayout {
    return new BoxLayout(join(this.boxes, id));
  }

  /** The layers of all writable disks: `<id>.raw` and `<id>.qcow2`. Boxes, snapshots and templates name those that they are made of. */
  get disks(): string {
    return join(this.root, 'disks');
  }

  /** Named volumes, a directory each. */
  get volumes(): string {
    return join(this.root, 'volumes');
  }

  /** Saved VMs, a directory each, that Boxes are started from. */
  get templates(): string {
    return join(this.root, 'templates');
  }

  /** VMs that run ahead of their Box, a directory each. Nothing here outlives its runtime. */
  get standby(): string {
    return join(this.root, 'standby');
  }

  get images(): ImagesLayout {
    return new ImagesLayout(join(this.root, 'images'));
  }
}

/** The directory of one Box. */
export class BoxLayout {
  constructor(readonly root: string) {}

  /** What the Box was created with; written once. */
  get config(): string {
    return join(this.root, 'config.json');
  }

  /** What the Box is now; replaced as a whole at each change. */
  get state(): string {
    return join(this.root, 'state.json');
  }

  /** The memory that the VM was started from, as another name of the same file: it stays when the template is removed or made anew. */
  get memory(): string {
    return join(this.root, 'memory');
  }

  /** What the VM was at other times, a directory each. */
  get snapshots(): string {
    return join(this.root, 'snapshots');
  }

  /** What the main process printed since its last start: a JSON object a line. */
  get mainLog(): string {
    return join(this.root, 'main.log');
  }

  /** What the VM printed on its console since its last start. */
  get console(): string {
    return join(this.root, 'console.log');
  }
}

/** An OCI image layout (image-spec, image-layout.md) and the root file system images made from it. */
export class ImagesLayout {
  constructor(readonly root: string) {}

  get index(): string {
    return join(this.root, 'index.json');
  }

  get blobs(): string {
    return join(this.root, 'blobs', 'sha256');
  }

  /** Root file system images, `<hex of the manifest's digest>.erofs`. */
  get rootfs(): string {
    return join(this.root, 'rootfs');
  }

  /** What is being downloaded or built; nothing here is ever read as whole. */
  get temporary(): string {
    return join(this.root, 'tmp');
  }
}
