// Cuts the bytes of one range request into source symbols. They are views of what came, also of two chunks that lie one behind
// the other; only a symbol that is torn, and the short last one of a file, are copied.

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
  /** The beginning of a symbol whose end has not come: a view, or a copy that has room for the rest. */
  private part: Uint8Array | undefined;
  private copy: Uint8Array | undefined;

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
      const count = Math.min(size - (this.part?.length ?? 0), chunk.length - at);
      this.part = this.joined(chunk.subarray(at, at + count));
      at += count;
      if (this.part.length < size) break;
      this.push(cut, size < symbolBytes ? padded(this.part, symbolBytes) : this.part);
      this.part = undefined;
      this.copy = undefined;
    }
    return cut;
  }

  /** What there is of the symbol at hand, with `more` behind it. */
  private joined(more: Uint8Array): Uint8Array {
    const { part } = this;
    if (part === undefined) return more;
    const { buffer, byteOffset, length } = part;
    const isNext = buffer === more.buffer && byteOffset + length === more.byteOffset;
    if (this.copy === undefined && isNext) {
      return new Uint8Array(buffer, byteOffset, length + more.length);
    }
    this.copy ??= padded(part, this.layout.symbolBytes);
    this.copy.set(more, length);
    return this.copy.subarray(0, length + more.length);
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

/** A copy with zeros behind it. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes);
  return copy;
}
