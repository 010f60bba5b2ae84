// bench/results/figures/figure-*.json as charts beside them: npm run chart:figures -- [--check]

import { readdirSync, readFileSync } from 'node:fs';
import { drawOrCheck } from '../chart.mjs';
import { drawingOf } from './drawing.mjs';

const results = `${import.meta.dirname}/../results/figures`;
for (const name of readdirSync(results).filter((file) => file.endsWith('.json'))) {
  const file = `${results}/${name}`;
  await drawOrCheck(
    file.replace(/json$/, 'svg'),
    drawingOf(JSON.parse(readFileSync(file, 'utf8'))),
  );
}
