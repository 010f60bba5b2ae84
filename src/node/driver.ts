// Runs one Transfer in this process: the clock, the sockets, the store and the workers, around one machine.
// One input, then drain until `timeout`. Payload bytes stay here; the machine sees ids.

import type { WebSocket } from 'ws';
import type { LinkId } from '../base/index.ts';
import type { Layout } from '../content/index.ts';
import { ProtocolError } from '../base/index.ts';
import type { TransferEvent, TransferInput, TransferOutput, TransferStatus } from '../engine/io.ts';
import type { MirrorTerms } from '../engine/index.ts';
import { CLOSE, decodeRecodedFrame, decodeSymbolFrame, encodeControl } from '../wire/index.ts';
import type { Dial } from './dial.ts';
import { dial } from './dial.ts';
import { HeadwaterError, humanReason, storeReason } from './errors.ts';
import { IncomingFrames } from './incoming-frames.ts';
import type { MirrorDial } from './mirror-links.ts';
import { MirrorLinks } from './mirror-links.ts';
import { OutgoingFrames } from './outgoing-frames.ts';
import { Quarantine } from './quarantine.ts';
import { CLOSE_MS } from './socket-options.ts';
import { Sockets } from './sockets.ts';
import type { Storage } from './storage.ts';
import { SymbolSums } from './symbol-sums.ts';

/** What a driver needs of a Transfer. */
export interface Machine {
  handle(input: TransferInput, now: number): void;
  poll(): TransferOutput;
  status(): TransferStatus;
}

type FinishBlock = Extract<TransferOutput, { kind: 'finish-block' }>;

export interface DriverOptions {
  readonly machine: Machine;
  /** Opens the store for a descriptor that the machine has checked, or for the plain file that it was started with. */
  readonly openStorage: (
    descriptor: Uint8Array | undefined,
    onDiskFailure: (error: unknown) => void,
  ) => Promise<Storage>;
  readonly onEvent: (event: TransferEvent) => void;
  /** The store could not be opened, or this code is wrong. The transfer is over. */
  readonly onFailure: (error: HeadwaterError) => void;
}

/** What there is once the store is open. */
interface Open {
  readonly storage: Storage;
  readonly sums: SymbolSums;
  readonly incoming: IncomingFrames;
  readonly quarantine: Quarantine;
  readonly mirrors: MirrorLinks;
}

/** setTimeout takes no more. */
const TIMER_MS_MAX = 0x7fffffff;

/** Drives a machine until `close`. */
export class Driver {
  private readonly options: DriverOptions;
  private readonly sockets: Sockets;
  private readonly outgoing: OutgoingFrames;
  private readonly dials = new Set<Dial>();
  private store: Open | undefined;
  private readonly inputs: TransferInput[] = [];
  private running = false;
  /** Links are being let go: no new ones. */
  private closing = false;
  /** All is let go: inputs are ignored. */
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  private sources = 0;
  private links = 1;
  /** Mirrors that joined before the store was open. */
  private early: { readonly dial: MirrorDial; readonly terms: MirrorTerms }[] = [];
  /** Work on the store under way, which `close` waits for. */
  private readonly busy = new Set<Promise<void>>();

  constructor(options: DriverOptions) {
    this.options = options;
    this.sockets = new Sockets(
      {
        control: (link, bytes) => this.feed({ kind: 'control', link, bytes }),
        symbols: (link, bytes) =>
          this.arrived(link, ({ storage, incoming }) => {
            const symbols = decodeSymbolFrame(bytes, storage.layout.symbolBytes);
            const { sbn, esis } = symbols;
            return { kind: 'symbols', link, frame: incoming.keep(link, symbols), sbn, esis };
          }),
        recoded: (link, bytes) =>
          this.arrived(link, ({ storage, incoming }) => {
            const symbols = decodeRecodedFrame(bytes, storage.layout.symbolBytes);
            const { sbn, first, degrees } = symbols;
            return {
              kind: 'recoded',
              link,
              frame: incoming.keep(link, symbols),
              sbn,
              first,
              degrees,
            };
          }),
        violation: (link, code, reason) => this.feed({ kind: 'violation', link, code, reason }),
        closed: (link, code, reason) => {
          this.store?.incoming.forget(link);
          this.feed({ kind: 'link-closed', link, code, reason });
        },
      },
      () => this.links++,
    );
    this.outgoing = new OutgoingFrames(
      this.sockets,
      (input) => this.feed(input),
      (work) => this.track(work),
    );
  }

  /** The first call: with the descriptor when there is one, or with the layout of a plain file. */
  start(descriptor?: Uint8Array, plain?: Layout): void {
    this.feed({
      kind: 'start',
      ...(descriptor === undefined ? {} : { descriptor }),
      ...(plain === undefined ? {} : { plain }),
    });
  }

