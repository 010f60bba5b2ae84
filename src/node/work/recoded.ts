// Recoded symbols on their way into a worker, and what the worker finds out about them.

import { isZero, xorInto } from '../../base/index.ts';
import { RaptorQEncoder } from '../../fountain/index.ts';
import type { Recoded } from '../storage.ts';
import type { RecodedSymbols } from './tasks.ts';

/** A copy that is handed over with the buffers of `buffersOf`: the rows stay where they are, to be used again. */
export function packRecoded(rows: readonly Recoded[], symbolBytes: number): RecodedSymbols {
  const degrees = Uint8Array.from(rows, ({ esis }) => esis.length);
  const esis = Uint32Array.from(rows.flatMap((row) => row.esis));
  const payloads = new Uint8Array(rows.length * symbolBytes);
  rows.forEach(({ bytes }, i) => payloads.set(bytes, i * symbolBytes));
  return { degrees, esis, payloads };
}

/** What is handed over with packed symbols. */
export function buffersOf({ degrees, esis, payloads }: RecodedSymbols): ArrayBuffer[] {
  return [degrees, esis, payloads].map((array) => array.buffer as ArrayBuffer);
}

/** Calls `use` with the ESIs and the payload of each symbol; both are views. */
export function eachRecoded(
  symbols: RecodedSymbols,
  symbolBytes: number,
  use: (esis: Uint32Array, payload: Uint8Array) => void,
): void {
  let at = 0;
  symbols.degrees.forEach((degree, i) => {
    const payload = symbols.payloads.subarray(i * symbolBytes, (i + 1) * symbolBytes);
    use(symbols.esis.subarray(at, at + degree), payload);
    at += degree;
  });
}

/** Positions of the symbols that are not the XOR of their symbols in `block`, which is right; K·T bytes. */
export function liarsAmong(
  symbols: RecodedSymbols,
  block: Uint8Array,
  symbolBytes: number,
): Uint32Array {
  const liars: number[] = [];
  const sourceCount = block.length / symbolBytes;
  const encoder = new RaptorQEncoder(block, symbolBytes);
  const sum = new Uint8Array(symbolBytes);
  const repair = new Uint8Array(symbolBytes);
  let position = 0;
  eachRecoded(symbols, symbolBytes, (esis, payload) => {
    sum.set(payload);
    for (const esi of esis) {
      if (esi >= sourceCount) encoder.symbolInto(esi, repair);
      const source = block.subarray(esi * symbolBytes, (esi + 1) * symbolBytes);
      xorInto(sum, esi < sourceCount ? source : repair);
    }
    if (!isZero(sum)) liars.push(position);
    position++;
  });
  encoder.release();
  return Uint32Array.from(liars);
}
