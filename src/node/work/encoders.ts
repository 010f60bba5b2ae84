// Encoders of the blocks that peers lately asked repair symbols of. Making one costs as much as many
// symbols, keeping one costs more memory than its block: so they are kept, up to a number of bytes.

import type { LayoutParameters } from '../../content/index.ts';
import { Layout } from '../../content/index.ts';
import { RaptorQEncoder } from '../../fountain/index.ts';
import { readBlockToScratch, withFile } from './block-file.ts';
import type { EncodeTask } from './tasks.ts';

/** Most bytes of encoders in one worker: three blocks of 16 MiB. The blocks that a download has open are few. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024;
/**
 * What an encoder takes: the intermediate symbols and some more, and for each symbol its part of the working space. Measured
 * 1.28 times the block at T = 16 KiB, 1.7 times at 1 KiB.
 */
const BYTES_PER_BLOCK_BYTE = 1.2;
const BYTES_PER_SYMBOL = 700;

interface Cached {
  readonly encoder: RaptorQEncoder;
  readonly bytes: number;
}

/** A least-recently-used cache of block encoders. */
export class Encoders {
  // The keys are ours, made of a content id and a checked sbn. A Map keeps insertion order: oldest first.
  private readonly cached = new Map<string, Cached>();
  private readonly bytesMax: number;
  private bytes = 0;

  constructor(bytesMax: number = CACHE_BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /** The asked repair symbols, one after the other. Throws the system's error when the block cannot be read. */
  encode(task: EncodeTask): Uint8Array {
    const encoder = this.encoderOf(task.dataPath, task.layout, task.sbn, task.cacheKey);
    const { symbolBytes } = task.layout;
    const symbols = new Uint8Array(task.esis.length * symbolBytes);
    encoder.symbolsInto(task.esis, symbols);
    return symbols;
  }

  private encoderOf(
    path: string,
    parameters: LayoutParameters,
    sbn: number,
    cacheKey: string,
  ): RaptorQEncoder {
    const key = `${cacheKey}/${sbn}`;
    const known = this.cached.get(key);
    if (known !== undefined) {
      this.cached.delete(key);
      this.cached.set(key, known);
      return known.encoder;
    }
    const layout = new Layout(parameters);
    const symbols = layout.sourceSymbols(sbn);
    const bytes = symbols * (layout.symbolBytes * BYTES_PER_BLOCK_BYTE + BYTES_PER_SYMBOL);
    this.makeRoom(bytes);
    const source = withFile(path, (fd) => readBlockToScratch(fd, layout, sbn));
    const encoder = new RaptorQEncoder(source, layout.symbolBytes);
    // The first repair symbol solves the block. From then on repair symbols need the solution alone, so the source may
    // be memory that the next block overwrites.
    encoder.symbol(encoder.sourceSymbols);
    this.cached.set(key, { encoder, bytes });
    this.bytes += bytes;
    return encoder;
  }

  /** Drops the oldest encoders before the new one is made, which then takes over their memory. */
  private makeRoom(bytes: number): void {
    for (const [key, { encoder, bytes: freed }] of this.cached) {
      if (this.bytes + bytes <= this.bytesMax) return;
      this.cached.delete(key);
      encoder.release();
      this.bytes -= freed;
    }
  }
}