  /** The descriptor was found while peers were asked for it. */
  describe(bytes: Uint8Array): void {
    this.feed({ kind: 'descriptor', bytes });
  }

  /** A mirror joins; it is dialled when the store is open. */
  addMirror(dial: MirrorDial, terms: MirrorTerms): void {
    if (this.store === undefined) {
      this.early.push({ dial, terms });
      return;
    }
    const index = this.sources++;
    this.store.mirrors.add(index, dial);
    this.feed({ kind: 'mirror', index, address: dial.address, terms });
  }

  /** A source joins; returns its index. */
  addSource(address: string): number {
    const index = this.sources++;
    this.feed({ kind: 'source', index, address });
    return index;
  }

  /** A listener accepted a WebSocket. */
  accept(socket: WebSocket, address: string): void {
    this.opened(socket, address, undefined);
  }

  /** Stops the transfer; links say goodbye. */
  abort(): void {
    this.feed({ kind: 'abort' });
  }

  /** The machine's figures. */
  status(): TransferStatus {
    return this.options.machine.status();
  }

  /** Lets links say goodbye, then lets go of sockets, timers and the store. Call `abort` first. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    for (const dialling of this.dials) dialling.cancel();
    this.store?.mirrors.closeAll();
    const bye = encodeControl({ type: 'bye', code: CLOSE.DONE, reason: 'done' });
    this.sockets.closeAll(CLOSE.DONE, 'done', bye);
    await this.sockets.drained(2 * CLOSE_MS);
    this.closed = true;
    clearTimeout(this.timer);
    await Promise.allSettled(this.busy);
    const { store } = this;
    if (store === undefined) return;
    try {
      await store.incoming.settle();
      await store.quarantine.settle();
    } finally {
      store.sums.release();
      await store.storage.close();
    }
  }

  /** Handles an input and everything that follows from it. Never throws. */
  private feed(input: TransferInput): void {
    if (this.closed) return;
    this.inputs.push(input);
    if (this.running) return; // an output of ours led to an input: it waits its turn
    this.running = true;
    for (let next = this.inputs.shift(); next !== undefined; next = this.inputs.shift()) {
      this.step(next);
    }
    this.running = false;
  }

  private step(input: TransferInput): void {
    const { machine } = this.options;
    try {
      machine.handle(input, performance.now());
      for (;;) {
        const output = machine.poll();
        if (output.kind === 'timeout') {
          this.wake(output.at);
          return;
        }
        this.do(output);
      }
    } catch (error) {
      this.blame(input, error);
    }
  }

  /** A fault of our own costs one link when it came with one, else the transfer; never the process. */
  private blame(input: TransferInput, error: unknown): void {
    const reason = `internal error: ${humanReason(error)}`;
    if ('link' in input && input.kind !== 'violation') {
      this.inputs.push({ kind: 'violation', link: input.link, code: CLOSE.MALFORMED, reason });
      return;
    }
    this.options.onFailure(new HeadwaterError('UNFINISHED', reason, undefined, error));
  }

  private wake(at: number): void {
    // A timer that is due earlier stays: it finds nothing to do and sets the next one.
    if (at >= this.timerAt || this.closed) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    const delay = Math.min(TIMER_MS_MAX, Math.max(0, Math.ceil(at - performance.now())));
    this.timer = setTimeout(() => {
      this.timerAt = Infinity;
      this.feed({ kind: 'timeout' });
    }, delay);
  }

  private do(output: Exclude<TransferOutput, { kind: 'timeout' }>): void {
    switch (output.kind) {
      case 'send':
        return this.sockets.send(output.link, output.bytes);
      case 'read':
        return this.outgoing.read(output);
      case 'write':
        return this.store?.incoming.write(output);
      case 'recode':
        return this.outgoing.recode(output);
      case 'quarantine':
        return this.store?.quarantine.keep(output);
      case 'peel':
        return this.store?.quarantine.peel(output);
      case 'release':
        return this.store?.quarantine.release(output);
      case 'write-leaves':
        return this.change((storage) => storage.putLeaves(output.sbn, output.leaves));
      case 'read-leaves':
        return this.readLeaves(output.link, output.sbn);
      case 'finish-block':
        return this.finishBlock(output);
      case 'discard-block':
        return this.change((storage) => storage.discardBlock(output.sbn));
      case 'finish-content':
        return this.finishContent();
      case 'open':
        return this.open(output.descriptor);
      case 'dial':
        return this.dial(output.index, output.address);
      case 'fetch':
        return this.store?.mirrors.fetch(output);
      case 'cut':
        return this.store?.mirrors.cut(output);
      case 'hold':
        return this.store?.mirrors.hold(output);
      case 'close':
        if (this.store?.mirrors.close(output.link) === true) return;
        this.store?.incoming.forget(output.link);
        return this.sockets.close(output.link, output.code, output.reason, output.bytes);
      case 'event':
        return this.options.onEvent(output.event);
    }
  }

