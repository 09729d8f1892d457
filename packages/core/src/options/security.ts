import { BoxliteError } from '@boxlite/shared';
import { JAIL_LAYERS, type JailRequirement } from '@boxlite/shim';

/**
 * What of the jail around a VMM must be in force. `default`: what the host offers; what it refuses is warned of once. `strict`: all layers that
 * keep a VMM from what is not its own. Or layers by their names, as `system()` has them; `strict` may be among these.
 */
export type SecurityOption = 'default' | 'strict' | readonly JailRequirement[];

const REQUIREMENTS: readonly string[] = ['strict', ...JAIL_LAYERS];

/**
 * The requirements that an option means.
 * @throws BoxliteError `InvalidArgument` naming what can be required.
 */
export const checkSecurity = (option: SecurityOption | undefined, name = 'security'): JailRequirement[] => {
  if (option === undefined || option === 'default') return [];
  const required: unknown = option === 'strict' ? [option] : option;
  if (Array.isArray(required) && required.every((each) => REQUIREMENTS.includes(each as string)))
    return [...new Set(required as JailRequirement[])];
  const message = `${name} is ${JSON.stringify(option)}; it must be 'default', 'strict', or a list of ${REQUIREMENTS.join(', ')}`;
  throw new BoxliteError('InvalidArgument', message);
};
