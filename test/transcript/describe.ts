// A trace as lines that a person can read: who said what to whom, when.

import { Bitset } from '../../src/base/index.ts';
import type { TraceEntry } from '../../src/sim/index.ts';
import {
  decodeExact,
  decodeSummary,
  readIdRuns,
  readRibltHeader,
  summaryKindOf,
} from '../../src/summary/index.ts';
import type { Layout } from '../../src/content/index.ts';
import type { Grant, Message } from '../../src/wire/index.ts';
import {
  closeName,
  decodeControl,
  FINISH,
  FLAG,
  STRATEGY,
  SUMMARY_KIND,
} from '../../src/wire/index.ts';

const nameOf = (table: Readonly<Record<string, number>>, code: number): string =>
  Object.entries(table).find(([, value]) => value === code)?.[0] ?? String(code);

function flagNames(flags: number): string {
  const names = Object.entries(FLAG).filter(([, bit]) => (flags & bit) !== 0);
  return names.length === 0 ? 'nothing' : names.map(([name]) => name).join('+');
}

/** 0:3-5,9 1:0: the ids 3, 4, 5 and 9 of block 0 and 0 of block 1. */
function idNames(layout: Layout, ids: Bitset): string {
  const blocks: string[] = [];
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const start = layout.windowStart(sbn);
    const end = layout.windowStart(sbn + 1);
    const runs: string[] = [];
    for (let from = ids.next(start, end); from >= 0;) {
      const absent = ids.nextAbsent(from, end);
      const to = absent < 0 ? end : absent;
      runs.push(to - from > 1 ? `${from - start}-${to - 1 - start}` : `${from - start}`);
      from = to >= end ? -1 : ids.next(to, end);
    }
    if (runs.length > 0) blocks.push(`${sbn}:${runs.join()}`);
  }
  return blocks.length === 0 ? 'none' : blocks.join(' ');
}

function runNames(layout: Layout, body: Uint8Array): string {
  const ids = new Bitset(layout.idCount);
  readIdRuns(body, layout.idCount, layout.idCount, (from, to) => ids.addRange(from, to));
  return idNames(layout, ids);
}

const grantNames = (grants: readonly Grant[]): string =>
  grants.map(({ sbn, count }) => `${count} of block ${sbn}`).join(', ');

function bodyOf(layout: Layout, m: Extract<Message, { type: 'summary' }>): string {
  const [from, to] = [
    layout.windowStart(m.firstSbn),
    layout.windowStart(m.firstSbn + m.blockCount),
  ];
  const kind = summaryKindOf(m.kind)!;
  const header = kind === 'riblt' ? readRibltHeader(m.body, to - from) : undefined;
  if (header !== undefined)
    return `riblt, cells ${header.first}-${header.first + header.cells - 1}`;
  if (kind === 'art' || kind === 'min-wise') return `${kind} of ${m.body.length} bytes`;
  const summary = decodeSummary(kind, m.body, from, to);
  const ids = new Bitset(layout.idCount);
  for (let id = from; id < to; id++) if (summary?.has(id)) ids.add(id);
  return `${nameOf(SUMMARY_KIND, m.kind)} ${idNames(layout, ids)}`;
}

function poolNames(layout: Layout, m: Extract<Message, { type: 'pool' }>): string {
  if (m.add) return runNames(layout, m.body);
  const ids = new Bitset(layout.idCount);
  const [from, to] = [
    layout.windowStart(m.firstSbn),
    layout.windowStart(m.firstSbn + m.blockCount),
  ];
  decodeExact(m.body, from, to, ids);
  return idNames(layout, ids);
}

function messageText(layout: Layout, m: Message): string {
  switch (m.type) {
    case 'hello':
    case 'status':
      return `${m.type} ${flagNames(m.flags)}`;
    case 'share':
      return `share ${m.part} of 255`;
    case 'descriptor':
      return `descriptor bytes ${m.offset}-${m.offset + m.bytes.length - 1} of ${m.total}`;
    case 'want-leaves':
      return `want-leaves of block ${m.sbn}`;
    case 'leaves':
      return `leaves of block ${m.sbn}: ${m.bytes.length / 16} from ${m.first}`;
    case 'ask': {
      const kind = nameOf(SUMMARY_KIND, m.summaryKind);
      const asked = `ask ${nameOf(STRATEGY, m.strategy)}, ${kind}, f = ${m.updateFrequency}`;
      return `${asked}, start ${m.start}, finish ${nameOf(FINISH, m.finish)}`;
    }
    case 'summary':
      return `summary ${m.sequence}: ${bodyOf(layout, m)}${m.more ? ' …' : ''}`;
    case 'delta':
      return `delta ${m.sequence}: ${runNames(layout, m.body)}`;
    case 'more':
      return `more after ${m.sequence}: ${m.cells} cells in all`;
    case 'pool': {
      const end = m.firstSbn + m.blockCount;
      return `pool of blocks ${m.firstSbn} to ${end - 1}${m.add ? ', added' : ''}: ${poolNames(layout, m)}`;
    }
    case 'grant':
      return `grant ${grantNames(m.grants)}`;
    case 'want':
      return `want ${runNames(layout, m.body)}`;
    case 'dry':
      return `dry ${[grantNames(m.grants), m.body.length > 0 ? runNames(layout, m.body) : ''].filter((s) => s !== '').join(' and ')}`;
    case 'ping':
    case 'pong':
      return `${m.type} ${m.token}`;
    case 'bye':
      return `bye ${closeName(m.code) ?? m.code}: ${m.reason}`;
    case 'want-descriptor':
      return 'want-descriptor';
  }
}

/** One line, or none for what adds nothing: the other end's side of a close. */
export function lineOf(layout: Layout, at: number, entry: TraceEntry): string {
  const time = at.toFixed(1).padStart(9);
  const pair = 'from' in entry ? `${entry.from} → ${entry.to}`.padEnd(8) : '';
  switch (entry.kind) {
    case 'link':
      return `${time}  ${pair}  dials`;
    case 'control':
      return `${time}  ${pair}  ${messageText(layout, decodeControl(entry.bytes))}`;
    case 'symbols': {
      const names = entry.esis.map((esi, i) => `${esi}${entry.bad[i] ? ' (bad)' : ''}`);
      return `${time}  ${pair}  symbols of block ${entry.sbn}: ${names.join(' ')}`;
    }
    case 'recoded': {
      const names = entry.degrees.map((degree, i) => `${degree}${entry.bad[i] ? ' (bad)' : ''}`);
      return `${time}  ${pair}  recoded symbols of block ${entry.sbn} from ${entry.first}, degrees ${names.join(' ')}`;
    }
    case 'close':
      return `${time}  ${entry.to.padEnd(8)}  sees the link with ${entry.from} closed: ${closeName(entry.code) ?? entry.code}`;
    case 'fault':
      return `${time}  ${entry.peer.padEnd(8)}  fault: ${entry.fault}`;
    case 'event': {
      const { type, ...rest } = entry.event as { type: string } & Record<string, unknown>;
      delete rest['link'];
      delete rest['agent'];
      const details = Object.entries(rest).map(([key, value]) => ` ${key} ${String(value)}`);
      return `${time}  ${entry.peer.padEnd(8)}  * ${type}${details.join('')}`;
    }
  }
}
