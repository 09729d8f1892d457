/** The version of `proto/boxlite/v1` that host and guest must share; raised when either side would misread the other. */
export const PROTOCOL_VERSION = 1;
