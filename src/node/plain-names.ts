// From the names of a plain file, URLs or a Metalink, to the file and its mirrors.

import { open } from 'node:fs/promises';
import { equalBytes, fromHex } from '../base/index.ts';
import { isDescriptorUrl } from './distant-descriptor.ts';
import { diskFailure, HeadwaterError } from './errors.ts';
import {
  METALINK_BYTES_MAX,
  type MetalinkFile,
  parseLinkHeader,
  sha256FromDigest,
} from './metalink/index.ts';
import { freeMirror, parseMirror } from './mirror-terms.ts';
import type { Found, Known, PlainTarget, PlannedMirror, Reach } from './plain-target.ts';
import { findFile, plannedMirror, refused, settleFile } from './plain-target.ts';
import { fetchSmallFile } from './small-file.ts';

/** Told of every mirror that has another file than the others. */
export type OnRefused = (address: string, reason: string) => void;

/** Mirrors that are asked at first: more would only be spares. */
const ASKED_MAX = 8;
const METALINK_NAME = /\.(?:meta4|metalink)$/i;
const METALINK_TYPE = /^application\/metalink4?\+xml\b/i;

/** What is said of a plain file besides its names: see GetOptions. */
export interface PlainOptions {
  readonly mirrors?: readonly string[] | undefined;
  readonly sha256?: string | undefined;
  readonly file?: string | undefined;
  readonly allowPrivate?: boolean | undefined;
}

/** The plain file that `names` name; undefined when they name something else. Rejects with HeadwaterError. */
export async function plainNamedBy(
  names: readonly string[],
  options: PlainOptions,
  onRefused: OnRefused,
): Promise<PlainTarget | undefined> {
  const allowPrivate = options.allowPrivate ?? false;
  const typed: Reach = { mayBePrivate: true, allowPrivate };
  const more = (options.mirrors ?? []).map((text) => plannedMirror(parseMirror(text), typed));
  const [only, other] = names;
  const sha256 = options.sha256 === undefined ? undefined : parseSha256(options.sha256);
  const settle = (mirrors: readonly PlannedMirror[], known: Known): Promise<PlainTarget> =>
    settleMirrors([...mirrors, ...more], { ...known, sha256: agreed(known, sha256) }, onRefused);
  if (only !== undefined && other === undefined && !isUrl(only) && METALINK_NAME.test(only)) {
    const file = chosen(await parsed(await readMetalink(only), only), only, options.file);
    // The file was named by whoever runs this, as what it lists is.
    return await settle(mirrorsOf(file, typed), known(file));
  }
  if (names.length === 0 || !names.every(isUrl)) return undefined;
  if (only !== undefined && other === undefined && isDescriptorUrl(only)) return undefined;
  const mirrors = names.map((name) => plannedMirror(parseMirror(name), typed));
  const found = await findFile(mirrors.slice(0, ASKED_MAX));
  const listed = await metalinkAt(names, found, options);
  if (listed !== undefined)
    return await settle(mirrorsOf(listed.file, listed.reach), known(listed.file));
  const linked = await linkedBy(found, allowPrivate);
  return settleFound(
    found,
    [...mirrors, ...more, ...linked.mirrors],
    {
      ...linked.known,
      sha256: agreed(linked.known, sha256),
    },
    onRefused,
  );
}

async function settleMirrors(
  mirrors: readonly PlannedMirror[],
  about: Known,
  onRefused: OnRefused,
): Promise<PlainTarget> {
  if (mirrors.length === 0) {
    throw new HeadwaterError('UNREACHABLE', 'the Metalink lists no http or https mirror');
  }
  const found = await findFile(mirrors.slice(0, ASKED_MAX));
  return settleFound(found, mirrors, about, onRefused);
}

function settleFound(
  found: readonly Found[],
  mirrors: readonly PlannedMirror[],
  about: Known,
  onRefused: OnRefused,
): PlainTarget {
  const target = settleFile(found, mirrors, about);
  for (const [address, reason] of refused(found)) onRefused(address, reason);
  return target;
}

