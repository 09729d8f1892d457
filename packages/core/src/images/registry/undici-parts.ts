/** What is used of undici. Whoever imports this loads it, so that is done with the first request. */
export { Agent, ProxyAgent, request } from 'undici';
