import { BoxliteError } from '@boxlite/shared';

/**
 * That there is a jail for a VM's process here.
 * @throws BoxliteError `Unsupported`, reason `platform`.
 */
export const checkHost = (platform: NodeJS.Platform = process.platform): void => {
  if (platform === 'linux') return;
  const message = `Boxes run on Linux only, as there is no jail for their VMs elsewhere; this is ${platform}. Use a Linux machine, or a VM with Linux`;
  throw new BoxliteError('Unsupported', message, { reason: 'platform' });
};
