// Which symbol size and block count a new descriptor gets.

import { UsageError } from '../base/index.ts';
import type { LayoutParameters } from './layout.ts';
import {
  BLOCK_BYTES_MAX,
  BLOCK_COUNT_MAX,
  Layout,
  SOURCE_SYMBOLS_MAX,
  SYMBOL_BYTES_MAX,
} from './layout.ts';

const SYMBOL_BYTES_DEFAULT = 16 * 1024;
const SYMBOL_BYTES_MIN = 64;
/** A block of fewer symbols wastes a larger share of them on the last, odd source. */
const SYMBOLS_WANTED = 128;
const BLOCK_BYTES_DEFAULT = 16 * 1024 * 1024;
const WINDOW_RATIO_DEFAULT = 2;

export interface ParameterChoices {
  /** T, bytes. Default: 16 KiB, or less for a file under 2 MiB. */
  readonly symbolBytes?: number;
  /** Wanted size of a source block, bytes; blocks grow when there would be more than 65,536. Default 16 MiB. */
  readonly blockBytes?: number;
  /** ρ. Default 2. */
  readonly windowRatio?: number;
}

/**
 * Parameters for a file of `length` bytes: T = 16 KiB and blocks of about 16 MiB; a file under 2 MiB gets the largest
 * power of two that gives 128 symbols, at least 64. Throws UsageError when no layout fits (above 4 TiB).
 */
export function chooseParameters(length: number, choices: ParameterChoices = {}): LayoutParameters {
  const symbolBytes = choices.symbolBytes ?? defaultSymbolBytes(length);
  if (!Number.isInteger(symbolBytes) || symbolBytes < 1 || symbolBytes > SYMBOL_BYTES_MAX) {
    throw new UsageError(`symbolBytes ${symbolBytes} is not in 1..${SYMBOL_BYTES_MAX}`);
  }
  const blockBytes = choices.blockBytes ?? BLOCK_BYTES_DEFAULT;
  if (!Number.isInteger(blockBytes) || blockBytes < symbolBytes || blockBytes > BLOCK_BYTES_MAX) {
    throw new UsageError(`blockBytes ${blockBytes} is not in ${symbolBytes}..${BLOCK_BYTES_MAX}`);
  }
  const perBlock = Math.min(Math.floor(blockBytes / symbolBytes), SOURCE_SYMBOLS_MAX);
  const symbols = Math.ceil(length / symbolBytes);
  const parameters: LayoutParameters = {
    length,
    symbolBytes,
    blockCount: Math.min(Math.ceil(symbols / perBlock), BLOCK_COUNT_MAX),
    windowRatio: choices.windowRatio ?? WINDOW_RATIO_DEFAULT,
  };
  new Layout(parameters); // throws, naming the field, when they do not fit
  return parameters;
}

function defaultSymbolBytes(length: number): number {
  let symbolBytes = SYMBOL_BYTES_DEFAULT;
  while (symbolBytes > SYMBOL_BYTES_MIN && length < symbolBytes * SYMBOLS_WANTED) symbolBytes /= 2;
  return symbolBytes;
}
