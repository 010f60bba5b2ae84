// The checks of test/tidy.test.ts. Each takes parsed sources and returns findings, `path:line: what is wrong`.

import path from 'node:path/posix';
import ts from 'typescript';
import type { Source } from './source.ts';
import { folderOf, importsOf, isReference, lineOf, resolve, rootName, walk } from './source.ts';

type Table = Readonly<Record<string, readonly string[]>>;

const at = (source: Source, position: number, what: string): string =>
  `${source.path}:${lineOf(source, position)}: ${what}`;

const startOf = (source: Source, node: ts.Node): number => node.getStart(source.tree);

/** The one file outside of src that src may read: the version is written there and nowhere else. */
const MANIFEST = 'package.json';

/** Imports between folders of src go down, type-only ones too; nothing else in src reaches outside of it. */
export function checkDirection(source: Source, mayImport: Table): string[] {
  const folder = folderOf(source.path);
  if (folder === undefined) return [];
  const allowed = mayImport[folder];
  if (allowed === undefined) return [`${source.path}:1: folder ${folder} has no row in MAY_IMPORT`];
  const found: string[] = [];
  for (const { line, specifier } of importsOf(source)) {
    if (!specifier.startsWith('.')) continue;
    const file = resolve(source, specifier);
    if (file === MANIFEST) continue;
    const target = folderOf(file);
    if (target === folder) continue;
    if (target !== undefined && allowed.includes(target)) continue;
    found.push(`${source.path}:${line}: ${folder} may not import ${target ?? specifier}`);
  }
  return found;
}

/** A folder imports only the packages its row names; `node:` stands for all of Node's own modules. */
export function checkPackages(source: Source, packages: Table): string[] {
  const folder = folderOf(source.path);
  if (folder === undefined) return [];
  const allowed = packages[folder] ?? [];
  const found: string[] = [];
  for (const { line, specifier, kind } of importsOf(source)) {
    if (specifier.startsWith('.') || kind === 'url') continue;
    const name = specifier.startsWith('node:')
      ? 'node:'
      : specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (!allowed.includes(name)) {
      found.push(`${source.path}:${line}: ${folder} may not import the package ${specifier}`);
    }
  }
  return found;
}

const IMPURE = new Set([
  'console',
  'Date',
  'eval',
  'globalThis',
  'performance',
  'Promise',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);

/** No clock, timer, entropy, Promise or console. */
export function checkPurity(source: Source): string[] {
  const found: string[] = [];
  walk(source, (node) => {
    const impurity = impurityOf(node);
    if (impurity !== undefined) {
      found.push(at(source, startOf(source, node), `${impurity} in a pure folder`));
    }
  });
  return found;
}

function impurityOf(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isAwaitExpression(node)) return 'await';
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return 'for await';
  if (!ts.isIdentifier(node) || !isReference(node)) return undefined;
  if (IMPURE.has(node.text)) return node.text;
  if (node.text !== 'Math') return undefined;
  // `Math.x` is read by name; any other use could hide Math.random.
  if (!ts.isPropertyAccessExpression(node.parent)) return 'Math as a value';
  return node.parent.name.text === 'random' ? 'Math.random' : undefined;
}

export function checkLength(source: Source, linesMax: number, exempt: readonly string[]): string[] {
  if (exempt.includes(source.path)) return [];
  const lines = source.text.split('\n').length - (source.text.endsWith('\n') ? 1 : 0);
  if (lines <= linesMax) return [];
  return [`${source.path}:${linesMax + 1}: ${lines} lines, more than ${linesMax}`];
}

/** Cycles of the import graph, type-only imports included: one finding for each edge that closes one. */
export function checkCycles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const trail: string[] = [];
  const found: string[] = [];
  const visit = (source: Source): void => {
    trail.push(source.path);
    for (const { line, specifier, kind } of importsOf(source)) {
      const target = specifier.startsWith('.') ? byPath.get(resolve(source, specifier)) : undefined;
      if (target === undefined || kind === 'url' || done.has(target.path)) continue;
      const start = trail.indexOf(target.path);
      if (start < 0) visit(target);
      else {
        const cycle = [...trail.slice(start), target.path].join(' → ');
        found.push(`${source.path}:${line}: import cycle ${cycle}`);
      }
    }
    trail.pop();
    done.add(source.path);
  };
  for (const source of sources) if (!done.has(source.path)) visit(source);
  return found;
}

