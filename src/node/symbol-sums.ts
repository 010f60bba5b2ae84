// XORs of stored symbols, for recoding and for undoing it. Symbols lie in the memory of the kernel that the codec uses,
// which adds them three times as fast as JavaScript, and stay there: recoded symbols of one block share their symbols.

import type { SymbolId } from '../base/index.ts';
import type { SymbolMemory } from '../kernel/index.ts';
import { defaultKernel, ProgramWriter } from '../kernel/index.ts';
import { LIMITS, symbolsPerFrame } from '../wire/index.ts';
import type { Storage } from './storage.ts';

/** Symbols kept, bytes: two blocks of 16 MiB. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** Most that is read at once, bytes; and what one frame of recoded symbols needs at most. */
const READ_BYTES_MAX = LIMITS.recodedDegreeMax * LIMITS.payloadBytesMax;

/** Sums of symbols of one block. */
export interface Sums {
  readonly sbn: number;
  /** The ESIs that each sum is of. */
  readonly symbols: readonly (readonly number[])[];
  /** T bytes for each sum, one after the other. */
  readonly target: Uint8Array;
  /** Add to what the target holds, instead of replacing it. */
  readonly onto: boolean;
}

interface Job extends Sums {
  readonly resolve: (found: boolean) => void;
  readonly reject: (error: unknown) => void;
}

export class SymbolSums {
  private readonly storage: Storage;
  /** Rows for symbols; behind them those for sums. */
  private readonly slots: number;
  private readonly sumRows: number;
  /** By block and ESI, slot + 1. Plain arrays: peers pick the ESIs. */
  private slotsOf: (Uint32Array | undefined)[] = [];
  private readonly idIn: (SymbolId | undefined)[] = [];
  /** The batch that each slot was used in last. */
  private readonly usedIn: Uint32Array;
  private nextSlot = 0;
  private batch = 1;
  private allocated: SymbolMemory | undefined;
  private readonly program: ProgramWriter = new ProgramWriter();
  private readonly space: number[] = [];
  private buffer: Uint8Array = new Uint8Array(0);
  private readonly waiting: Job[] = [];
  private working = false;

  constructor(storage: Storage, keptBytes: number = KEPT_BYTES) {
    const { idCount, symbolBytes } = storage.layout;
    this.storage = storage;
    this.sumRows = symbolsPerFrame(symbolBytes);
    // What one frame adds up has to be there at the same time.
    const frameMax = this.sumRows * LIMITS.recodedDegreeMax;
    this.slots = Math.min(idCount, Math.max(Math.floor(keptBytes / symbolBytes), frameMax));
    this.usedIn = new Uint32Array(this.slots);
  }

