// What a progress display says, as lines of text. Pure: no terminal, no clock.

import type { SourceStatus, TransferStatus } from '../engine/io.ts';
import {
  clip,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  plain,
  plural,
  shorten,
} from './format.ts';

/** All that is shown of a download at one moment. */
export interface View {
  readonly name: string;
  /** File length in bytes; 0 until the descriptor is known. */
  readonly length: number;
  readonly status: TransferStatus;
  /** Bytes per second towards the whole, smoothed. */
  readonly rate: number;
  /** Why a source is not connected, by address. */
  readonly notes: ReadonlyMap<string, string>;
}

const BAR_WIDTH_MAX = 40;
/** Rows of sources that are shown; the rest is counted. */
const SOURCE_ROWS_MAX = 16;
const NUMBERS_WIDTH = 2 * 10 + 16;

/** The display for a terminal of `columns`. */
export function renderScreen(view: View, columns: number, unicode: boolean): string[] {
  const width = Math.max(40, columns) - 1;
  const { status } = view;
  if (status.total === 0) {
    return [
      `${shorten(plain(view.name), width - 40)}  asking for the content descriptor…`,
      ...sourceTable(view, width),
    ];
  }
  const share = doneShare(status);
  const facts = `${String(Math.floor(share * 100)).padStart(4)} %   ${pace(view)}`;
  const bar = progressBar(share, Math.min(BAR_WIDTH_MAX, width - facts.length), unicode);
  return [
    `${shorten(plain(view.name), width - 12)}  ${formatBytes(view.length)}`,
    `${bar}${facts}`,
    ...sourceTable(view, width),
  ];
}

/** The display for a log: one line. */
export function renderLine(view: View): string {
  const { status } = view;
  const name = plain(view.name);
  if (status.total === 0) return `${name}: asking for the content descriptor`;
  const links = status.sources.filter((source) => source.connected).length;
  const percent = Math.floor(doneShare(status) * 100);
  const size = formatBytes(view.length);
  return `${name}: ${percent} % of ${size}, ${pace(view)}, ${plural(links, 'source')}`;
}

/** Symbols held ÷ symbols that suffice. */
export function doneShare(status: TransferStatus): number {
  return status.total === 0 ? 0 : status.have / status.total;
}

/** Seconds left at the present rate; undefined when it cannot be told. */
export function secondsLeft(view: View): number | undefined {
  if (view.status.total === 0 || view.rate <= 0) return undefined;
  return (view.length * (1 - doneShare(view.status))) / view.rate;
}

function pace(view: View): string {
  if (view.status.have >= view.status.total) return 'decoding and checking';
  const left = secondsLeft(view);
  if (left === undefined) {
    return view.status.sources.some((source) => source.connected) ? 'starting' : 'no source yet';
  }
  return `${formatRate(view.rate)}, ${formatDuration(left)} left`;
}

function progressBar(share: number, width: number, unicode: boolean): string {
  if (width < 4) return '';
  const filled = Math.floor(share * width);
  const [full, empty] = unicode ? ['█', '░'] : ['#', '.'];
  return full.repeat(filled) + empty.repeat(width - filled);
}

function sourceTable(view: View, width: number): string[] {
  const { sources } = view.status;
  if (sources.length === 0) return [];
  const longest = Math.max(...sources.map((source) => plain(source.address).length), 6);
  const column = Math.max(12, Math.min(longest, width - NUMBERS_WIDTH));
  const rows = sources.slice(0, SOURCE_ROWS_MAX).map((source) => {
    const name = shorten(plain(source.address), column).padEnd(column);
    const useful = formatCount(source.useful).padStart(10);
    const useless = formatCount(source.duplicate + source.rejected).padStart(10);
    return clip(`${name}${useful}${useless}   ${sourceState(source, view)}`, width);
  });
  const head = `${'source'.padEnd(column)}${'useful'.padStart(10)}${'useless'.padStart(10)}   rate`;
  const more = sources.length - rows.length;
  return ['', head, ...rows, ...(more > 0 ? [`and ${more} more`] : [])];
}

function sourceState(source: SourceStatus, view: View): string {
  if (source.connected) return source.received === 0 ? 'connected' : formatRate(source.rate);
  const note = view.notes.get(source.address);
  return note === undefined ? 'not connected' : plain(note);
}
