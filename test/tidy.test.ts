// The project lints itself. The two tables are the floors of ARCHITECTURE.md in code: to move a wall, move
// it here first. What each check must catch is planted at the end of this file.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  checkCycles,
  checkDirection,
  checkFocus,
  checkIndex,
  checkLength,
  checkNamedFiles,
  checkPackages,
  checkPurity,
  checkSuppressions,
} from './tidy/checks.ts';
import type { Source } from './tidy/source.ts';
import { folderOf, parse } from './tidy/source.ts';

/** Which folders of src a folder may import, besides itself. A row names only rows above it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  kernel: ['base'],
  fountain: ['base', 'kernel'],
  summary: ['base'],
  content: ['base', 'kernel', 'fountain'],
  store: ['base', 'content'],
  wire: ['base', 'summary', 'content'],
  session: ['base', 'fountain', 'summary', 'content', 'store', 'wire'],
  engine: ['base', 'fountain', 'summary', 'content', 'store', 'wire', 'session'],
  sim: ['base', 'fountain', 'summary', 'content', 'store', 'wire', 'session', 'engine'],
  node: ['base', 'kernel', 'fountain', 'summary', 'content', 'store', 'wire', 'session', 'engine'],
  cli: ['base', 'content', 'engine', 'sim', 'node'],
  // src/index.ts, the pure public entry.
  index: [
    'base',
    'kernel',
    'fountain',
    'summary',
    'content',
    'store',
    'wire',
    'session',
    'engine',
    'sim',
  ],
};

/** Which packages a folder may import. No row, no package. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  base: ['@noble/hashes'],
  summary: ['@noble/hashes', 'bloom-filters'],
  wire: ['msgpackr'],
  node: ['node:', 'ws', 'fast-xml-parser'],
  cli: ['node:', 'commander', 'log-update'],
};

/** The drivers and the programs; every other folder is pure. */
const IMPURE_FOLDERS = ['node', 'cli'];
/** Names what the pure world lacks, in order to fail when it has it. */
const CANARY = 'src/base/canary.ts';
const LINES_MAX = 600;
const TABLES = ['src/fountain/raptorq/tables.ts'];

const isPure = (file: string): boolean => {
  const folder = folderOf(file);
  return folder !== undefined && !IMPURE_FOLDERS.includes(folder) && file !== CANARY;
};

function filesUnder(top: string, extensions: RegExp): string[] {
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extensions.test(entry.name))
    .map((entry) => `${entry.parentPath.replaceAll('\\', '/')}/${entry.name}`)
    .filter((file) => !/\/(?:node_modules|dist|results)\//.test(file))
    .sort();
}

const read = (file: string): string => readFileSync(file, 'utf8');
const readJson = (file: string): Record<string, unknown> => JSON.parse(read(file));

const code = ['src', 'test', 'bench'].flatMap((top) => filesUnder(top, /\.(?:ts|mjs|js)$/));
const sources = code.map((file) => parse(file, read(file)));
const src = sources.filter(({ path }) => path.startsWith('src/'));
const documents = [
  ...readdirSync('.').filter((file) => file.endsWith('.md')),
  ...filesUnder('protocol', /\.md$/),
];

/** What a check finds in every one of the files. */
const over = (files: readonly Source[], check: (source: Source) => string[]): string[] =>
  files.flatMap(check);

describe('the tables', () => {
  it('go down: a row names only rows above it', () => {
    const rows = Object.keys(MAY_IMPORT);
    for (const [row, names] of Object.entries(MAY_IMPORT)) {
      for (const name of names)
        expect(rows.indexOf(name), `${row} names ${name}`).toBeLessThan(rows.indexOf(row));
      for (const name of names) expect(rows, `${row} names ${name}`).toContain(name);
    }
    for (const row of Object.keys(PACKAGES)) expect(rows).toContain(row);
  });

  it('have a row for every folder of src', () => {
    const folders = new Set(src.map(({ path }) => folderOf(path)));
    expect([...folders].filter((folder) => !(folder! in MAY_IMPORT))).toEqual([]);
  });

  it('agree with the worlds of the compiler', () => {
    const included = (file: string): unknown => readJson(file)['include'];
    const folders = Object.keys(MAY_IMPORT).filter((row) => row !== 'index');
    const inWorld = (impure: boolean): string[] =>
      folders.filter((row) => IMPURE_FOLDERS.includes(row) === impure).map((row) => `src/${row}`);
    expect(included('tsconfig.pure.json')).toEqual(['src/index.ts', ...inWorld(false)]);
    expect(included('tsconfig.node.json')).toEqual(inWorld(true));
  });

  it('name the dependencies of package.json, all of them and no others', () => {
    const named = new Set(Object.values(PACKAGES).flat());
    named.delete('node:');
    const { dependencies } = readJson('package.json');
    expect(Object.keys(dependencies as object).sort()).toEqual([...named].sort());
  });
});

