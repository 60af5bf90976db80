/** The part of the Compression Streams standard that is used here; it is global in Node, Deno, Bun and browsers. */
declare const DecompressionStream: new (
  format: CompressionFormat,
) => {
  readonly readable: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }>;
      cancel(): Promise<void>;
    };
  };
  readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> } };
};

/** A compressed format: that of gzip files, of zlib, and of the entries of zip files. */
export type CompressionFormat = "gzip" | "deflate" | "deflate-raw";

/** Decompresses; throws as soon as there are more than `limit` bytes, of which no more are kept. */
export async function inflate(
  action: string,
  bytes: Uint8Array,
  format: CompressionFormat,
  limit: number,
): Promise<Uint8Array> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  // A fault also ends the reader, which reports it.
  const written = Promise.all([writer.write(bytes), writer.close()]).catch(() => undefined);
  const reader = stream.readable.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (true) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw new RangeError(`Cannot ${action}: expected valid ${format} data but found: ${String(error)}`);
    });
    if (done || value === undefined) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel().catch(() => undefined);
      throw new RangeError(`Cannot ${action}: expected at most ${limit} decompressed bytes but found more`);
    }
    chunks.push(value);
  }
  await written;
  return joinBytes(chunks);
}

/** All bytes in one array. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
