/** Names in the Box's directory that host and engine agree on. */
export const PORTAL_SOCKET = 'agent.sock';
export const CONTROL_SOCKET = 'qmp.sock';
export const CONSOLE_LOG = 'console.log';
export const ENGINE_LOG = 'engine.log';
