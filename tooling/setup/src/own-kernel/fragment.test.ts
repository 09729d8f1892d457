import { lostSettings, repeatedOptions } from './fragment.js';

describe('lostSettings', () => {
  const config = '#\n# Automatically generated\n#\nCONFIG_NET=y\nCONFIG_HZ=100\nCONFIG_NAME="a=b"\n# CONFIG_SWAP is not set\n';

  test('finds nothing where every line is as it was asked for', () => {
    expect(lostSettings('# a comment\n\nCONFIG_NET=y\nCONFIG_NAME="a=b"\n# CONFIG_SWAP is not set\n', config)).toEqual([]);
  });

  test('takes an option that does not exist as off', () => {
    expect(lostSettings('# CONFIG_UNKNOWN is not set\n', config)).toEqual([]);
  });

  test('names what was dropped or changed, and what it is instead', () => {
    expect(lostSettings('CONFIG_BPF_JIT=y\nCONFIG_HZ=250\nCONFIG_SWAP=y\n# CONFIG_NET is not set\n', config)).toEqual([
      'CONFIG_BPF_JIT=y (is not set)',
      'CONFIG_HZ=250 (is 100)',
      'CONFIG_SWAP=y (is not set)',
      '# CONFIG_NET is not set (is y)',
    ]);
  });
});

test('repeatedOptions names an option once, on or off', () => {
  expect(repeatedOptions('CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_A=y\nCONFIG_B=y\nCONFIG_A=n\nCONFIG_C=y\n')).toEqual([
    'CONFIG_A',
    'CONFIG_B',
  ]);
});