describe('the sources', () => {
  it('are found', () => {
    expect(src.length).toBeGreaterThan(10);
    expect(sources.map(({ path }) => path)).toContain(CANARY);
  });

  it('import downwards, type-only imports too', () => {
    expect(over(src, (source) => checkDirection(source, MAY_IMPORT))).toEqual([]);
  });

  it('import the packages of their folder only', () => {
    expect(over(src, (source) => checkPackages(source, PACKAGES))).toEqual([]);
  });

  it('have no import cycle', () => {
    expect(checkCycles(src)).toEqual([]);
  });

  it('have no clock, timer, entropy, Promise or console below the drivers', () => {
    expect(
      over(
        src.filter(({ path }) => isPure(path)),
        checkPurity,
      ),
    ).toEqual([]);
  });

  it('re-export by name', () => {
    expect(over(src, checkIndex)).toEqual([]);
  });

  it(`have at most ${LINES_MAX} lines a file, tables aside`, () => {
    expect(over(sources, (source) => checkLength(source, LINES_MAX, TABLES))).toEqual([]);
  });

  it('do not silence the compiler', () => {
    expect(over(sources, checkSuppressions)).toEqual([]);
  });

  it('leave no test out', () => {
    expect(
      over(
        sources.filter(({ path }) => path.startsWith('test/')),
        checkFocus,
      ),
    ).toEqual([]);
  });
});

describe('the texts', () => {
  it('name files that exist', () => {
    const texts = [...documents, ...code.filter((file) => !file.startsWith('test/tidy'))];
    expect(texts.flatMap((file) => checkNamedFiles(file, read(file), existsSync))).toEqual([]);
  });

  it('of the protocol hold no executable code', () => {
    const others = filesUnder('protocol', /./).filter((file) => !/\.(?:md|json)$/.test(file));
    expect(others).toEqual([]);
  });
});

/** Findings of one check on one planted file. */
const planted = (check: (source: Source) => string[], file: string, text: string): string[] =>
  check(parse(file, text));

describe('planted violations: direction', () => {
  const check = (source: Source): string[] => checkDirection(source, MAY_IMPORT);

  it.each([
    ["import { Link } from '../session/index.ts';", 'session'],
    ["import type { Link } from '../session/link.ts';", 'session'],
    ["export { Link } from '../session/index.ts';", 'session'],
    ["export type { Link } from '../session/index.ts';", 'session'],
    ["type Link = import('../session/link.ts').Link;", 'session'],
    ["const link = import('../session/link.ts');", 'session'],
    ["const link = require('../session/link.ts');", 'session'],
    ["import link = require('../session/link.ts');", 'session'],
    ["new Worker(new URL('../node/worker.js', import.meta.url));", 'node'],
    ['/// <reference path="../node/worker.ts" />', 'node'],
    ["import { x } from '../../test/helpers.ts';", '../../test/helpers.ts'],
    ["import { x } from '../index.ts';", 'index'],
    ["import '../store/../session/link.ts';", 'session'],
  ])('%s in store', (text, target) => {
    expect(planted(check, 'src/store/x.ts', text)).toEqual([
      `src/store/x.ts:1: store may not import ${target}`,
    ]);
  });

  it.each([
    "import { Layout } from '../content/index.ts';",
    "import { SymbolStore } from './symbol-store.ts';",
    "require('../../package.json');",
    "// import { Link } from '../session/index.ts';",
    'const text = "import { Link } from \'../session/index.ts\';";',
    "new URL('../session/link.ts', 'https://example.org');",
  ])('%s in store is no violation', (text) => {
    expect(planted(check, 'src/store/x.ts', text)).toEqual([]);
  });

  it('sees a folder without a row, and a file deep inside a folder', () => {
    expect(planted(check, 'src/extra/x.ts', '')).toHaveLength(1);
    expect(planted(check, 'src/node/store/x.ts', "import '../../sim/index.ts';")).toHaveLength(1);
    expect(planted(check, 'src/node/store/x.ts', "import '../../store/index.ts';")).toEqual([]);
    expect(planted(check, 'src/index.ts', "export { x } from './node/index.ts';")).toHaveLength(1);
  });
});

