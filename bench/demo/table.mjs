// What the demonstration shows at its end.

import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from '../../dist/cli/format.js';

const COLUMNS = ['received', 'useful', 'duplicate', 'rejected'];

/** One row per source, then the sum. `names` says by address what each source is. */
export function sourcesTable(result, names) {
  const rows = result.sources.map((source) => [
    source.address,
    names.get(source.address) ?? '',
    ...COLUMNS.map((column) => formatCount(source[column])),
    formatBytes(source.bytes),
  ]);
  const sum = (key) => result.sources.reduce((total, source) => total + source[key], 0);
  const total = ['all', '', ...COLUMNS.map((key) => formatCount(sum(key))), formatBytes(sum('bytes'))];
  return layOut([['source', 'holds', ...COLUMNS, 'bytes'], ...rows, total]);
}

/** The figures below the table. `alone` is the fetch from the full source only. */
export function figures(result, alone, sourceCount) {
  const rate = result.bytes / result.seconds;
  const summaries = `${formatBytes(result.summaryBytes)}`;
  return layOut(
    [
      ['needed', `${formatCount(result.needed)} symbols, received ${formatCount(result.received)}`],
      ['overhead', `${formatPercent(result.overhead)}`],
      ['summaries', `${summaries}, total overhead ${formatPercent(result.totalOverhead)}`],
      ['all sources', `${formatDuration(result.seconds)} at ${formatRate(rate)}`],
      ['full source alone', `${formatDuration(alone.seconds)} at ${formatRate(alone.rate)} (${alone.how})`],
      ['speed-up', `${(alone.seconds / result.seconds).toFixed(2)} × with ${sourceCount} equal sources`],
    ],
    1,
  );
}

/** Columns as wide as their widest cell; the first `left` columns are aligned left, the others right. */
function layOut(rows, left = 2) {
  const widths = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          index < left || row.length === 2 ? cell.padEnd(widths[index]) : cell.padStart(widths[index]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
