// The end of blocks and of the content: what is decoded when, and what follows from the outcome.

import type { Journal } from '../summary/index.ts';
import type { RowSource } from './block-rows.ts';
import type { Blocks } from './blocks.ts';
import type { FailureCode, TransferInput, TransferOutput } from './io.ts';
import type { RecodedDesk } from './recoded-desk.ts';
import type { Trial } from './trials.ts';
import { Trials } from './trials.ts';

/** Blocks that are decoded and checked at once: bounds memory, and two cores are what many have. */
const FINISHING_MAX = 2;
/** A block that fails its root this often is beyond help: the descriptor contradicts itself. */
const CORRUPT_MAX = 2;

export type BlockFinished = Extract<TransferInput, { kind: 'block-finished' }>;

/** What finishing asks of the download it belongs to. */
export interface FinishingHost {
  output(output: TransferOutput): void;
  fail(code: FailureCode, message: string): void;
  /** Symbols of the block were stored without a check, and the block is wrong. True when that explains it. */
  spoiled(sbn: number): boolean;
  /** A recoded symbol of block sbn was not what it claimed to be. */
  lied(source: RowSource, sbn: number, esi: number): void;
}

export interface FinishingOptions {
  readonly blocks: Blocks;
  readonly recoded: RecodedDesk;
  readonly journal: Journal;
  /** Undecided recoded symbols take part in decoding. */
  readonly fullRank: boolean;
}

export class Finishing {
  private readonly host: FinishingHost;
  private readonly o: FinishingOptions;
  private readonly corrupt: Uint8Array;
  /** By block under way: how many of its symbols come from equations. */
  private readonly fromRows: Uint32Array;
  private readonly trials: Trials;
  private running = 0;
  private runningContent = false;

  constructor(host: FinishingHost, options: FinishingOptions) {
    this.host = host;
    this.o = options;
    this.corrupt = new Uint8Array(options.blocks.layout.blockCount);
    this.fromRows = new Uint32Array(options.blocks.layout.blockCount);
    this.trials = new Trials(options.blocks, options.recoded);
  }

  /** Blocks or the content are being finished: that is progress, however long it takes. */
  get busy(): boolean {
    return this.running > 0 || this.runningContent;
  }

  /** Starts what can be started: decoding of blocks that hold enough, and the end of the content. */
  advance(): void {
    const { blocks } = this.o;
    while (this.running < FINISHING_MAX) {
      const sbn = blocks.takeReady();
      if (sbn === undefined) break;
      this.finish(sbn, undefined);
    }
    while (this.running < FINISHING_MAX) {
      const trial = this.trials.next();
      if (trial === undefined) break;
      this.finish(trial.sbn, trial);
    }
    if (blocks.finishedCount === blocks.layout.blockCount && !this.runningContent) {
      this.runningContent = true;
      this.host.output({ kind: 'finish-content' });
    }
  }

  /** The outcome of a block. False when the download has failed with it. */
  blockFinished(input: BlockFinished): boolean {
    const { blocks, recoded } = this.o;
    const { sbn, outcome } = input;
    this.running--;
    const wasTrial = this.trials.ended(sbn, outcome, input.missing ?? 1);
    switch (outcome) {
      case 'ok':
        this.finished(input);
        break;
      case 'short':
        if (wasTrial) {
          this.distrust(sbn);
          break;
        }
        // With the whole window held the source symbols are, too: then it is not the rank that is wrong.
        if (blocks.held.countIn(sbn) < blocks.layout.windowSize(sbn)) {
          blocks.short(sbn, Math.max(1, input.missing ?? 1));
          recoded.resumed(sbn);
        } else this.discard(sbn);
        break;
      case 'corrupt':
        // All that is held is verified, so an equation lied. Which one shows when the block is right.
        if ((this.fromRows[sbn] ?? 0) > 0) this.distrust(sbn);
        else this.discard(sbn);
        break;
      case 'failed':
        this.host.fail('DISK', `block ${sbn} could not be decoded and stored`);
        return false;
    }
    this.advance();
    return true;
  }

  /** The equations of a liar are gone: blocks that he spoilt may do without the caution. */
  purged(): void {
    this.trials.purged();
  }

  /** Some equation of the block lied: it goes on without them. */
  private distrust(sbn: number): void {
    this.o.blocks.makePlainOnly(sbn);
    this.trials.open(sbn);
    this.o.recoded.resumed(sbn);
  }

  private finish(sbn: number, trial: Trial | undefined): void {
    const { blocks, recoded, fullRank } = this.o;
    const { layout } = blocks;
    const start = layout.windowStart(sbn);
    const held: number[] = [];
    blocks.held.bits.forEach((id) => held.push(id - start), start, layout.windowStart(sbn + 1));
    const rows = recoded.waiting(sbn, trial?.without).slice(0, trial?.rows);
    const isTrusted = !blocks.isPlainOnly(sbn) || trial !== undefined;
    const lacking = layout.sourceSymbols(sbn) - held.length;
    // K symbols alone nearly always suffice, and then no row can have lied.
    const take = fullRank && isTrusted && (lacking > 0 || blocks.fellShort(sbn));
    const judge = blocks.isPlainOnly(sbn) ? recoded.waiting(sbn) : [];
    this.fromRows[sbn] = take && rows.length > 0 ? Math.max(1, lacking) : 0;
    blocks.finishing(sbn);
    this.running++;
    this.host.output({ kind: 'finish-block', sbn, held, recoded: take ? rows : [], judge });
  }

  private finished({ sbn, liars = [] }: BlockFinished): void {
    const { blocks, recoded, journal } = this.o;
    const { layout } = blocks;
    blocks.finished(sbn);
    this.trials.close(sbn);
    journal.addRange(layout.windowStart(sbn), layout.windowStart(sbn + 1));
    for (const liar of recoded.condemn(liars)) this.host.lied(liar, sbn, liar.esis[0] ?? 0);
    recoded.finished(sbn, this.fromRows[sbn] ?? 0);
    this.host.output({
      kind: 'event',
      event: {
        type: 'block',
        sbn,
        finished: blocks.finishedCount,
        total: layout.blockCount,
      },
    });
  }

  private discard(sbn: number): void {
    if (this.host.spoiled(sbn)) return this.forget(sbn);
    this.corrupt[sbn] = (this.corrupt[sbn] ?? 0) + 1;
    if ((this.corrupt[sbn] ?? 0) >= CORRUPT_MAX) {
      this.host.fail('CORRUPT', `block ${sbn} does not match the descriptor's source root`);
      return;
    }
    this.forget(sbn);
  }

  private forget(sbn: number): void {
    this.o.blocks.discard(sbn);
    this.o.recoded.finished(sbn, 0);
    this.host.output({ kind: 'discard-block', sbn });
  }
}
