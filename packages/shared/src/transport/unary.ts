import { throwIfAborted } from './abort-error.js';
import type { Method } from './method.js';
import { type CallOptions, PortalCall } from './portal-call.js';
import type { PortalChannel } from './portal-channel.js';

/**
 * Makes a call with one request and one response.
 *
 * @param action - what is tried, as it reads behind 'Could not' in an error.
 * @throws BoxliteError what the agent answered, or `Portal` or `RpcTransport` when the call itself failed.
 * @throws AbortError when the signal fires.
 */
export const unary = async <Request, Response>(
  channel: PortalChannel,
  method: Method<Request, Response>,
  request: Request,
  action: string,
  options: CallOptions = {},
): Promise<Response> => {
  throwIfAborted(options.signal);
  return new Promise((resolve, reject) => {
    const call = singleResponse(channel, method, action, options, resolve, reject);
    call.send(request);
    call.end();
  });
};

/** Starts a call that gets one response, after requests that the caller sends. */
export const singleResponse = <Request, Response>(
  channel: PortalChannel,
  method: Method<Request, Response>,
  action: string,
  options: CallOptions,
  resolve: (response: Response) => void,
  reject: (error: Error) => void,
): PortalCall<Request, Response> => {
  let response: { message: Response } | undefined;
  const onMessage = (message: Response): void => {
    if (response) call.violated('two responses');
    response = { message };
    call.read();
  };
  const onEnd = (error: Error | undefined): void => {
    if (error) reject(error);
    else if (response) resolve(response.message);
    else reject(call.violation('no response'));
  };
  const call = new PortalCall(channel, method, action, { onMessage, onEnd }, options);
  call.read();
  return call;
};
