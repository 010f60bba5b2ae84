// What the demonstration shows at its end.

import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
} from '../../dist/cli/format.js';
import { layOut } from '../../dist/cli/table.js';

const COLUMNS = ['received', 'useful', 'duplicate', 'rejected'];

/** One row per source, then the sum. `holds` says by address what each source has. */
export function sourcesTable(result, holds) {
  const rows = result.sources.map((source) => [
    source.address.replace('ws://', ''),
    holds.get(source.address) ?? '',
    ...COLUMNS.map((column) => formatCount(source[column])),
    formatBytes(source.bytes),
  ]);
  const sum = (key) => result.sources.reduce((total, source) => total + source[key], 0);
  const all = [
    'all',
    '',
    ...COLUMNS.map((key) => formatCount(sum(key))),
    formatBytes(sum('bytes')),
  ];
  return layOut([['source', 'holds', ...COLUMNS, 'bytes'], ...rows, all], 2).join('\n');
}

/** The figures below the table. `alone` is the fetch from the full source only. */
export function figures(result, alone, sourceCount) {
  const rate = formatRate(result.bytes / result.seconds);
  const aloneRate = formatRate(alone.rate);
  const speedUp = (alone.seconds / result.seconds).toFixed(2);
  return layOut(
    [
      ['symbols', `${formatCount(result.needed)} needed, ${formatCount(result.received)} received`],
      ['overhead', formatPercent(result.overhead)],
      ['summaries', `${formatBytes(result.summaryBytes)} with all requests`],
      ['total overhead', formatPercent(result.totalOverhead)],
      ['full source alone', `${formatDuration(alone.seconds)}, ${aloneRate} (${alone.how})`],
      ['all sources', `${formatDuration(result.seconds)}, ${rate} (measured)`],
      ['speed-up', `${speedUp} × with ${sourceCount} equally fast sources`],
    ],
    2,
  ).join('\n');
}
