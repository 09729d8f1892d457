import { plainText } from './plain-text.js';

test.each([
  ['plain', 'plain'],
  ['two\nlines\r\n', 'two lines'],
  ['\u001b[2Jcleared', '[2Jcleared'],
  ['übergroß 漢字 🦀', 'übergroß 漢字 🦀'],
  ['a\u202eb\u200bc\u0085d', 'a b c d'],
  ['\u0000', ''],
])('%j reads as %j', (text, expected) => {
  expect(plainText(text)).toBe(expected);
});

test('is cut at its limit', () => {
  expect(plainText('x'.repeat(5000), 10)).toBe('xxxxxxxxx…');
  expect(plainText('x'.repeat(10), 10)).toBe('xxxxxxxxxx');
});
