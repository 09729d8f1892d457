import { readFile } from 'node:fs/promises';

const MAGIC = 0x464c457f; // "\x7fELF", little-endian
const CLASS_64 = 2;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_NOTE = 4;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;

interface Segment {
  type: number;
  offset: number;
  address: bigint;
  fileSize: number;
}

export interface Note {
  owner: string;
  type: number;
  data: Buffer;
}

/** What set-up needs to know of a 64-bit little-endian ELF file (System V gABI, chapters 4 and 5). */
export class ElfFile {
  private constructor(private readonly data: Buffer) {}

  static isElf(data: Buffer): boolean {
    return data.length >= 64 && data.readUInt32LE(0) === MAGIC;
  }

  /** @throws when the data is not a 64-bit ELF file. */
  static parse(data: Buffer): ElfFile {
    if (!ElfFile.isElf(data) || data[4] !== CLASS_64) throw new Error('not a 64-bit ELF file');
    return new ElfFile(data);
  }

  static async read(path: string): Promise<ElfFile> {
    return ElfFile.parse(await readFile(path));
  }

  /** The shared libraries that this file asks for by name (DT_NEEDED). */
  needed(): string[] {
    const dynamic = this.segments().find(({ type }) => type === PT_DYNAMIC);
    if (dynamic === undefined) return [];
    const names: number[] = [];
    let strings: number | undefined;
    for (let at = dynamic.offset; at < dynamic.offset + dynamic.fileSize; at += 16) {
      const tag = this.data.readBigInt64LE(at);
      const value = this.data.readBigUInt64LE(at + 8);
      if (tag === DT_NEEDED) names.push(Number(value));
      if (tag === DT_STRTAB) strings = this.fileOffset(value);
    }
    if (strings === undefined) return [];
    const table = strings;
    return names.map((name) => this.string(table + name));
  }

  /** Every note of the file's PT_NOTE segments. */
  notes(): Note[] {
    const notes: Note[] = [];
    for (const segment of this.segments()) {
      if (segment.type !== PT_NOTE) continue;
      let at = segment.offset;
      while (at + 12 <= segment.offset + segment.fileSize) {
        const ownerSize = this.data.readUInt32LE(at);
        const dataSize = this.data.readUInt32LE(at + 4);
        const dataStart = at + 12 + align(ownerSize);
        notes.push({
          owner: this.data.toString('latin1', at + 12, at + 12 + Math.max(ownerSize - 1, 0)),
          type: this.data.readUInt32LE(at + 8),
          data: this.data.subarray(dataStart, dataStart + dataSize),
        });
        at = dataStart + align(dataSize);
      }
    }
    return notes;
  }

  /** The contents of a section, or undefined when there is none of that name. */
  section(name: string): Buffer | undefined {
    const table = Number(this.data.readBigUInt64LE(0x28));
    const entrySize = this.data.readUInt16LE(0x3a);
    const count = this.data.readUInt16LE(0x3c);
    const header = (index: number) => {
      const at = table + index * entrySize;
      return {
        name: this.data.readUInt32LE(at),
        offset: Number(this.data.readBigUInt64LE(at + 0x18)),
        size: Number(this.data.readBigUInt64LE(at + 0x20)),
      };
    };
    const names = header(this.data.readUInt16LE(0x3e)).offset;
    for (let index = 0; index < count; index++) {
      const section = header(index);
      if (this.string(names + section.name) === name) return this.data.subarray(section.offset, section.offset + section.size);
    }
    return undefined;
  }

  private segments(): Segment[] {
    const table = Number(this.data.readBigUInt64LE(0x20));
    const entrySize = this.data.readUInt16LE(0x36);
    const count = this.data.readUInt16LE(0x38);
    return Array.from({ length: count }, (_, index) => {
      const at = table + index * entrySize;
      return {
        type: this.data.readUInt32LE(at),
        offset: Number(this.data.readBigUInt64LE(at + 0x08)),
        address: this.data.readBigUInt64LE(at + 0x10),
        fileSize: Number(this.data.readBigUInt64LE(at + 0x20)),
      };
    });
  }

  private fileOffset(address: bigint): number {
    for (const { type, offset, address: start, fileSize } of this.segments()) {
      if (type === PT_LOAD && address >= start && address < start + BigInt(fileSize)) return offset + Number(address - start);
    }
    throw new Error(`no segment holds the address 0x${address.toString(16)}`);
  }

  private string(at: number): string {
    return this.data.toString('latin1', at, this.data.indexOf(0, at));
  }
}

const align = (size: number): number => (size + 3) & ~3;
