// protocol/registry.json, protocol/wire.md and src/wire say the same; each direction is compared whole.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLOSE, closeName, FINISH, FLAG, LIMITS, SHAPES } from '../../src/wire/index.ts';
import { PROTOCOL_VERSIONS, STRATEGY, SUMMARY_KIND } from '../../src/wire/index.ts';

interface Named {
  readonly code: number;
  readonly name: string;
}

const text = (path: string): string =>
  readFileSync(new URL(`../../protocol/${path}`, import.meta.url), 'utf8');
const registry = JSON.parse(text('registry.json')) as {
  versions: number[];
  messages: unknown[];
  closeCodes: (Named & { meaning: string })[];
  strategies: Named[];
  summaryKinds: Named[];
  finishes: Named[];
  flags: { bit: number; name: string }[];
  limits: Record<string, { value: number; reason: string }>;
};

const codes = (list: readonly Named[]): Record<string, number> =>
  Object.fromEntries(list.map(({ code, name }) => [name, code]));

/** The rows of the table in wire.md whose head has these first cells. */
function rows(...head: string[]): string[][] {
  const lines = text('wire.md').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head.join(' | ')} |`));
  expect(start, `table ${head.join(', ')}`).toBeGreaterThan(0);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((c) => c.trim());
  return lines.slice(start + 2, end < 0 ? undefined : end).map(cells);
}

test('versions', () => {
  expect(registry.versions).toEqual(PROTOCOL_VERSIONS);
  expect(text('wire.md')).toContain(`This text is version ${PROTOCOL_VERSIONS.at(-1)}.`);
});

test('messages: numbers, names, fields and their bounds', () => {
  expect(registry.messages).toEqual(SHAPES);
  expect(rows('type', 'name').map(([number, name]) => [Number(number), name])).toEqual(
    SHAPES.map((shape) => [shape.number, shape.type]),
  );
});

test('close codes', () => {
  expect(codes(registry.closeCodes)).toEqual(CLOSE);
  expect(rows('code', 'name').map(([code, name]) => [name, Number(code)])).toEqual(
    Object.entries(CLOSE),
  );
  for (const { code, name, meaning } of registry.closeCodes) {
    expect(closeName(code)).toBe(name);
    expect(meaning).not.toBe('');
  }
  expect(closeName(4999)).toBeUndefined();
});

test('strategies, summary kinds, finishes and flags', () => {
  expect(codes(registry.strategies)).toEqual(STRATEGY);
  expect(codes(registry.summaryKinds)).toEqual(SUMMARY_KIND);
  expect(codes(registry.finishes)).toEqual(FINISH);
  expect(codes(registry.flags.map(({ bit, name }) => ({ code: bit, name })))).toEqual(FLAG);
  for (const [head, numbers] of [
    ['strategy', STRATEGY],
    ['summary kind', SUMMARY_KIND],
    ['finish', FINISH],
    ['flag', FLAG],
  ] as const) {
    // A name may be followed by what it means.
    const said = rows(head, 'name').map(([number, name]) => [name?.split(',')[0], Number(number)]);
    expect(said, head).toEqual(Object.entries(numbers));
  }
});

test('limits, with a reason each', () => {
  const values = Object.entries(registry.limits).map(([name, { value }]) => [name, value]);
  expect(Object.fromEntries(values)).toEqual(LIMITS);
  const table = rows('name', 'number', 'why');
  expect(table.map(([name, number]) => [name, Number(number?.replaceAll(',', ''))])).toEqual(
    values,
  );
  expect(table.map(([name, , why]) => [name, why])).toEqual(
    Object.entries(registry.limits).map(([name, { reason }]) => [name, reason]),
  );
});
