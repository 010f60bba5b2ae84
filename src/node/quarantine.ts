// Recoded symbols that are not the sum of known ones yet: payloads in memory, under the row numbers that the machine
// gives them. Nothing of it is ever stored: after a crash other symbols are sent instead.

import { isZero, xorInto } from '../base/index.ts';
import type { RecodedRow, TransferInput, TransferOutput, Verdict } from '../engine/io.ts';
import type { IncomingFrames } from './incoming-frames.ts';
import type { Recoded, Storage } from './storage.ts';
import type { SymbolSums } from './symbol-sums.ts';

type Output<Kind> = Extract<TransferOutput, { kind: Kind }>;
type Peel = Output<'peel'>;
type Fresh = Promise<Uint8Array | undefined> | undefined;

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
  /** By block and ESI, what a peel under way will find the symbol to be; undefined: not to be had. */
  private readonly fresh: (Fresh[] | undefined)[] = [];
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
    const { sbn, esi } = output;
    const residue = this.residueOf(output);
    if (esi !== undefined) {
      // Later peels may need the symbol before it is stored.
      this.freshIn(sbn)[esi] = residue.then(
        (found) => (typeof found === 'string' ? undefined : found),
        () => undefined,
      );
    }
    const peeling = this.verdictOf(output, residue)
      .catch((error: unknown): Verdict => {
        this.forget(sbn, esi);
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

  /** What is left of the row without the known symbols; when that is not what it should be, the verdict. */
  private async residueOf({ row, sbn, esi, known }: Peel): Promise<Uint8Array | Verdict> {
    const { storage, sums } = this.options;
    const bytes = this.take(row);
    if (bytes === undefined) return 'failed';
    const stored: number[] = [];
    const fresh: Promise<Uint8Array | undefined>[] = [];
    for (const constituent of known) {
      const under = this.fresh[sbn]?.[constituent];
      if (under === undefined) stored.push(constituent);
      else fresh.push(under);
    }
    if (stored.length > 0) {
      const made = await sums.make({ sbn, symbols: [stored], target: bytes, onto: true });
      if (!made) return 'failed';
    }
    for (const under of fresh) {
      const symbol = await under;
      if (symbol === undefined) return 'failed';
      xorInto(bytes, symbol);
    }
    const right = esi === undefined ? isZero(bytes) : storage.verify(sbn, esi, bytes);
    return right ? bytes : 'rejected';
  }

  private async verdictOf(
    { sbn, esi }: Peel,
    residue: Promise<Uint8Array | Verdict>,
  ): Promise<Verdict> {
    const { sums, incoming } = this.options;
    const found = await residue;
    if (typeof found === 'string') {
      this.forget(sbn, esi);
      return found;
    }
    if (esi === undefined) return 'kept';
    const stored = await new Promise<boolean>((resolve) => {
      incoming.store([{ sbn, esi, bytes: found }], resolve);
    });
    if (stored) sums.note(sbn, esi, found);
    this.forget(sbn, esi);
    return stored ? 'kept' : 'failed';
  }

  /** A plain array for the window: peers pick the ESIs. */
  private freshIn(sbn: number): Fresh[] {
    const window = this.options.storage.layout.windowSize(sbn);
    return (this.fresh[sbn] ??= new Array<Fresh>(window).fill(undefined));
  }

  /** The symbol is stored, or is not to be had from this peel. */
  private forget(sbn: number, esi: number | undefined): void {
    const fresh = this.fresh[sbn];
    if (esi !== undefined && fresh !== undefined) fresh[esi] = undefined;
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
