import { type Command, commands, type User } from '../command.js';

const NOBODY: User = { name: 'nobody', uid: 65_534, gid: 65_534, groups: [] };
const DAEMON: User = { name: 'daemon', uid: 1, gid: 1, groups: [] };
const UNKNOWN: User = { name: '4242:4343', uid: 4242, gid: 4343, groups: [] };
const MAIL: User = { name: 'nobody:mail', uid: 65_534, gid: 8, groups: [] };

const asUser = (user: User): Command[] =>
  commands(
    {
      [`identity of ${user.name}`]: 'id; id -G',
      [`home of ${user.name}`]: 'echo "$HOME"; pwd',
      [`capabilities of ${user.name}`]: 'grep ^Cap /proc/self/status; grep NoNewPrivs /proc/self/status',
      [`rights of ${user.name}`]:
        'cat /etc/shadow; touch /etc/x; echo $?; echo hi >/tmp/of-user && stat -c "%u %g %a" /tmp/of-user; rm -f /tmp/of-user',
    },
    { user, workingDir: '/' },
  );

/** Whom processes run as. */
export const users = [
  ...commands({
    'identity of root': 'id; id -G',
    'numbers of root': 'grep -E "^(Uid|Gid|Groups)" /proc/self/status',
    'user namespace map': 'cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups',
    'login name': 'whoami; logname; cat /proc/self/loginuid; cat /proc/self/sessionid',
    'change of user': 'setpriv --reuid=1000 --regid=1000 --clear-groups id',
    su: 'su nobody -s /bin/sh -c id',
    'set-user-id programs':
      'stat -c %A /usr/bin/passwd; cp /usr/bin/id /tmp/suid-id; chmod 4755 /tmp/suid-id; setpriv --reuid=1000 --clear-groups /tmp/suid-id -u; rm /tmp/suid-id',
  }),
  ...[NOBODY, DAEMON, UNKNOWN, MAIL].flatMap(asUser),
];
