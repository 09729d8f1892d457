/** Names in C: `boxlite_`, and then the name of the API in small letters. */

export const snake = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, (_, before: string, capital: string) => `${before}_${capital}`).toLowerCase();

/** A type, by its name in the API. */
export const typeName = (name: string): string =>
  `boxlite_${snake(
    name
      .replace(/^LiteBox/, 'Box')
      .replace(/^BoxliteRuntime/, 'Runtime')
      .replace(/^Boxlite/, ''),
  )}`;

export const errorName = (code: string): string => `BOXLITE_ERROR_${snake(code).toUpperCase()}`;

/** What one of several is called. */
export const singular = (name: string): string => name.replace(/ies$/, 'y').replace(/([^s])s$/, '$1');
