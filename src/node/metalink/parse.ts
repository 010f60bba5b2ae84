// Reads a Metalink, version 4 (RFC 5854). It comes from anywhere: every list has an end, nothing is believed that does not fit.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { fromHex } from '../../base/index.ts';
import type { PieceHash, Pieces } from '../../content/index.ts';
import { httpProblem, nameProblem } from '../../content/index.ts';
import { HeadwaterError } from '../errors.ts';
import type { MetalinkFile, MetalinkUrl } from './metalink.ts';
import { METALINK_BYTES_MAX } from './metalink.ts';
import { namespaceOf, scanMarkup } from './scan.ts';

/** Files of one Metalink, URLs of a file, and pieces: what the size above lets through many times over costs memory. */
const FILES_MAX = 1_024;
const URLS_MAX = 1_024;
const PIECES_MAX = 262_144;

const NAMESPACE = 'urn:ietf:params:xml:ns:metalink';
const PRIORITY_LAST = 999_999;
const HASH_BYTES: Readonly<Record<PieceHash, number>> = {
  'sha-1': 20,
  'sha-256': 32,
  'sha-512': 64,
};
/** Hashes of pieces, the one to prefer first. */
const STRENGTH: readonly PieceHash[] = ['sha-256', 'sha-512', 'sha-1'];

type Node = Readonly<Record<string, unknown>>;

/** The files of a Metalink. Throws HeadwaterError BAD_METALINK, and nothing else. `where`: for the message. */
export function parseMetalink(bytes: Uint8Array, where: string): MetalinkFile[] {
  const bad = (reason: string): HeadwaterError =>
    new HeadwaterError(
      'BAD_METALINK',
      `${where} is no Metalink that can be used: ${reason}`,
      'Get it again from its publisher as version 4 (.meta4), or name the URLs of the file instead.',
    );
  if (bytes.length > METALINK_BYTES_MAX) {
    throw bad(`it has ${bytes.length} bytes, above ${METALINK_BYTES_MAX}`);
  }
  const text = decode(bytes);
  if (text === undefined) throw bad('it is not in UTF-8');
  // Before any parser sees it: entities can be nested into gigabytes, and external ones are read from elsewhere.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw bad('it declares entities');
  const scan = scanMarkup(text);
  if (scan.problem !== undefined) throw bad(scan.problem);
  let root: unknown;
  try {
    const problem = XMLValidator.validate(text);
    if (problem !== true) throw new Error(problem.err.msg);
    root = PARSER.parse(text);
  } catch (error) {
    throw bad(`it is not well-formed XML (${error instanceof Error ? error.message : '?'})`);
  }
  try {
    return filesOf(root, namespaceOf(scan.root));
  } catch (error) {
    if (error instanceof Refusal) throw bad(error.message);
    throw error;
  }
}

/** Why a Metalink cannot be used. */
class Refusal extends Error {}

const LISTS: ReadonlySet<string> = new Set(['file', 'url', 'hash', 'pieces']);

const PARSER = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false, // a name may begin with a space
  alwaysCreateTextNode: true,
  removeNSPrefix: true,
  processEntities: false,
  isArray: (name) => LISTS.has(name),
});

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function filesOf(root: unknown, namespace: string): MetalinkFile[] {
  const metalink = isNode(root) ? root['metalink'] : undefined;
  if (!isNode(metalink)) throw new Refusal('it has no metalink element');
  if (namespace.startsWith('http://www.metalinker.org')) {
    throw new Refusal('it is of version 3; only version 4 (RFC 5854, .meta4) is read');
  }
  if (namespace !== '' && namespace !== NAMESPACE)
    throw new Refusal('its namespace is another one');
  const files = listOf(metalink['file']);
  if (files.length === 0) throw new Refusal('it lists no file');
  if (files.length > FILES_MAX) throw new Refusal(`it lists more than ${FILES_MAX} files`);
  const parsed = files.map(fileOf);
  const names = new Set(parsed.map(({ name }) => name));
  if (names.size < parsed.length) throw new Refusal('two files have the same name');
  return parsed;
}

