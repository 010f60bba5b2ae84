// What a transfer does with each message of a neighbour. Throws ProtocolError, which ends the link.

import { CorruptError, ProtocolError } from '../base/index.ts';
import { readIdRuns } from '../summary/index.ts';
import type { MessageOf } from '../wire/index.ts';
import { CLOSE, LIMITS, STRATEGY } from '../wire/index.ts';
import type { DescriptorDesk } from './descriptor-desk.ts';
import { sendDescriptor } from './descriptor-desk.ts';
import type { Fetching } from './fetching.ts';
import type { TransferOutput, TransferStatus } from './io.ts';
import type { PeerMessage } from './neighbours.ts';
import { LEAVES_OPEN_MAX } from './leaves-desk.ts';
import type { Exchange, Halves, Peer } from './peer.ts';
import { refuse } from './serving.ts';
import type { TransferOptions } from './options.ts';

/** Times that one link may ask for the descriptor or for leaves of a block, beyond one per block. */
const METADATA_SPARE = 64;
/** Symbols between two deltas of a coordinated sender, at most. */
const DELTA_PERIOD_MAX = 256;

/** What messages do to the transfer they come to. */
export interface MessageHost {
  readonly options: TransferOptions;
  readonly peers: readonly Peer[];
  readonly phase: TransferStatus['phase'];
  /** The encoded descriptor, when it is known. */
  readonly descriptor: Uint8Array | undefined;
  readonly desk: DescriptorDesk;
  readonly exchange: Exchange | undefined;
  readonly fetching: Fetching | undefined;
  output(output: TransferOutput): void;
  /** Throws CorruptError when the bytes are not the right descriptor. */
  describe(bytes: Uint8Array): void;
  join(peer: Peer, now: number): void;
  serve(now: number): void;
  /** Something came that the transfer was waiting for. */
  progress(now: number): void;
}

export function takeMessage(
  transfer: MessageHost,
  peer: Peer,
  message: PeerMessage,
  size: number,
  now: number,
): void {
  const { exchange } = transfer;
  switch (message.type) {
    case 'want-descriptor':
      countMetadata(peer, exchange);
      sendDescriptor(peer, transfer.descriptor);
      return;
    case 'descriptor':
      takeDescriptor(transfer, peer, message, now);
      return;
    case 'status':
      peer.halves?.receiver.forgetDry();
      transfer.desk.ask(transfer.descriptor === undefined ? transfer.peers : [], now);
      transfer.join(peer, now);
      return;
    default:
  }
  if (exchange === undefined || peer.halves === undefined) {
    throw new ProtocolError(CLOSE.UNEXPECTED, `${message.type} before this end serves`);
  }
  if (isPrice(transfer, message)) peer.account.summaryBytes += size;
  takeSymbolMessage(transfer, exchange, peer, peer.halves, message, now);
}

type SymbolMessage = Exclude<PeerMessage, MessageOf<'want-descriptor' | 'descriptor' | 'status'>>;

function takeSymbolMessage(
  transfer: MessageHost,
  exchange: Exchange,
  peer: Peer,
  halves: Halves,
  message: SymbolMessage,
  now: number,
): void {
  const { fetching } = transfer;
  switch (message.type) {
    case 'want-leaves':
      takeWantLeaves(transfer, exchange, peer, message);
      break;
    case 'leaves': {
      const whole = fetching?.leaves.chunk(peer, message, now);
      halves.receiver.busy(now);
      if (whole !== undefined) transfer.output({ kind: 'write-leaves', ...whole });
      if (message.bytes.length === 0 || whole !== undefined) fetching?.plan(now);
      break;
    }
    case 'ask':
      takeAsk(transfer, exchange, peer, halves, message);
      break;
    case 'summary': {
      halves.view.summary(message);
      const answer = halves.view.takeAnswer();
      if (answer !== undefined) peer.say(answer, false);
      news(transfer, peer, halves, now);
      // What waited for the description can go now, and a pool that depends on it is out of date.
      peer.updateAt(fetching?.received ?? 0, now);
      transfer.serve(now);
      break;
    }
    case 'delta':
      halves.view.delta(message);
      news(transfer, peer, halves, now);
      peer.updateAt(fetching?.received ?? 0, now);
      break;
    case 'more':
      peer.goOn(message);
      break;
    case 'share':
      recodingOf(halves.sender.recoder, message).expect(message.part);
      break;
    case 'pool':
      recodingOf(halves.recoded, message).tell(message);
      news(transfer, peer, halves, now);
      break;
    case 'grant':
      halves.sender.grant(message.grants);
      transfer.serve(now);
      break;
    case 'want':
      takeWant(exchange, halves, message);
      transfer.serve(now);
      break;
    case 'dry':
      fetching?.dry(peer, halves, message, now);
      // A filter that hides what is lacking is renewed; an exact view needs no second telling.
      peer.tellAfterDry(fetching?.received ?? 0, now);
      break;
  }
  refuse(peer);
}