/** The compiler is not told to look away for a whole line or file; `@ts-expect-error` fails when it is idle. */
export function checkSuppressions(source: Source): string[] {
  const found: string[] = [];
  for (const match of source.text.matchAll(/@ts-(?:ignore|nocheck)\b/g)) {
    if (insideString(source, match.index)) continue;
    found.push(at(source, match.index, `${match[0]} (use @ts-expect-error and say why)`));
  }
  return found;
}

function insideString(source: Source, position: number): boolean {
  let inside = false;
  walk(source, (node) => {
    const text = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
    const covers = startOf(source, node) <= position && position < node.end;
    if ((text || ts.isRegularExpressionLiteral(node)) && covers) inside = true;
  });
  return inside;
}

const CONTEXTS = new Set(['context', 'ctx']);
const RUNNERS = new Set(['describe', 'it', 'suite', 'test', 'bench', ...CONTEXTS]);
const UNFINISHED = new Set(['only', 'skip', 'todo', 'fails']);
const CONDITIONAL = new Set(['skipIf', 'runIf']);

/**
 * No test is left out or run alone. `skipIf` and `runIf` may stand where a machine lacks something, and then
 * the title says what: "… (needs nginx)"; so does `context.skip('needs …')`. The runner of the suite prints it.
 */
export function checkFocus(source: Source): string[] {
  const found: string[] = [];
  walk(source, (node) => {
    if (ts.isPropertyAccessExpression(node) && RUNNERS.has(rootName(node.expression) ?? '')) {
      if (UNFINISHED.has(node.name.text) && !saysNeed(node)) {
        found.push(at(source, startOf(source, node.name), `.${node.name.text} in a test`));
      }
    }
    if (!ts.isCallExpression(node)) return;
    const {
      expression: callee,
      arguments: [title, options],
    } = node;
    if (ts.isIdentifier(callee) && RUNNERS.has(callee.text) && hasUnfinished(options)) {
      found.push(at(source, startOf(source, node), 'an option that leaves a test out'));
    }
    const inner = ts.isCallExpression(callee) ? callee.expression : undefined;
    if (inner === undefined || !ts.isPropertyAccessExpression(inner)) return;
    if (!CONDITIONAL.has(inner.name.text) || !RUNNERS.has(rootName(inner) ?? '')) return;
    if (title === undefined || !/\(needs [^)]+\)/.test(title.getText(source.tree))) {
      found.push(
        at(source, startOf(source, node), `${inner.name.text} without "(needs …)" in the title`),
      );
    }
  });
  return found;
}

/** `context.skip('needs …')`: found out while the test ran. */
function saysNeed(node: ts.PropertyAccessExpression): boolean {
  const { parent } = node;
  if (!ts.isIdentifier(node.expression) || !CONTEXTS.has(node.expression.text)) return false;
  if (!ts.isCallExpression(parent)) return false;
  const [reason] = parent.arguments;
  return reason !== undefined && ts.isStringLiteralLike(reason) && /^needs ./.test(reason.text);
}

function hasUnfinished(options: ts.Expression | undefined): boolean {
  if (options === undefined || !ts.isObjectLiteralExpression(options)) return false;
  return options.properties.some(
    ({ name }) => name !== undefined && ts.isIdentifier(name) && UNFINISHED.has(name.text),
  );
}

/** An index re-exports by name: what is public is written down. */
export function checkIndex(source: Source): string[] {
  if (path.basename(source.path) !== 'index.ts') return [];
  return source.tree.statements
    .filter((node) => !(ts.isExportDeclaration(node) && node.exportClause !== undefined))
    .filter((node) => !ts.isImportDeclaration(node) || node.importClause === undefined)
    .map((node) => at(source, startOf(source, node), 'an index holds named re-exports only'));
}

/** Every file of protocol/ that a text or a comment names exists, and so does every relative link. */
export function checkNamedFiles(
  file: string,
  text: string,
  exists: (file: string) => boolean,
): string[] {
  const named = [...text.matchAll(/(?<![\w/.-])protocol\/[\w./-]*\w/g)].map((match) => ({
    index: match.index,
    target: match[0],
  }));
  if (file.endsWith('.md')) {
    for (const match of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
      named.push({ index: match.index, target: path.join(path.dirname(file), match[1] ?? '') });
    }
  }
  if (file.startsWith('protocol/') && file.endsWith('.md')) {
    for (const match of text.matchAll(/(?<![\w/.*-])(?:vectors\/)?[\w-]+\.(?:md|json)\b/g)) {
      named.push({ index: match.index, target: `protocol/${match[0]}` });
    }
  }
  return named
    .filter(({ target }) => !exists(target))
    .map(({ index, target }) => {
      const line = text.slice(0, index).split('\n').length;
      return `${file}:${line}: ${target} does not exist`;
    });
}
