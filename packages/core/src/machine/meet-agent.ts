import type { Socket } from 'node:net';
import { AgentSession, type ConnectOptions, probeAgent, type PortalProbe, type ProbeOptions } from '@boxlite/agent';
import type { Vm } from '@boxlite/shim';
import { requireOwnPeer } from '@boxlite/vmm';

/** The VM's sockets are made by this user's shim; what another user has put in their place is not spoken to. */
const checkPeer = (socket: Socket): void => {
  requireOwnPeer(socket, "the socket of a Box's agent");
};

/** Begins a session with a VM's agent; as `AgentSession.connect`. */
export const meetAgent = (vm: Vm, options: Omit<ConnectOptions, 'checkPeer'>): Promise<AgentSession> =>
  AgentSession.connect(vm.portalSocket, { ...options, checkPeer });

/** Waits for a VM's agent and begins no session; as `probeAgent`. */
export const awaitAgent = (vm: Vm, options: Omit<ProbeOptions, 'checkPeer'>): Promise<PortalProbe> =>
  probeAgent(vm.portalSocket, { ...options, checkPeer });
