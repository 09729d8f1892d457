import { platformPackage } from '@boxlite/shared';

/** The directory of the guest image. @throws BoxliteError `Unsupported` (`platform`) where there is none. */
export const guestDirectory = (): string => platformPackage('@boxlite/guest-x64', import.meta.url);
