// A file of this repository as tidy sees it: parsed, so that comments and strings cannot fool a check.

import path from 'node:path/posix';
import ts from 'typescript';

export interface Source {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

export interface Import {
  readonly line: number;
  readonly specifier: string;
  /** `url`: a file named by `new URL('…', import.meta.url)`, as workers are. */
  readonly kind: 'import' | 'url';
}

export function parse(file: string, text: string): Source {
  return { path: file, text, tree: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) };
}

export function walk(source: Source, visit: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, step);
  };
  step(source.tree);
}

/** 1-based. */
export function lineOf(source: Source, position: number): number {
  return source.tree.getLineAndCharacterOfPosition(position).line + 1;
}

/** `base` for src/base/x/y.ts, `index` for src/index.ts, undefined outside src. */
export function folderOf(file: string): string | undefined {
  const [top, next, ...rest] = file.split('/');
  if (top !== 'src' || next === undefined) return undefined;
  return rest.length > 0 ? next : next.replace(/\.ts$/, '');
}

/** The file a relative specifier names, from the root of the repository; a built `.js` means its `.ts`. */
export function resolve(from: Source, specifier: string): string {
  return path.join(path.dirname(from.path), specifier).replace(/\.js$/, '.ts');
}

/** Every way one file can name another: import, export from, import type, import(), require, URL, reference. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, kind: Import['kind'] = 'import'): void => {
    if (node === undefined) return;
    const line = lineOf(source, node.getStart(source.tree));
    // A computed name cannot be checked, so it is reported as what it is.
    const specifier = ts.isStringLiteralLike(node) ? node.text : `<${node.getText(source.tree)}>`;
    found.push({ line, specifier, kind });
  };
  walk(source, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument);
    } else if (ts.isCallExpression(node) && loadsModule(node.expression)) add(node.arguments[0]);
    else if (ts.isNewExpression(node) && isModuleUrl(node)) add(node.arguments?.[0], 'url');
  });
  for (const each of [...source.tree.referencedFiles, ...source.tree.typeReferenceDirectives]) {
    found.push({ line: lineOf(source, each.pos), specifier: each.fileName, kind: 'import' });
  }
  return found;
}

function loadsModule(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(callee) && callee.text === 'require';
}

/** `new URL('./relative', import.meta.url)`. */
function isModuleUrl(node: ts.NewExpression): boolean {
  const [first, second] = node.arguments ?? [];
  if (!ts.isIdentifier(node.expression) || node.expression.text !== 'URL') return false;
  if (first === undefined || !ts.isStringLiteralLike(first) || !first.text.startsWith('.'))
    return false;
  return second !== undefined && second.getText() === 'import.meta.url';
}

/** The name at the left end of `a.b(c).d`. */
export function rootName(node: ts.Expression): string | undefined {
  for (let at: ts.Expression = node; ;) {
    if (ts.isIdentifier(at)) return at.text;
    if (ts.isPropertyAccessExpression(at) || ts.isCallExpression(at)) at = at.expression;
    else if (ts.isElementAccessExpression(at) || ts.isTaggedTemplateExpression(at)) {
      at = ts.isElementAccessExpression(at) ? at.expression : at.tag;
    } else return undefined;
  }
}

/** True when an identifier stands for a value or type of that name, not for a property called so. */
export function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  const named =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isGetAccessorDeclaration(parent) ||
    ts.isEnumMember(parent);
  return !(named && parent.name === node);
}