function fileOf(node: Node): MetalinkFile {
  // A name may have folders (4.1.2.1); here a file goes where the user says, so only the last part counts.
  const name = textOf(node['@name']).split('/').at(-1) ?? '';
  const problem = nameProblem(name);
  if (problem !== undefined) throw new Refusal(problem);
  const size = sizeOf(node['size']);
  return {
    name,
    size,
    sha256: sha256Of(listOf(node['hash'])),
    pieces: piecesOf(listOf(node['pieces']), size),
    urls: urlsOf(listOf(node['url'])),
  };
}

function sizeOf(node: unknown): number | undefined {
  if (node === undefined) return undefined;
  const text = textOf(node);
  const size = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(size))
    throw new Refusal(`the size "${text.slice(0, 40)}" is no number of bytes`);
  return size;
}

function sha256Of(hashes: readonly Node[]): Uint8Array | undefined {
  const hash = hashes.find((one) => textOf(one['@type']).toLowerCase() === 'sha-256');
  return hash === undefined ? undefined : hashOf(hash, 'sha-256');
}

function hashOf(node: Node, type: PieceHash): Uint8Array {
  const text = textOf(node).toLowerCase();
  if (text.length !== 2 * HASH_BYTES[type] || !/^[0-9a-f]+$/.test(text)) {
    throw new Refusal(`"${text.slice(0, 80)}" is no ${type} hash`);
  }
  return fromHex(text);
}

function piecesOf(lists: readonly Node[], size: number | undefined): Pieces | undefined {
  for (const type of STRENGTH) {
    const list = lists.find((one) => textOf(one['@type']).toLowerCase() === type);
    if (list === undefined) continue;
    const text = textOf(list['@length']);
    const length = /^\d{1,12}$/.test(text) ? Number(text) : 0;
    if (length === 0) throw new Refusal(`pieces have the length "${text.slice(0, 40)}"`);
    const nodes = listOf(list['hash']);
    if (nodes.length > PIECES_MAX) throw new Refusal(`it has more than ${PIECES_MAX} pieces`);
    // Without a size they cannot be counted, so they say nothing.
    if (size === undefined) return undefined;
    if (nodes.length !== Math.ceil(size / length)) {
      throw new Refusal(`${nodes.length} pieces of ${length} bytes are not ${size} bytes`);
    }
    return { type, length, hashes: nodes.map((node) => hashOf(node, type)) };
  }
  return undefined;
}

function urlsOf(nodes: readonly Node[]): MetalinkUrl[] {
  if (nodes.length > URLS_MAX) throw new Refusal(`a file has more than ${URLS_MAX} URLs`);
  const urls = nodes.flatMap((node): MetalinkUrl[] => {
    const url = textOf(node).trim();
    if (httpProblem(url) !== undefined) return []; // ftp, rsync: others may fetch from there
    const text = textOf(node['@priority']);
    const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    const priority = number > 0 ? number : PRIORITY_LAST;
    const location = textOf(node['@location']);
    return [/^[a-z]{2}$/i.test(location) ? { url, priority, location } : { url, priority }];
  });
  return urls.sort((a, b) => a.priority - b.priority);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a name that may be repeated; one without attributes or children is text alone. */
function listOf(value: unknown): Node[] {
  if (!Array.isArray(value)) return [];
  return value.map((one: unknown) => (isNode(one) ? one : { '#': one }));
}

/** The text of an element or attribute. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return unescaped(value);
  if (isNode(value) && typeof value['#'] === 'string') return unescaped(value['#'].trim());
  return '';
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** The five entities of XML and character references; there are no others, as none may be declared. */
function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
    (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
        ? String.fromCodePoint(code)
        : whole;
    },
  );
}