describe('planted violations: packages', () => {
  const check = (source: Source): string[] => checkPackages(source, PACKAGES);

  it.each([
    ['src/engine/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['src/engine/x.ts', "import type { Server } from 'node:http';"],
    ['src/node/x.ts', "import { readFile } from 'fs';"],
    ['src/node/x.ts', "import { Command } from 'commander';"],
    ['src/store/x.ts', "import { sha256 } from '@noble/hashes/sha2.js';"],
    ['src/wire/x.ts', "import { x } from 'msgpackr-extract';"],
    ['src/cli/x.ts', "import { share } from 'headwater/node';"],
    ['src/cli/x.ts', 'import(name);'],
    ['src/session/x.ts', '/// <reference types="node" />'],
  ])('%s: %s', (file, text) => {
    expect(planted(check, file, text)).toHaveLength(1);
  });

  it.each([
    ['src/base/x.ts', "import { sha256 } from '@noble/hashes/sha2.js';"],
    ['src/node/x.ts', "import { WebSocket } from 'ws';"],
    ['src/cli/x.ts', "import process from 'node:process';"],
    ['src/engine/x.ts', "// import fs from 'node:fs';"],
  ])('%s: %s is no violation', (file, text) => {
    expect(planted(check, file, text)).toEqual([]);
  });
});

describe('planted violations: purity', () => {
  it.each([
    'const now = Date.now();',
    'const now = new Date();',
    'const clock = { now: Date.now };',
    'const clock = Date;',
    'const x = Math.random();',
    "const x = Math['random']();",
    'const { random } = Math;',
    'setTimeout(f, 1);',
    'queueMicrotask(f);',
    'let p: Promise<void>;',
    'const p = Promise.resolve();',
    'async function f() {}',
    'const f = async () => {};',
    'class C { async f() {} }',
    'console.log(1);',
    'const { log } = console;',
    'globalThis.x = 1;',
    'const text = `${Date.now()}`;',
  ])('%s', (text) => {
    expect(planted(checkPurity, 'src/engine/x.ts', text)).toHaveLength(1);
  });

  it.each([
    '// Date.now() and Math.random() and setTimeout',
    '/** async Promise */',
    "const text = 'new Date() await console.log';",
    'const text = `Date.now()`;',
    'const pattern = /Promise|async/;',
    'options.console = output.setTimeout;',
    'interface Clock { Date: number; setTimeout(): void }',
    'const x = Math.floor(Math.max(1, 2));',
    'const dated = undated + asyncCount;',
  ])('%s is no violation', (text) => {
    expect(planted(checkPurity, 'src/engine/x.ts', text)).toEqual([]);
  });
});

describe('planted violations: cycles', () => {
  const graph = (files: Record<string, string>): string[] =>
    checkCycles(Object.entries(files).map(([file, text]) => parse(`src/base/${file}`, text)));

  it('finds a cycle of three, and says which', () => {
    const found = graph({
      'a.ts': "import './b.ts';",
      'b.ts': "import './c.ts';",
      'c.ts': "import './a.ts';",
    });
    expect(found).toEqual([
      'src/base/c.ts:1: import cycle src/base/a.ts → src/base/b.ts → src/base/c.ts → src/base/a.ts',
    ]);
  });

  it('finds a type-only cycle, a file that imports itself, and one through the index', () => {
    expect(
      graph({ 'a.ts': "import type { B } from './b.ts';", 'b.ts': "import './a.ts';" }),
    ).toHaveLength(1);
    expect(graph({ 'a.ts': "import './a.ts';" })).toHaveLength(1);
    expect(
      graph({ 'index.ts': "export { a } from './a.ts';", 'a.ts': "import './index.ts';" }),
    ).toHaveLength(1);
  });

  it('finds both of two cycles', () => {
    const found = graph({
      'a.ts': "import './b.ts'; import './c.ts';",
      'b.ts': "import './a.ts';",
      'c.ts': "import './a.ts';",
    });
    expect(found).toHaveLength(2);
  });

  it('lets a diamond be', () => {
    const found = graph({
      'a.ts': "import './b.ts'; import './c.ts';",
      'b.ts': "import './d.ts';",
      'c.ts': "import './d.ts';",
      'd.ts': '',
    });
    expect(found).toEqual([]);
  });
});

describe('planted violations: the rest', () => {
  it('a file that is too long', () => {
    const check = (source: Source): string[] => checkLength(source, LINES_MAX, TABLES);
    expect(planted(check, 'src/base/x.ts', 'x;\n'.repeat(LINES_MAX))).toEqual([]);
    expect(planted(check, 'src/base/x.ts', 'x;\n'.repeat(LINES_MAX + 1))).toHaveLength(1);
    expect(planted(check, TABLES[0]!, 'x;\n'.repeat(LINES_MAX + 1))).toEqual([]);
  });

  it.each(['// @ts-ignore', '/* @ts-nocheck */', '{/* @ts-ignore: because */}'])('%s', (text) => {
    expect(planted(checkSuppressions, 'src/base/x.ts', `${text}\nx;`)).toHaveLength(1);
  });

  it.each(['// @ts-expect-error', 'f("@ts-ignore");'])('%s is no violation', (text) => {
    expect(planted(checkSuppressions, 'src/base/x.ts', `${text}\nx;`)).toEqual([]);
  });

  it.each([
    "it.only('x', f);",
    "it.skip('x', f);",
    "describe.skip('x', f);",
    "it.only.each([1])('x', f);",
    "it.each([1]).skip('x', f);",
    "it.todo('x');",
    "it('x', { skip: true }, f);",
    "it('x', (ctx) => ctx.skip());",
    "it('x', (ctx) => ctx.skip('later'));",
    "it.skip('needs work', f);",
    "describe.skipIf(missing)('x', f);",
    "it.runIf(present)('x', f);",
  ])('%s', (text) => {
    expect(planted(checkFocus, 'test/x.test.ts', text)).toHaveLength(1);
  });

  it.each([
    "describe.skipIf(missing)('x (needs nginx)', f);",
    "it.runIf(present)('x (needs a terminal)', f);",
    "it('x', (context) => context.skip('needs the right to mount'));",
    "// it.only('x', f);",
    'cursor.skip(4); items.only(2);',
    "it('x', { timeout: 1 }, f);",
  ])('%s is no violation', (text) => {
    expect(planted(checkFocus, 'test/x.test.ts', text)).toEqual([]);
  });

  it.each([
    "export * from './x.ts';",
    "export * as x from './x.ts';\nconst y = 1;",
    'export const x = 1;',
  ])('an index with %j', (text) => {
    expect(planted(checkIndex, 'src/base/index.ts', text)).toHaveLength(1);
    expect(planted(checkIndex, 'src/base/x.ts', text)).toEqual([]);
  });

  it('a text that names a file which is not there', () => {
    const exists = (file: string): boolean => file === 'protocol/wire.md' || file === 'README.md';
    const found = (file: string, text: string): string[] => checkNamedFiles(file, text, exists);
    expect(found('src/base/x.ts', '// see protocol/wire.md, protocol/wires.md.')).toEqual([
      'src/base/x.ts:1: protocol/wires.md does not exist',
    ]);
    expect(found('CHANGELOG.md', 'a\n[text](README.md#top), [web](https://example.org/x)')).toEqual(
      [],
    );
    expect(found('CHANGELOG.md', 'a\n[text](missing.md)')).toHaveLength(1);
    expect(found('protocol/wire.md', 'as in wire.md and in summary.md')).toHaveLength(1);
    expect(found('protocol/wire.md', '[up](../README.md)')).toEqual([]);
  });
});