  /**
   * Makes the sums, in the order asked for, those asked for at the same time together. False, with a target of any
   * content, when one of the symbols cannot be had; rejects for a failed disk.
   */
  make(sums: Sums): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...sums, resolve, reject });
      if (this.working) return;
      this.working = true;
      queueMicrotask(() => void this.work());
    });
  }

  /** Keeps a symbol that was just stored: it is likely to be in sums soon. */
  note(sbn: number, esi: number, bytes: Uint8Array): void {
    const id = this.storage.layout.id(sbn, esi);
    const slot = this.nextSlot;
    if (this.slotOf(sbn, esi) !== undefined || this.usedIn[slot] === this.batch) return;
    this.step();
    this.put(id, slot, bytes);
  }

  /** Gives the memory back. */
  release(): void {
    this.allocated?.release();
    this.allocated = undefined;
    this.slotsOf = [];
    this.idIn.length = 0;
    this.buffer = new Uint8Array(0);
  }

  private get memory(): SymbolMemory {
    const { symbolBytes } = this.storage.layout;
    return (this.allocated ??= defaultKernel().allocate(this.slots + this.sumRows, symbolBytes));
  }

  private async work(): Promise<void> {
    while (this.waiting.length > 0) await this.together(this.takeJobs());
    this.working = false;
  }

  /** As many jobs as may be read and added up at once; at least one. */
  private takeJobs(): Job[] {
    const symbolsMax = Math.min(
      this.slots,
      Math.floor(READ_BYTES_MAX / this.storage.layout.symbolBytes),
    );
    let symbols = 0;
    let count = 0;
    for (const job of this.waiting) {
      for (const esis of job.symbols) symbols += esis.length;
      if (count > 0 && symbols > symbolsMax) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async together(jobs: readonly Job[]): Promise<void> {
    try {
      if (await this.load(jobs)) {
        for (const job of jobs) this.addUp(job);
        for (const { resolve } of jobs) resolve(true);
      } else if (jobs.length === 1) {
        for (const { resolve } of jobs) resolve(false);
      } else {
        // One symbol that is gone fails those alone that need it.
        for (const job of jobs) await this.together([job]);
      }
    } catch (error) {
      for (const { reject } of jobs) reject(error);
    }
  }

  /** Brings every symbol of the jobs into a slot, block by block in ascending order; false when one cannot be had. */
  private async load(jobs: readonly Job[]): Promise<boolean> {
    const { layout } = this.storage;
    this.batch++;
    const missing = new Map<number, Set<number>>();
    for (const { sbn, symbols } of jobs) {
      for (const esis of symbols) {
        for (const esi of esis) {
          const slot = this.slotOf(sbn, esi);
          if (slot !== undefined) {
            this.usedIn[slot] = this.batch;
            continue;
          }
          const others = missing.get(sbn);
          if (others === undefined) missing.set(sbn, new Set([esi]));
          else others.add(esi);
        }
      }
    }
    for (const [sbn, lacking] of missing) {
      const esis = [...lacking].sort((a, b) => a - b);
      const length = esis.length * layout.symbolBytes;
      if (this.buffer.length < length) {
        this.buffer = new Uint8Array(Math.max(length, 2 * this.buffer.length));
      }
      const found = this.storage.readInto(sbn, esis, this.buffer.subarray(0, length));
      if (found !== true && !(await found)) return false;
      esis.forEach((esi, i) => {
        const symbol = this.buffer.subarray(i * layout.symbolBytes, (i + 1) * layout.symbolBytes);
        const id = layout.id(sbn, esi);
        // `note` may have brought it meanwhile.
        const slot = this.slotOf(sbn, esi) ?? this.freeSlot();
        this.put(id, slot, symbol);
        this.usedIn[slot] = this.batch;
      });
    }
    return true;
  }

  /** The slot that was filled longest ago among those that this batch does not need: it never needs all the others. */
  private freeSlot(): number {
    while (this.usedIn[this.nextSlot] === this.batch) this.step();
    const slot = this.nextSlot;
    this.step();
    return slot;
  }

  private put(id: SymbolId, slot: number, bytes: Uint8Array): void {
    const old = this.idIn[slot];
    if (old !== undefined) this.setSlot(old, 0);
    this.idIn[slot] = id;
    this.setSlot(id, slot + 1);
    this.memory.write(slot, bytes);
  }

  private slotOf(sbn: number, esi: number): number | undefined {
    const place = this.slotsOf[sbn]?.[esi] ?? 0;
    return place === 0 ? undefined : place - 1;
  }

  private setSlot(id: SymbolId, place: number): void {
    const { layout } = this.storage;
    const sbn = layout.sbnOf(id);
    const places = (this.slotsOf[sbn] ??= new Uint32Array(layout.windowSize(sbn)));
    places[id - layout.windowStart(sbn)] = place;
  }

  private step(): void {
    this.nextSlot = (this.nextSlot + 1) % this.slots;
  }

  private addUp({ sbn, symbols, target, onto }: Job): void {
    const { memory, program, slots, space } = this;
    program.clear();
    if (onto) memory.write(slots, target);
    symbols.forEach((esis, i) => {
      esis.forEach((esi, n) => {
        const slot = this.slotOf(sbn, esi);
        if (slot === undefined) throw new Error(`symbol ${esi} of block ${sbn} was not loaded`);
        space[n] = slot;
      });
      if (onto) program.add(slots + i, space, esis.length);
      else program.set(slots + i, space, esis.length);
    });
    memory.run(program.view());
    memory.readInto(target, slots);
  }
}
