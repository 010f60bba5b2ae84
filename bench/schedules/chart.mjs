// bench/results/schedules/schedules.json as a chart beside it: npm run chart:schedules -- [--check]

import { readFileSync } from 'node:fs';
import { drawOrCheck } from '../chart.mjs';
import { drawingOf } from './drawing.mjs';

const file = `${import.meta.dirname}/../results/schedules/schedules.json`;
await drawOrCheck(file.replace(/json$/, 'svg'), drawingOf(JSON.parse(readFileSync(file, 'utf8'))));
