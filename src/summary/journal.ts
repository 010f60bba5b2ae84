// The delta journal: what was added to a working set since each reader last heard, in order of arrival.
// Links are reliable, so describing only what is new costs 1-2 bytes a symbol however often it is said.

import type { SymbolId } from '../base/index.ts';
import { UsageError } from '../base/index.ts';
import { IdRunsWriter, RUN_BYTES_MAX } from './id-runs.ts';

/** What a reader has to be told. */
export interface JournalDelta {
  /** Id runs, each complete in itself and ascending; together all ids recorded since the cursor. */
  readonly bodies: readonly Uint8Array[];
  /** Where the reader stands when it has been told. */
  readonly cursor: number;
}

// An entry is one number, start · 2^21 + length: half the memory of two arrays, and the native sort of a
// Float64Array orders entries by start. 32 + 21 bits are exact in a double.
const LENGTH_SCALE = 2 ** 21;
const RUN_IDS_MAX = LENGTH_SCALE - 1;

/**
 * A bounded log of ids with any number of readers, each with its own cursor. A cursor is the count of ids
 * recorded before it, so a new reader that just got a full summary starts at `end`.
 */
export class Journal {
  private readonly entriesMax: number;
  private entries = new Float64Array(64);
  /** Ids recorded before each entry. */
  private positions = new Float64Array(64);
  private used = 0;
  private recorded = 0;

  /**
   * @param entriesMax runs kept, 16 bytes each; the oldest half is forgotten when they are used up
   */
  constructor(entriesMax = 16_384) {
    if (!Number.isSafeInteger(entriesMax) || entriesMax < 2) {
      throw new UsageError(`entriesMax ${entriesMax} is not a whole number ≥ 2`);
    }
    this.entriesMax = entriesMax;
  }

  /** Cursor of a reader that knows everything recorded so far. */
  get end(): number {
    return this.recorded;
  }

  /** The oldest cursor that `since` still serves. */
  get start(): number {
    return this.used > 0 ? (this.positions[0] ?? 0) : this.recorded;
  }

  /** Records one id. Amortised O(1); ids that arrive in order share one entry. */
  add(id: SymbolId): void {
    if (!(id >= 0 && id <= 0xffffffff)) throw new UsageError(`${id} is not a symbol id`);
    if (this.used > 0) {
      const last = this.entries[this.used - 1] ?? 0;
      const length = last % LENGTH_SCALE;
      if ((last - length) / LENGTH_SCALE + length === id && length < RUN_IDS_MAX) {
        this.entries[this.used - 1] = last + 1;
        this.recorded++;
        return;
      }
    }
    this.append(id, 1);
  }

  /** Records every id with from ≤ id < to, as when a block is decoded. Ids recorded before may repeat. */
  addRange(from: number, to: number): void {
    if (!(from >= 0 && from <= to && to <= 0x100000000)) {
      throw new UsageError(`[${from}, ${to}) is not a range of symbol ids`);
    }
    for (let start = from; start < to; start += RUN_IDS_MAX) {
      this.append(start, Math.min(RUN_IDS_MAX, to - start));
    }
  }

  /**
   * All that was recorded from the cursor to `end`, sorted and joined, in bodies of at most `bytesMax`
   * bytes. Undefined when the journal has forgotten part of it: send a full summary and go on at `end`.
   */
  since(cursor: number, bytesMax: number): JournalDelta | undefined {
    if (!(cursor <= this.recorded)) throw new UsageError(`cursor ${cursor} is past the journal`);
    if (!(bytesMax >= RUN_BYTES_MAX)) throw new UsageError(`bytesMax ${bytesMax} holds no run`);
    if (cursor < this.start) return undefined;
    if (cursor === this.recorded) return { bodies: [], cursor };
    const first = this.find(cursor);
    const pending = this.entries.slice(first, this.used);
    const skipped = cursor - (this.positions[first] ?? 0);
    // Later start, shorter run: the end stays where it was.
    pending[0] = (pending[0] ?? 0) + skipped * (LENGTH_SCALE - 1);
    pending.sort();
    return { bodies: encodeRuns(pending, bytesMax), cursor: this.recorded };
  }

  /** Forgets what every reader has passed. Call it with the smallest cursor now and then. */
  forget(cursor: number): void {
    if (cursor >= this.recorded) this.dropOldest(this.used);
    else if (cursor > this.start) this.dropOldest(this.find(cursor));
  }

  private append(start: number, length: number): void {
    if (this.used === this.entriesMax) this.dropOldest(this.entriesMax >>> 1);
    if (this.used === this.entries.length) {
      const larger = Math.min(this.used * 2, this.entriesMax);
      this.entries = grown(this.entries, larger);
      this.positions = grown(this.positions, larger);
    }
    this.entries[this.used] = start * LENGTH_SCALE + length;
    this.positions[this.used] = this.recorded;
    this.used++;
    this.recorded += length;
  }

  private dropOldest(count: number): void {
    this.entries.copyWithin(0, count, this.used);
    this.positions.copyWithin(0, count, this.used);
    this.used -= count;
  }

  /** Index of the entry that holds the id at the cursor. */
  private find(cursor: number): number {
    let low = 0;
    let high = this.used - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.positions[middle] ?? 0) <= cursor) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Sorted entries, which may overlap, as bodies of id runs. */
function encodeRuns(sorted: Float64Array, bytesMax: number): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  let writer = new IdRunsWriter();
  const flush = (start: number, end: number): void => {
    if (writer.length + RUN_BYTES_MAX > bytesMax) {
      bodies.push(writer.finish());
      writer = new IdRunsWriter();
    }
    writer.run(start, end);
  };
  let runStart = -1;
  let runEnd = -1;
  for (const entry of sorted) {
    const start = Math.floor(entry / LENGTH_SCALE);
    const end = start + (entry % LENGTH_SCALE);
    if (start > runEnd) {
      if (runEnd >= 0) flush(runStart, runEnd);
      runStart = start;
      runEnd = end;
    } else if (end > runEnd) {
      runEnd = end;
    }
  }
  if (runEnd >= 0) flush(runStart, runEnd);
  bodies.push(writer.finish());
  return bodies;
}

function grown(values: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(values);
  return larger;
}
