// The command line of bench/figures.mjs, checked. Whatever is wrong ends in a UsageError with a sentence.

import { parseArgs } from 'node:util';
import { UsageError } from '../../dist/base/index.js';
import { FINISHES, methodOf, STRATEGIES, SUMMARIES } from './methods.mjs';
import { feasible, FIGURES, SLACKS } from './plan.mjs';

/** 32 MiB in symbols of 1400 bytes: the paper's file. */
export const PAPER_SYMBOLS = 23_968;
const QUICK_SYMBOLS = 2000;

const LIST = { type: 'string', multiple: true };

const OPTIONS = {
  figure: LIST,
  slack: LIST,
  containment: LIST,
  strategy: LIST,
  updates: LIST,
  summary: { type: 'string' },
  finish: { type: 'string' },
  symbols: { type: 'string' },
  trials: { type: 'string' },
  seed: { type: 'string', default: '1' },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
};

/**
 * What a run is: `figures`; `choice` as cellsOf of plan.mjs takes it; `strategies`, `methodFor` and `isForced` as
 * chosenMethods does; `point`: it is one cell. `isPublished`: everything is as in the committed results.
 */
export function readOptions(args) {
  const values = parse(args);
  const figures = listOf('figure', values.figure, Object.keys(FIGURES)) ?? Object.keys(FIGURES);
  const strategies = listOf('strategy', values.strategy, STRATEGIES);
  const summary = oneOf('summary', values.summary, SUMMARIES);
  const finish = oneOf('finish', values.finish, FINISHES);
  if (strategies === undefined && (summary ?? finish) !== undefined) {
    throw new UsageError('--summary and --finish say how one --strategy works: name it too');
  }
  const { json, out, quick } = values;
  const choice = {
    slacks: numbersOf('slack', values.slack, 1, 2),
    containments: numbersOf('containment', values.containment, 0, 1),
    updates: numbersOf('updates', values.updates, 0, 1000),
    symbols:
      wholeOf('symbols', values.symbols, 100, 56_403) ?? (quick ? QUICK_SYMBOLS : PAPER_SYMBOLS),
    trials: wholeOf('trials', values.trials, 1, 1000),
    isQuick: quick,
    seed: wholeOf('seed', values.seed, 0, Number.MAX_SAFE_INTEGER - 1000),
  };
  const point = pointOf(figures, strategies, choice);
  if (point) {
    choice.slacks ??= [SLACKS[0]];
    choice.trials ??= 1;
  }
  checkFeasible(figures, choice);
  return {
    figures,
    strategies,
    methodFor: (strategy) => methodOf(strategy, summary, finish),
    isForced: point || (summary ?? finish) !== undefined,
    choice,
    point,
    json,
    out,
    isPublished: args.every((arg, i) => /^--(figure|json)/.test(arg) || args[i - 1] === '--figure'),
  };
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** Figure, strategy and place on the x-axis are given, one of each: one cell, and one object as the answer. */
function pointOf(figures, strategies, { slacks, containments, updates }) {
  const isOne = (list) => list?.length === 1;
  const isMany = (list) => (list?.length ?? 0) > 1;
  if (!isOne(figures) || !isOne(strategies)) return false;
  if (isMany(slacks) || isMany(containments) || isMany(updates)) return false;
  return isOne(FIGURES[figures[0]].x === 'updates' ? updates : containments);
}

function checkFeasible(figures, { slacks = SLACKS, containments }) {
  for (const figure of figures) {
    for (const slack of slacks) {
      const [least, most] = feasible(FIGURES[figure].scenario, slack);
      for (const containment of containments ?? []) {
        if (containment >= least && containment <= most) continue;
        const range = `${least === 0 ? 0 : 'above 0'} … ${Math.floor(most * 1e4) / 1e4}`;
        throw new UsageError(
          `--containment ${containment} is not possible in figure ${figure} at slack ${slack}: it has to be ${range}`,
        );
      }
    }
  }
}

/** Values of an option that may be repeated or have commas; undefined when it is not there. */
function split(values) {
  return values?.flatMap((value) => value.split(',')).map((value) => value.trim());
}

function listOf(name, values, known) {
  const list = split(values);
  for (const value of list ?? []) oneOf(name, value, known);
  return list && [...new Set(list)];
}

function oneOf(name, value, known) {
  if (value === undefined || known.includes(value)) return value;
  throw new UsageError(`--${name} ${value}: it is one of ${known.join(', ')}`);
}

function numbersOf(name, values, min, max) {
  return split(values)?.map((text) => {
    const value = text === '' ? NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new UsageError(`--${name} ${text}: a number in ${min} … ${max}`);
  });
}

function wholeOf(name, text, min, max) {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`--${name} ${text}: a whole number in ${min} … ${max}`);
}
