// Recoded symbols that are not the sum of known ones yet: payloads in memory, under the row numbers that the machine
// gives them. Nothing of it is ever stored: after a crash other symbols are sent instead.

import { isZero } from '../base/index.ts';
import type { RecodedRow, TransferInput, TransferOutput, Verdict } from '../engine/io.ts';
import type { IncomingFrames } from './incoming-frames.ts';
import type { Recoded, Storage } from './storage.ts';
import type { SymbolSums } from './symbol-sums.ts';

type Output<Kind> = Extract<TransferOutput, { kind: Kind }>;
type Peel = Output<'peel'>;

export interface QuarantineOptions {
  readonly storage: Storage;
  readonly sums: SymbolSums;
  /** Has the frames, and stores what rows turn out to be. */
  readonly incoming: IncomingFrames;
  readonly feed: (input: TransferInput) => void;
  readonly diskFailed: (error: unknown) => void;
}

export class Quarantine {
  private readonly options: QuarantineOptions;
  private readonly rows: (Uint8Array | undefined)[] = [];
  private rowCount = 0;
  /** Peels under way, and the blocks that they are in. */
  private readonly peeling = new Map<Promise<void>, number>();

  constructor(options: QuarantineOptions) {
    this.options = options;
  }

  /** Rows in memory, T bytes each. */
  get count(): number {
    return this.rowCount;
  }

  /** Does a `quarantine` output. Rows are copies: a view of one symbol would keep its whole frame in memory. */
  keep({ frame, keep, rows }: Output<'quarantine'>): void {
    const payloads = this.options.incoming.take(frame);
    keep.forEach((position, i) => {
      const row = rows[i];
      const payload = payloads[position];
      // The link may be gone, and the frame with it: the row will fail.
      if (row !== undefined && payload !== undefined) this.put(row, new Uint8Array(payload));
    });
  }

  /** Does a `release` output. */
  release({ rows }: Output<'release'>): void {
    for (const row of rows) this.take(row);
  }

  /** The payloads of rows; those that are gone are left out. Valid whatever becomes of the rows. */
  payloads(rows: readonly RecodedRow[]): Recoded[] {
    return rows.flatMap(({ row, esis }) => {
      const bytes = this.rows[row];
      return bytes === undefined ? [] : [{ row, esis, bytes }];
    });
  }

  /** Does a `peel` output; answers `peeled`, once. */
  peel(output: Peel): void {
    const peeling = this.verdictOf(output)
      .catch((error: unknown): Verdict => {
        this.options.diskFailed(error);
        return 'failed';
      })
      .then((verdict) => {
        this.peeling.delete(peeling);
        this.options.feed({ kind: 'peeled', row: output.row, verdict });
      });
    this.peeling.set(peeling, output.sbn);
  }

  /** Resolves when the peels under way are answered: all of them, or those of one block. */
  async settle(sbn?: number): Promise<void> {
    const ending: Promise<void>[] = [];
    for (const [peeling, block] of this.peeling) {
      if (sbn === undefined || sbn === block) ending.push(peeling);
    }
    await Promise.all(ending);
  }

  private async verdictOf({ row, sbn, esi, known }: Peel): Promise<Verdict> {
    const { storage, sums, incoming } = this.options;
    const bytes = this.take(row);
    if (bytes === undefined) return 'failed';
    if (known.length > 0) {
      const made = await sums.make({ sbn, symbols: [known], target: bytes, onto: true });
      if (!made) return 'failed';
    }
    if (esi === undefined) return isZero(bytes) ? 'kept' : 'rejected';
    if (!storage.verify(sbn, esi, bytes)) return 'rejected';
    const stored = await new Promise<boolean>((resolve) => {
      incoming.store([{ sbn, esi, bytes }], resolve);
    });
    if (!stored) return 'failed';
    sums.note(sbn, esi, bytes);
    return 'kept';
  }

  private put(row: number, bytes: Uint8Array): void {
    this.take(row);
    this.rows[row] = bytes;
    this.rowCount++;
  }

  private take(row: number): Uint8Array | undefined {
    const bytes = this.rows[row];
    if (bytes === undefined) return undefined;
    this.rows[row] = undefined;
    this.rowCount--;
    return bytes;
  }
}
