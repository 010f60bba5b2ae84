// The bench's rows as a table to read.

import { formatRate } from '../../dist/cli/format.js';
import { layOut } from '../../dist/cli/table.js';

const HEAD = [
  'scenario',
  'strategy',
  'f',
  'c',
  'blocks',
  'links',
  'overhead',
  'simulated',
  '±',
  'in all',
];
const MORE = ['simulated', 'seconds', 'simulated', 'MB/s', 'simulated', ''];

export function rowsTable(rows) {
  const lines = rows.map(
    ({ scenario, label, updates, containment, blockCount, rate, real, simulated, agrees }) => [
      scenario,
      label,
      String(updates),
      String(containment),
      String(blockCount),
      formatRate(rate),
      real.overhead.toFixed(4),
      simulated.overhead.toFixed(4),
      simulated.spread.toFixed(4),
      real.totalOverhead.toFixed(4),
      simulated.totalOverhead.toFixed(4),
      real.seconds.toFixed(2),
      simulated.seconds.toFixed(2),
      real.mbPerSecond.toFixed(1),
      simulated.mbPerSecond.toFixed(1),
      agrees ? 'agrees' : 'DISAGREES',
    ],
  );
  return layOut([[...HEAD, ...MORE], ...lines], 2).join('\n');
}
