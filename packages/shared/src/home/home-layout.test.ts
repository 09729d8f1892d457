import { homedir } from 'node:os';
import { BoxliteError } from '../errors/boxlite-error.js';
import { HomeLayout } from './home-layout.js';

describe('the home', () => {
  const { BOXLITE_HOME: before } = process.env;

  beforeEach(() => {
    delete process.env['BOXLITE_HOME'];
  });

  afterAll(() => {
    if (before === undefined) delete process.env['BOXLITE_HOME'];
    else process.env['BOXLITE_HOME'] = before;
  });

  const nowhere = (): string => {
    throw new Error('uv_os_homedir returned ENOENT');
  };

  it('is what is given, or the environment names, or in that of the user', () => {
    expect(HomeLayout.resolve().root).toBe(`${homedir()}/.boxlite`);
    process.env['BOXLITE_HOME'] = '/of/environment';
    expect(HomeLayout.resolve(undefined, nowhere).root).toBe('/of/environment');
    expect(HomeLayout.resolve('/given', nowhere).root).toBe('/given');
  });

  it('is asked for where the user has none', () => {
    const resolve = () => HomeLayout.resolve(undefined, nowhere);
    expect(resolve).toThrow(BoxliteError);
    expect(resolve).toThrow(
      expect.objectContaining({ code: 'Config', message: expect.stringMatching(/set HOME, or BOXLITE_HOME/) as string }),
    );
  });
});
