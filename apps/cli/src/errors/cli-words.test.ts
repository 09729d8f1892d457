import { inCliWords } from './cli-words.js';

describe('inCliWords', () => {
  it.each([
    ['cpus is 0; it must be', '--cpus is 0; it must be'],
    ['count is 0; it must be', '--count is 0; it must be'],
    ['memoryMib is 1; it must be', '--memory (in MiB) is 1; it must be'],
    ['diskSizeMib is 1; it must be', '--disk (in MiB) is 1; it must be'],
    ["workingDir is 'x'; give", "--workdir is 'x'; give"],
    ['user is "a b"; it must be', '--user is "a b"; it must be'],
    ['hostname is "-"; a host name', '--hostname is "-"; a host name'],
    ["capabilities.add: 'X' is not", "--cap-add: 'X' is not"],
    ["labels: '' must have", "--label: '' must have"],
    ['env.A is B takes 200000 bytes', '--env A is B takes 200000 bytes'],
  ])('names the flag at the beginning: %s', (message, expected) => {
    expect(inCliWords(message)).toBe(expected);
  });

  it.each([
    [
      "there is no Box 'x'; list() and 'boxlite ps --all' show those that exist",
      "there is no Box 'x'; 'boxlite ps --all' shows those that exist",
    ],
    [
      "there is no snapshot 'x'; list() and 'boxlite snapshot ls' show those that exist",
      "there is no snapshot 'x'; 'boxlite snapshot ls' shows those that exist",
    ],
    [
      'Box ab is paused, and must be running for this; resume it first',
      "Box ab is paused, and must be running for this; 'boxlite unpause' lets it go on",
    ],
    ['Box ab is running; stop it first, or remove it with force', 'Box ab is running; stop it first, or remove it with --force'],
    ['its disk can still be used: restore it with { memory: false }', 'its disk can still be used: restore it with --disk-only'],
    [
      "network mode 'full' is not supported by this version of BoxLite; use { mode: 'none' }",
      "network mode 'full' is not supported by this version of BoxLite; use --network none",
    ],
  ])('advises a command or flag at the end: %s', (message, expected) => {
    expect(inCliWords(message)).toBe(expected);
  });

  it.each([
    'a Box has cpus is 0; it must be',
    'cpusMax is 0; it must be',
    'username is 0',
    'user nobody is unknown',
    'constructor is 1',
    "'; use { mode: 'none' } ' is no name",
  ])('leaves the rest alone: %s', (message) => {
    expect(inCliWords(message)).toBe(message);
  });
});
