// Runs one Transfer in this process: the clock, the sockets, the store and the workers, around one machine.
// One input, then drain until `timeout`. Payload bytes stay here; the machine sees ids.

import type { WebSocket } from 'ws';
import type { LinkId } from '../base/index.ts';
import { ProtocolError } from '../base/index.ts';
import type { TransferEvent, TransferInput, TransferOutput, TransferStatus } from '../engine/io.ts';
import { CLOSE, decodeSymbolFrame, encodeControl } from '../wire/index.ts';
import type { Dial } from './dial.ts';
import { dial } from './dial.ts';
import { HeadwaterError, humanReason, storeReason } from './errors.ts';
import { IncomingFrames } from './incoming-frames.ts';
import { OutgoingFrames } from './outgoing-frames.ts';
import { CLOSE_MS } from './socket-options.ts';
import { Sockets } from './sockets.ts';
import type { Storage } from './storage.ts';

/** What a driver needs of a Transfer. */
export interface Machine {
  handle(input: TransferInput, now: number): void;
  poll(): TransferOutput;
  status(): TransferStatus;
}

export interface DriverOptions {
  readonly machine: Machine;
  /** Opens the store for a descriptor that the machine has checked. */
  readonly openStorage: (
    descriptor: Uint8Array,
    onDiskFailure: (error: unknown) => void,
  ) => Promise<Storage>;
  readonly onEvent: (event: TransferEvent) => void;
  /** The store could not be opened, or this code is wrong. The transfer is over. */
  readonly onFailure: (error: HeadwaterError) => void;
}

/** setTimeout takes no more. */
const TIMER_MS_MAX = 0x7fffffff;

/** Drives a machine until `close`. */
export class Driver {
  private readonly options: DriverOptions;
  private readonly sockets: Sockets;
  private readonly outgoing: OutgoingFrames;
  private readonly dials = new Set<Dial>();
  private storage: Storage | undefined;
  private incoming: IncomingFrames | undefined;
  private readonly inputs: TransferInput[] = [];
  private running = false;
  /** Links are being let go: no new ones. */
  private closing = false;
  /** All is let go: inputs are ignored. */
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  private sources = 0;
  /** Work on the store under way, which `close` waits for. */
  private readonly busy = new Set<Promise<void>>();

  constructor(options: DriverOptions) {
    this.options = options;
    this.sockets = new Sockets({
      control: (link, bytes) => this.feed({ kind: 'control', link, bytes }),
      symbols: (link, frame) => this.symbols(link, frame),
      violation: (link, code, reason) => this.feed({ kind: 'violation', link, code, reason }),
      closed: (link, code, reason) => {
        this.incoming?.forget(link);
        this.feed({ kind: 'link-closed', link, code, reason });
      },
    });
    this.outgoing = new OutgoingFrames(
      this.sockets,
      (input) => this.feed(input),
      (work) => this.track(work),
    );
  }

  /** The first call: with the descriptor when there is one. */
  start(descriptor?: Uint8Array): void {
    this.feed(descriptor === undefined ? { kind: 'start' } : { kind: 'start', descriptor });
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
    const bye = encodeControl({ type: 'bye', code: CLOSE.DONE, reason: 'done' });
    this.sockets.closeAll(CLOSE.DONE, 'done', bye);
    await this.sockets.drained(2 * CLOSE_MS);
    this.closed = true;
    clearTimeout(this.timer);
    await Promise.allSettled(this.busy);
    try {
      await this.incoming?.settle();
    } finally {
      await this.storage?.close();
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
        return this.incoming?.write(output);
      case 'write-leaves':
        return this.store((storage) => storage.putLeaves(output.sbn, output.leaves));
      case 'read-leaves':
        return this.readLeaves(output.link, output.sbn);
      case 'finish-block':
        return this.finishBlock(output.sbn, output.held);
      case 'discard-block':
        return this.store((storage) => storage.discardBlock(output.sbn));
      case 'finish-content':
        return this.finishContent();
      case 'open':
        return this.open(output.descriptor);
      case 'dial':
        return this.dial(output.index, output.address);
      case 'close':
        this.incoming?.forget(output.link);
        return this.sockets.close(output.link, output.code, output.reason, output.bytes);
      case 'event':
        return this.options.onEvent(output.event);
    }
  }

  private open(descriptor: Uint8Array): void {
    this.track(
      this.options
        .openStorage(descriptor, (error) => this.diskFailed(error))
        .then(
          (storage) => {
            this.storage = storage;
            this.outgoing.storage = storage;
            this.incoming = new IncomingFrames(
              storage,
              (input) => this.feed(input),
              (error) => this.diskFailed(error),
            );
            this.feed({ kind: 'opened', held: storage.held, leaves: storage.leavesHeld });
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

  private symbols(link: LinkId, bytes: Uint8Array): void {
    if (this.storage === undefined || this.incoming === undefined) {
      const reason = 'symbols before they were asked for';
      this.feed({ kind: 'violation', link, code: CLOSE.UNEXPECTED, reason });
      return;
    }
    try {
      const symbols = decodeSymbolFrame(bytes, this.storage.layout.symbolBytes);
      const frame = this.incoming.keep(link, symbols);
      this.feed({ kind: 'symbols', link, frame, sbn: symbols.sbn, esis: symbols.esis });
    } catch (error) {
      const code = error instanceof ProtocolError ? error.code : CLOSE.MALFORMED;
      this.feed({ kind: 'violation', link, code, reason: humanReason(error) });
    }
  }

  private readLeaves(link: LinkId, sbn: number): void {
    const answer = (leaves: Uint8Array | undefined): void =>
      this.feed({ kind: 'leaves-read', link, sbn, leaves });
    if (this.storage === undefined) return answer(undefined);
    this.track(this.storage.leaves(sbn).then(answer, () => answer(undefined)));
  }

  private finishBlock(sbn: number, held: readonly number[]): void {
    const { storage } = this;
    if (storage === undefined) return;
    this.track(
      storage.finishBlock(sbn, held).then(
        (outcome) => this.feed({ kind: 'block-finished', sbn, outcome }),
        (error: unknown) => {
          this.diskFailed(error); // first: it says what was wrong
          this.feed({ kind: 'block-finished', sbn, outcome: 'failed' });
        },
      ),
    );
  }

  private finishContent(): void {
    const { storage, incoming } = this;
    if (storage === undefined || incoming === undefined) return;
    const finish = async (): Promise<void> => {
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
  private store(work: (storage: Storage) => Promise<void>): void {
    if (this.storage === undefined) return;
    this.track(work(this.storage).catch((error: unknown) => this.diskFailed(error)));
  }

  private track(work: Promise<void>): void {
    this.busy.add(work);
    void work.finally(() => this.busy.delete(work));
  }

  private diskFailed(error: unknown): void {
    this.feed({ kind: 'disk-failed', message: storeReason(error) });
  }
}