/** True when the message is part of the price of this end's receiving. */
function isPrice(transfer: MessageHost, message: SymbolMessage): boolean {
  if (transfer.fetching === undefined) return false;
  if (message.type === 'dry' || message.type === 'more' || message.type === 'pool') return true;
  const described = message.type === 'summary' || message.type === 'delta';
  return described && transfer.options.strategy === 'coordinated';
}

/** The neighbour told what it holds: it may be asked for more. */
function news(transfer: MessageHost, peer: Peer, halves: Halves, now: number): void {
  const { fetching } = transfer;
  if (fetching === undefined || transfer.phase !== 'running') return;
  halves.receiver.forgetDry();
  fetching.leaves.retry(peer);
  fetching.planFor(peer, now);
}

function takeWantLeaves(
  transfer: MessageHost,
  exchange: Exchange,
  peer: Peer,
  { sbn }: MessageOf<'want-leaves'>,
): void {
  countMetadata(peer, exchange);
  if (sbn >= exchange.layout.blockCount) {
    throw new ProtocolError(CLOSE.MALFORMED, `leaves of block ${sbn} beyond the content`);
  }
  if (++peer.leavesReading > LEAVES_OPEN_MAX) {
    throw new ProtocolError(CLOSE.LIMIT, `more than ${LEAVES_OPEN_MAX} requests for leaves`);
  }
  transfer.output({ kind: 'read-leaves', link: peer.id, sbn });
}

/** What takes part in recoding, if it was asked for. Throws ProtocolError UNEXPECTED otherwise. */
function recodingOf<T>(part: T | undefined, { type }: SymbolMessage): T {
  if (part !== undefined) return part;
  throw new ProtocolError(CLOSE.UNEXPECTED, `${type}, but no recoded symbols were asked for`);
}

function takeAsk(
  transfer: MessageHost,
  exchange: Exchange,
  peer: Peer,
  halves: Halves,
  message: MessageOf<'ask'>,
): void {
  if (!transfer.options.serve)
    throw new ProtocolError(CLOSE.UNEXPECTED, 'ask, but nothing is served');
  halves.sender.ask(message);
  if (message.strategy !== STRATEGY.coordinated) return;
  if (exchange.held.count === exchange.layout.idCount) return; // `complete` says it all
  const f = Math.max(1, message.updateFrequency);
  const period = Math.min(DELTA_PERIOD_MAX, Math.ceil(exchange.layout.sourceSymbolCount / f));
  peer.describe(exchange, 'exact', period, transfer.fetching?.received ?? 0);
}

function takeWant(exchange: Exchange, halves: Halves, message: MessageOf<'want'>): void {
  const ids: number[] = [];
  const { idCount } = exchange.layout;
  const read = readIdRuns(message.body, idCount, LIMITS.wantIdsMax, (start, end) => {
    for (let id = start; id < end; id++) ids.push(id);
  });
  if (read === undefined) throw new ProtocolError(CLOSE.MALFORMED, 'want names no id runs');
  halves.sender.want(ids);
}

function takeDescriptor(
  transfer: MessageHost,
  peer: Peer,
  message: MessageOf<'descriptor'>,
  now: number,
): void {
  if (transfer.descriptor !== undefined) return;
  const whole = transfer.desk.chunk(peer, message, now);
  if (message.bytes.length > 0) transfer.progress(now);
  if (whole === undefined) {
    transfer.desk.ask(transfer.peers, now);
    return;
  }
  try {
    transfer.describe(whole);
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    transfer.desk.forget(peer);
    throw new ProtocolError(CLOSE.BAD_DESCRIPTOR, error.message);
  }
}

function countMetadata(peer: Peer, exchange: Exchange | undefined): void {
  const limit = METADATA_SPARE + 2 * (exchange?.layout.blockCount ?? 0);
  if (++peer.metadataAnswers > limit) {
    throw new ProtocolError(CLOSE.LIMIT, `more than ${limit} requests for metadata`);
  }
}
