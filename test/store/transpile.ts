// Plain JavaScript of a TypeScript program, for child processes: always that of the sources as they are now, which
// the built package need not be.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../..');

/** Writes `entry` (a path in the repository) and all it imports below `target`; returns the path of the program. */
export function transpile(entry: string, target: string): string {
  const done = new Set<string>();
  const place = (source: string): string =>
    join(target, relative(ROOT, source).replace(/\.ts$/, '.js'));
  const visit = (source: string): void => {
    if (done.has(source)) return;
    done.add(source);
    const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    mkdirSync(dirname(place(source)), { recursive: true });
    writeFileSync(place(source), outputText);
    for (const [, path] of outputText.matchAll(/from ['"](\.[^'"]+)['"]/g)) {
      visit(resolve(dirname(source), (path ?? '').replace(/\.js$/, '.ts')));
    }
  };
  visit(resolve(ROOT, entry));
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }');
  return place(resolve(ROOT, entry));
}
