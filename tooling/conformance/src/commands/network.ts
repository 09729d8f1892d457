import { commands } from '../command.js';

const python = (program: string): string[] => ['python3', '-c', program];

/** The network of a container that has none but itself. */
export const network = commands({
  interfaces: 'ls /sys/class/net; cat /sys/class/net/lo/operstate /sys/class/net/lo/mtu /sys/class/net/lo/flags',
  addresses: python('import socket; print(socket.if_nameindex()); s = socket.socket(); s.bind(("127.0.0.1", 0)); print("bound")'),
  'addresses of version 6': 'cat /proc/net/if_inet6',
  routes: 'tail -n +2 /proc/net/route | wc -l',
  'talk to itself': python(
    'import socket; s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); c.send(b"x"); print(s.accept()[0].recv(1))',
  ),
  'talk to others': python('import socket\ntry:\n  socket.create_connection(("192.0.2.1", 80), 2)\nexcept OSError as e: print(e.strerror)'),
  'names of itself': 'getent hosts localhost; getent hosts conformance; getent hosts ip6-localnet',
  'names of others': 'getent hosts example.com; echo $?',
  ping: python('import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1); print("opened")'),
  'netlink sockets': python('import socket; s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); s.bind((0, 0)); print("bound")'),
  'configuration of interfaces': python(
    'import fcntl, socket, struct\ns = socket.socket()\ntry:\n  fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 0))\n  print("changed")\nexcept OSError as e: print(e.strerror)',
  ),
});
