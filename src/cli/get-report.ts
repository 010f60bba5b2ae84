// What a download tells, to a person or, with --json, to a program.

import type { TransferStatus } from '../engine/index.ts';
import type { GetEvent, GetResult } from '../node/index.ts';
import { type Display, createDisplay } from './display.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMoney,
  formatPercent,
  formatRate,
  plain,
  plural,
} from './format.ts';
import { layOut } from './table.ts';
import { type Terminal, print, printJson } from './terminal.ts';
import { warningLine } from './warning.ts';

export interface GetReport {
  event(event: GetEvent): void;
  /** Called a few times a second. */
  tick(status: TransferStatus | undefined): void;
  /** Takes the display off the screen. */
  close(): void;
}

interface Tone {
  readonly quiet?: true;
  readonly json?: true;
  readonly seed?: true;
}

export async function createGetReport(terminal: Terminal, tone: Tone): Promise<GetReport> {
  if (tone.json === true) return jsonReport(terminal);
  const display = await createDisplay(terminal, tone.quiet === true, () => performance.now());
  return personReport(terminal, display, tone);
}

/** The Node API's events, one a line; a failure is told by whoever ends the command. */
function jsonReport({ stdout }: Terminal): GetReport {
  return {
    event(event) {
      if (event.event !== 'failed') printJson(stdout, event);
    },
    tick: () => undefined,
    close: () => undefined,
  };
}

function personReport(terminal: Terminal, display: Display, { quiet, seed }: Tone): GetReport {
  const notes = new Map<string, string>();
  let name = 'download';
  let length = 0;
  let rate = 0;
  let isDone = false;
  return {
    event(event) {
      const note = noteOf(event);
      if (note !== undefined) notes.set(note.address, note.text);
      const line = lineOf(event);
      if (line !== undefined) display.note(line);
      if (event.event === 'start') ({ name, bytes: length } = event);
      if (event.event === 'progress') ({ rate } = event);
      if (event.event === 'done') {
        isDone = true;
        display.close();
        if (quiet === true) return;
        for (const text of resultLines(event)) print(terminal.stdout, text);
        if (seed === true) print(terminal.stderr, 'serving it to others; Ctrl-C ends it.');
      }
    },
    tick(status) {
      if (status !== undefined && !isDone) display.show({ name, length, status, rate, notes });
    },
    close: () => display.close(),
  };
}

/** What is shown beside a source that is not connected. */
function noteOf(event: GetEvent): { address: string; text: string } | undefined {
  if (event.event !== 'dial-failed' && event.event !== 'link-down') return undefined;
  return { address: event.address, text: event.reason || 'connection closed' };
}

/** Lines worth keeping. */
function lineOf(event: GetEvent): string | undefined {
  switch (event.event) {
    case 'start':
      if (event.have === 0) return undefined;
      return `going on with ${plain(event.name)}: ${percentOf(event.have, event.total)} is here already`;
    case 'listening':
      return `serving to others at ${event.addresses.map(plain).join(', ')}`;
    case 'warning':
      return warningLine(event);
    case 'rejected':
      return `${plain(event.address)} sent a wrong symbol; it is not used`;
    default:
      return undefined;
  }
}

/** The report of a finished download. */
export function resultLines(result: GetResult): string[] {
  const { file, bytes, sources, needed, received } = result;
  const lines = [
    `${plain(file)}: ${formatBytes(bytes)}${effort(result)}`,
    `SHA-256 ${result.sha256}`,
  ];
  if (needed === 0) return lines;
  const used = sources.filter((source) => source.received > 0);
  if (used.length > 1) {
    const rows = used.map((source) => [
      plain(source.address),
      ...[source.received, source.useful, source.duplicate, source.rejected].map(formatCount),
      formatBytes(source.bytes),
    ]);
    const head = ['source', 'received', 'useful', 'duplicate', 'rejected', 'bytes'];
    lines.push('', ...layOut([head, ...rows], 1), '');
  }
  const symbols = `${plural(needed, 'symbol')} needed, ${formatCount(received)} received`;
  const summaries = `${formatBytes(result.summaryBytes)} of summaries and requests`;
  lines.push(
    `${symbols}: overhead ${formatPercent(result.overhead)}`,
    `${summaries}: total overhead ${formatPercent(result.totalOverhead)}`,
  );
  if (result.cost > 0) lines.push(`cost ${formatMoney(result.cost)}${costsOf(used)}`);
  return lines;
}

/** What each priced source cost, when there are several. */
function costsOf(sources: GetResult['sources']): string {
  const priced = sources.filter(({ cost }) => cost > 0);
  if (priced.length < 2) return '';
  const parts = priced.map(({ address, cost }) => `${formatMoney(cost)} ${plain(address)}`);
  return `: ${parts.join(', ')}`;
}

/** How long it took, and how much there was to fetch when a part was here already. */
function effort({ bytes, seconds, sources }: GetResult): string {
  const fetched = sources.reduce((sum, source) => sum + source.bytes, 0);
  if (fetched === 0) return ', nothing to fetch';
  const isAll = fetched >= 0.99 * bytes;
  const rate = formatRate(Math.min(bytes, fetched) / Math.max(seconds, 0.001));
  const part = isAll ? '' : `, fetched ${formatBytes(fetched)}`;
  return `${part} in ${formatDuration(seconds)}, ${rate}`;
}

function percentOf(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor((100 * part) / whole)} %`;
}