  private open(descriptor: Uint8Array | undefined): void {
    this.track(
      this.options
        .openStorage(descriptor, (error) => this.diskFailed(error))
        .then(
          (storage) => {
            this.store = this.openedStore(storage);
            this.outgoing.from = this.store;
            this.feed({ kind: 'opened', held: storage.held, leaves: storage.leavesHeld });
            for (const { dial, terms } of this.early.splice(0)) this.addMirror(dial, terms);
          },
          (error: unknown) => {
            const failure =
              error instanceof HeadwaterError
                ? error
                : new HeadwaterError('DISK', humanReason(error), undefined, error);
            this.options.onFailure(failure);
          },
        ),
    );
  }

  private dial(index: number, address: string): void {
    if (this.store?.mirrors.dial(index) === true) return;
    const dialling = dial(address, ({ socket, reason }) => {
      this.dials.delete(dialling);
      if (socket === undefined) this.feed({ kind: 'dial-failed', index, reason });
      else this.opened(socket, address, index);
    });
    this.dials.add(dialling);
  }

  private opened(socket: WebSocket, address: string, index: number | undefined): void {
    const link = this.sockets.add(socket);
    if (this.closing) return this.sockets.close(link, CLOSE.OVERLOADED, 'closing', undefined);
    this.feed(
      index === undefined
        ? { kind: 'link-open', link, address }
        : { kind: 'link-open', link, address, index },
    );
  }

  private openedStore(storage: Storage): Open {
    const feed = (input: TransferInput): void => this.feed(input);
    const diskFailed = (error: unknown): void => this.diskFailed(error);
    const sums = new SymbolSums(storage);
    const written = (): void => mirrors.written();
    const incoming = new IncomingFrames(storage, feed, diskFailed, written);
    const newLink = (): LinkId => this.links++;
    const mirrors = new MirrorLinks({ layout: storage.layout, incoming, feed, newLink });
    const quarantine = new Quarantine({ storage, sums, incoming, feed, diskFailed });
    return { storage, sums, incoming, quarantine, mirrors };
  }

  /** A frame of symbols: `input` makes of it what the machine is told. */
  private arrived(link: LinkId, input: (store: Open) => TransferInput): void {
    if (this.store === undefined) {
      const reason = 'symbols before they were asked for';
      this.feed({ kind: 'violation', link, code: CLOSE.UNEXPECTED, reason });
      return;
    }
    try {
      this.feed(input(this.store));
    } catch (error) {
      const code = error instanceof ProtocolError ? error.code : CLOSE.MALFORMED;
      this.feed({ kind: 'violation', link, code, reason: humanReason(error) });
    }
  }

  private readLeaves(link: LinkId, sbn: number): void {
    const answer = (leaves: Uint8Array | undefined): void =>
      this.feed({ kind: 'leaves-read', link, sbn, leaves });
    if (this.store === undefined) return answer(undefined);
    this.track(this.store.storage.leaves(sbn).then(answer, () => answer(undefined)));
  }

  private finishBlock({ sbn, held, recoded, judge }: FinishBlock): void {
    if (this.store === undefined) return;
    const { storage, quarantine } = this.store;
    const equations = quarantine.payloads(recoded);
    const judged = quarantine.payloads(judge);
    const finish = async (): Promise<void> => {
      // Peels of the block verify what they find, and a finished block lets go of its leaves.
      await quarantine.settle(sbn);
      const finished = await storage.finishBlock(sbn, held, equations, judged);
      this.feed({ kind: 'block-finished', sbn, ...finished });
    };
    this.track(
      finish().catch((error: unknown) => {
        this.diskFailed(error); // first: it says what was wrong
        this.feed({ kind: 'block-finished', sbn, outcome: 'failed' });
      }),
    );
  }

  private finishContent(): void {
    if (this.store === undefined) return;
    const { storage, incoming, quarantine } = this.store;
    const finish = async (): Promise<void> => {
      await quarantine.settle();
      await incoming.settle();
      const problem = await storage.finishContent();
      this.feed({ kind: 'content-finished', problem });
    };
    this.track(
      finish().catch((error: unknown) => {
        const message = storeReason(error);
        this.feed({ kind: 'content-finished', problem: { code: 'DISK', message } });
      }),
    );
  }

  /** Work on the store that is not answered; its failure ends the transfer. */
  private change(work: (storage: Storage) => Promise<void>): void {
    if (this.store === undefined) return;
    this.track(work(this.store.storage).catch((error: unknown) => this.diskFailed(error)));
  }

  private track(work: Promise<void>): void {
    this.busy.add(work);
    void work.finally(() => this.busy.delete(work));
  }

  private diskFailed(error: unknown): void {
    this.feed({ kind: 'disk-failed', message: storeReason(error) });
  }
}
