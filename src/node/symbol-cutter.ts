// Cuts the bytes of one range request into source symbols. Whole symbols within a chunk are views of it; only one that two
// chunks share, and the short last symbol of a file, are copied.

import type { Layout } from '../content/index.ts';

/** Symbols of one block, in order. Payloads are T bytes, the last of a file padded with zeros. */
export interface CutSymbols {
  readonly sbn: number;
  readonly esis: number[];
  readonly payloads: Uint8Array[];
}

export class SymbolCutter {
  private readonly layout: Layout;
  /** Position of the next symbol in the file, and the block that it is in. */
  private position: number;
  private sbn: number;
  private blockStart: number;
  private blockEnd: number;
  /** The beginning of a symbol whose end has not come. */
  private part: Uint8Array | undefined;
  private filled = 0;

  /** @param from the first source symbol of the request, by its position in the file */
  constructor(layout: Layout, from: number) {
    this.layout = layout;
    this.position = from;
    this.sbn = layout.sbnOf(from * layout.windowRatio);
    this.blockStart = layout.blockOffset(this.sbn) / layout.symbolBytes;
    this.blockEnd = this.blockStart + layout.sourceSymbols(this.sbn);
  }

  /** The symbols that are whole with this chunk, by block. */
  take(chunk: Uint8Array): CutSymbols[] {
    const { symbolBytes, length } = this.layout;
    const cut: CutSymbols[] = [];
    for (let at = 0; at < chunk.length;) {
      const size = Math.min(symbolBytes, length - this.position * symbolBytes);
      if (size <= 0) break; // more than the file has: its sender is told elsewhere
      if (this.part === undefined && size === symbolBytes && chunk.length - at >= size) {
        this.push(cut, chunk.subarray(at, at + size));
        at += size;
        continue;
      }
      this.part ??= new Uint8Array(symbolBytes);
      const count = Math.min(size - this.filled, chunk.length - at);
      this.part.set(chunk.subarray(at, at + count), this.filled);
      this.filled += count;
      at += count;
      if (this.filled < size) break;
      this.push(cut, this.part);
      this.part = undefined;
      this.filled = 0;
    }
    return cut;
  }

  private push(cut: CutSymbols[], payload: Uint8Array): void {
    if (this.position >= this.blockEnd) this.nextBlock();
    let last = cut.at(-1);
    if (last?.sbn !== this.sbn) cut.push((last = { sbn: this.sbn, esis: [], payloads: [] }));
    last.esis.push(this.position - this.blockStart);
    last.payloads.push(payload);
    this.position++;
  }

  private nextBlock(): void {
    this.sbn++;
    this.blockStart = this.blockEnd;
    this.blockEnd += this.layout.sourceSymbols(this.sbn);
  }
}
