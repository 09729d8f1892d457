import { PortalProbe, type ProbeOptions } from '@boxlite/shared';

/**
 * Finds out whether an agent waits behind the VM's portal socket, without beginning a session: it resolves when the agent has answered,
 * which it does once it has done all that can be done before a session. The VM's memory is worth saving then.
 *
 * Ends a session that another host has left behind without a word. The connection stays open until it is closed, and the portal serves
 * no other one meanwhile.
 *
 * @throws BoxliteError `Portal` when no agent is there.
 * @throws AbortError when the signal fires.
 */
export const probeAgent = (socketPath: string, options: ProbeOptions = {}): Promise<PortalProbe> => PortalProbe.open(socketPath, options);
