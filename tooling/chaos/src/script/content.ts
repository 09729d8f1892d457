/** What an operation writes to a file: nothing that another file has. */
export const contentOf = (file: string, bytes: number): Buffer => Buffer.alloc(bytes, `${file}\n`);
