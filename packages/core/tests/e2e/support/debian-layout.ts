import { debianImage } from '@boxlite/testbed';

/** Prints the path of the Debian image's OCI layout, made when it is not in the cache yet. */
console.log((await debianImage()).layout);
