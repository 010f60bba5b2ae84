// Writes a Metalink of one file (RFC 5854), for others than this program.

import { toHex } from '../../base/index.ts';
import type { MetalinkFile } from './metalink.ts';

/** The text of a .meta4. `generator`: name and version of the program. */
export function formatMetalink(file: MetalinkFile, generator: string): string {
  const { name, size, sha256, pieces, urls } = file;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<metalink xmlns="urn:ietf:params:xml:ns:metalink">',
    `  <generator>${escaped(generator)}</generator>`,
    `  <file name="${escaped(name)}">`,
  ];
  if (size !== undefined) lines.push(`    <size>${size}</size>`);
  if (sha256 !== undefined) lines.push(`    <hash type="sha-256">${toHex(sha256)}</hash>`);
  if (pieces !== undefined) {
    lines.push(`    <pieces length="${pieces.length}" type="${pieces.type}">`);
    for (const hash of pieces.hashes) lines.push(`      <hash>${toHex(hash)}</hash>`);
    lines.push('    </pieces>');
  }
  for (const { url, priority, location } of urls) {
    const where = location === undefined ? '' : ` location="${escaped(location)}"`;
    lines.push(`    <url priority="${priority}"${where}>${escaped(url)}</url>`);
  }
  lines.push('  </file>', '</metalink>', '');
  return lines.join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