/** The Metalink that a single URL turned out to be, and what it may lead to. */
async function metalinkAt(
  names: readonly string[],
  found: readonly Found[],
  options: PlainOptions,
): Promise<{ file: MetalinkFile; reach: Reach } | undefined> {
  const [first] = found;
  if (names.length > 1 || first === undefined) return undefined;
  const { info, mirror } = first;
  const { pathname } = new URL(info.url);
  if (!METALINK_NAME.test(pathname) && !METALINK_TYPE.test(info.contentType ?? ''))
    return undefined;
  const { address } = mirror.source;
  const connected = await mirror.source.connect();
  const bytes = await fetchSmallFile(connected, address, METALINK_BYTES_MAX, 'BAD_METALINK');
  const file = chosen(await parsed(bytes, address), address, options.file);
  const allowPrivate = options.allowPrivate ?? false;
  return { file, reach: { mayBePrivate: info.isPrivate || allowPrivate, allowPrivate } };
}

/** What the headers of the first answer say of the file: its hash, further mirrors, a Metalink with hashes of its pieces. */
async function linkedBy(
  found: readonly Found[],
  allowPrivate: boolean,
): Promise<{ known: Known; mirrors: PlannedMirror[] }> {
  const [first] = found;
  if (first === undefined) return { known: {}, mirrors: [] };
  const { info } = first;
  const reach: Reach = { mayBePrivate: info.isPrivate || allowPrivate, allowPrivate };
  const { duplicates, describedBy: metalinks } = parseLinkHeader(info.links ?? '', info.url);
  const mirrors = duplicates.map(({ url }) => plannedMirror(freeMirror(url), reach));
  const sha256 = info.digests
    .map(({ name, value }) => sha256FromDigest(name, value))
    .find((digest) => digest !== undefined);
  const [metalink] = metalinks;
  const about: Known = { sha256 };
  if (metalink === undefined) return { known: about, mirrors };
  const file = await describedBy(metalink, reach, info.length);
  if (file === undefined) return { known: about, mirrors };
  return {
    known: { ...known(file), name: undefined, sha256: file.sha256 ?? sha256 },
    mirrors: [...mirrors, ...mirrorsOf(file, reach)],
  };
}

/** The parser takes a while to load, and most downloads need none. */
async function parsed(bytes: Uint8Array, where: string): Promise<MetalinkFile[]> {
  const { parseMetalink } = await import('./metalink/parse.ts');
  return parseMetalink(bytes, where);
}

/** The file of a Metalink that a server offers beside it; undefined when it is of no use: it was not asked for. */
async function describedBy(
  url: string,
  reach: Reach,
  length: number,
): Promise<MetalinkFile | undefined> {
  const { source } = plannedMirror(freeMirror(url), reach);
  try {
    const connected = await source.connect();
    const bytes = await fetchSmallFile(
      connected,
      source.address,
      METALINK_BYTES_MAX,
      'BAD_METALINK',
    );
    return (await parsed(bytes, source.address)).find(({ size }) => size === length);
  } catch {
    return undefined;
  }
}

/** The one file of a Metalink, or the one of the name. */
function chosen(
  files: readonly MetalinkFile[],
  where: string,
  name: string | undefined,
): MetalinkFile {
  const fitting = name === undefined ? files : files.filter((file) => file.name === name);
  const [file] = fitting;
  if (file !== undefined && fitting.length === 1) return file;
  const names = files.slice(0, 20).map((one) => `\n  ${one.name}`);
  const message = name === undefined ? 'lists several files' : `lists no file ${name}`;
  throw new HeadwaterError('USAGE', `${where} ${message}:${names.join('')}`, 'Name one (file).');
}

function known({ name, size, sha256, pieces }: MetalinkFile): Known {
  return { name, length: size, sha256, pieces };
}

function mirrorsOf({ urls }: MetalinkFile, reach: Reach): PlannedMirror[] {
  return urls.map(({ url }) => plannedMirror(freeMirror(url), reach));
}

/** The hash that was asked for and the one that was told must be the same. */
function agreed({ sha256 }: Known, asked: Uint8Array | undefined): Uint8Array | undefined {
  if (asked !== undefined && sha256 !== undefined && !equalBytes(asked, sha256)) {
    throw new HeadwaterError('CORRUPT', 'the mirrors tell another SHA-256 than the one asked for');
  }
  return asked ?? sha256;
}

async function readMetalink(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      // One byte more than is allowed: then it is refused, however long it is.
      const buffer = Buffer.alloc(Math.min((await file.stat()).size, METALINK_BYTES_MAX + 1));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw diskFailure(error, 'read', path);
  }
}

function isUrl(name: string): boolean {
  return /^https?:\/\//i.test(name);
}

function parseSha256(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) return fromHex(text.toLowerCase());
  const shown = text.slice(0, 80);
  throw new HeadwaterError('USAGE', `"${shown}" is not a SHA-256 of 64 hexadecimal digits`);
}
