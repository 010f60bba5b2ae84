// Writes a Metalink of one file (RFC 5854), for others than this program.

import { toHex } from '../../base/index.ts';
import type { MetalinkFile } from './metalink.ts';

/**
 * The text of a .meta4. `generator`: name and version of the program. `published`: when, as RFC 3339 has it (4.2.7); left out when
 * not given, as the same file is to give the same text.
 */
export function formatMetalink(file: MetalinkFile, generator: string, published?: string): string {
  const { name, size, sha256, pieces, urls } = file;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<metalink xmlns="urn:ietf:params:xml:ns:metalink">',
    `  <generator>${escaped(generator)}</generator>`,
    ...(published === undefined ? [] : [`  <published>${escaped(published)}</published>`]),
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
