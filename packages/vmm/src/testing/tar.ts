import { Buffer } from 'node:buffer';

/** A ustar archive of regular files, for tests. */
export const tar = (files: Record<string, string | Buffer>): Buffer => {
  const parts = Object.entries(files).map(([name, content]) => {
    const data = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644', 100);
    header.write('0000000', 108);
    header.write('0000000', 116);
    header.write(data.length.toString(8).padStart(11, '0'), 124);
    header.write('00000000000', 136);
    header.write('        0', 148);
    header.write('ustar', 257);
    header.write('00', 263);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148);
    return Buffer.concat([header, data, Buffer.alloc(-data.length & 511)]);
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
};
