/** Whether a host name or address (with or without a port) is this machine itself: `localhost`, `127.0.0.0/8`, `[::1]`. */
export const isLoopback = (host: string): boolean => {
  const name = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : host.replace(/:[0-9]+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(name);
};
