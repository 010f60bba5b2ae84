// Builds src/kernel/wasm-module.ts from the AssemblyScript sources beside this file.
//
//   node build.mjs            writes it
//   node build.mjs --check    builds in a temporary folder and fails unless the committed file has the same bytes

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const HERE = import.meta.dirname;
const TARGET = path.join(HERE, '../../src/kernel/wasm-module.ts');
/**
 * The memory is imported, and nothing of a runtime is there: the module is the functions and no more. Warning 112 is
 * about registers in exported functions; the module itself exports none of these.
 */
const OPTIONS =
  '-O3 --noAssert --runtime stub --enable simd --importMemory --noExportMemory --initialMemory 1 --disableWarning 112';

/** The text of wasm-module.ts. */
function build() {
  const folder = mkdtempSync(path.join(tmpdir(), 'headwater-wasm-'));
  try {
    const file = path.join(folder, 'kernel.wasm');
    const compiler = path.join(HERE, 'node_modules/assemblyscript/bin/asc.js');
    // The names of the sources are relative, so that the bytes are the same in every folder.
    const options = [compiler, 'src/index.ts', ...OPTIONS.split(' '), '-o', file];
    execFileSync(process.execPath, options, { cwd: HERE, stdio: 'inherit' });
    return moduleText(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function moduleText(bytes) {
  const lines = bytes.toString('base64').match(/.{1,100}/g);
  return `// Generated from tools/wasm by \`npm run build --prefix tools/wasm\`; do not edit.
// asc src/index.ts ${OPTIONS}

/** Bytes of the module. */
export const WASM_BYTES = ${bytes.length};

/** The module in base64. */
export const WASM_BASE64: string = \`
${lines.join('\n')}
\`;
`;
}

const text = build();
if (process.argv.includes('--check')) {
  if (readFileSync(TARGET, 'utf8') !== text) {
    console.error('src/kernel/wasm-module.ts is not what tools/wasm builds: npm run build there');
    process.exitCode = 1;
  }
} else {
  writeFileSync(TARGET, text);
}
