// Control characters, and those that turn or hide text: C0, DEL, C1, bidirectional marks, zero-width ones, line separators.

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/**
 * Makes text that a guest wrote fit for a message or a terminal: one line, nothing that a terminal would obey, at most `limit` characters.
 */
export const plainText = (text: string, limit = 1024): string => {
  // Cut before and after, so that the pattern never runs over megabytes.
  const plain = text
    .slice(0, 4 * limit)
    .replace(UNSAFE, ' ')
    .trim();
  return plain.length <= limit ? plain : `${plain.slice(0, limit - 1)}…`;
};
