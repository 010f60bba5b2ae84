// What `get` can be asked for, and how it is named: a link, a descriptor, a content id with sources.

import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fromHex, UsageError } from '../base/index.ts';
import type { Descriptor, PlainFile } from '../content/index.ts';
import { contentId, isLink, parseLink, plainId } from '../content/index.ts';
import type { Strategy, TransferOptions } from '../engine/index.ts';
import type { Endpoint } from './addresses.ts';
import { parseEndpoint } from './addresses.ts';
import { loadDescription, parseDescriptor } from './description.ts';
import { sourceUrl } from './dial.ts';
import { HeadwaterError, humanReason, systemCode } from './errors.ts';
import { checkSignature, parsePublicKey } from './keys.ts';
import type { MirrorName } from './mirror-terms.ts';
import { describedMirror, freeMirror, parseMirror } from './mirror-terms.ts';
import type { OnRefused } from './plain-names.ts';
import { plainNamedBy } from './plain-names.ts';
import type { PlannedMirror } from './plain-target.ts';
import { plannedMirror } from './plain-target.ts';
import { sha256 } from './sha256.ts';

/** A content by its id. */
export interface ContentName {
  /** 64 hexadecimal digits, or 32 bytes. */
  readonly contentId: string | Uint8Array;
  readonly sources?: readonly string[];
}

/**
 * A link, a content id of 64 hexadecimal digits, the path or the bytes of a descriptor, or a ContentName; or the http(s) URLs
 * of one plain file, or the path or URL of a Metalink.
 */
export type What = string | readonly string[] | Uint8Array | ContentName;

export interface GetOptions {
  /** The file to make, or a directory for it. Default: the content's name in the working directory. */
  readonly output?: string | undefined;
  /** More sources: ws:// or wss:// URLs, or host:port. */
  readonly sources?: readonly string[] | undefined;
  /** Plain HTTP mirrors of the file, besides those that `what` names: "URL gb=PRICE second=PRICE rate=BYTES". */
  readonly mirrors?: readonly string[] | undefined;
  /** Mirrors used at once; more are spares. Default 8. */
  readonly mirrorsMax?: number | undefined;
  /** SHA-256 of the plain file, 64 hexadecimal digits. */
  readonly sha256?: string | undefined;
  /** Which file of a Metalink that has several. */
  readonly file?: string | undefined;
  /** Redirects and what servers name may lead to private addresses. */
  readonly allowPrivate?: boolean | undefined;
  /** Which mirror brings what. Default: headwater, for time. */
  readonly schedule?: TransferOptions['schedule'];
  /** Replace the output when it exists. */
  readonly force?: boolean | undefined;
  /** Payload bytes per second to receive, over all links. */
  readonly maxRate?: number | undefined;
  /** Payload bytes per second to send, over all links. */
  readonly maxSendRate?: number | undefined;
  /** Default: coordinated. */
  readonly strategy?: Strategy | undefined;
  /** How this end describes what it holds, to strategies with a choice: reconciled and partition. Default: auto. */
  readonly summary?: TransferOptions['summary'] | undefined;
  /**
   * How recoded symbols are decoded, of the strategies that send them: speculative and recode-bf. Default: full-rank, as
   * equations of the code; substitution is one by one, as each becomes a single symbol.
   */
  readonly finish?: TransferOptions['finish'];
  /** f: summary updates per content received. Default 32. */
  readonly updateFrequency?: number | undefined;
  /** Serve to others meanwhile: `host:port`, `:port`, or true for any port of 127.0.0.1. */
  readonly listen?: boolean | string | Endpoint | undefined;
  /** Go on serving when it is done, until `close`. */
  readonly seed?: boolean | undefined;
  /** Hash again what an earlier, unfinished download left. */
  readonly verify?: boolean | undefined;
  /** Give up after this time without progress, ms. */
  readonly patienceMs?: number | undefined;
  /** Time between two progress events, ms; default 250. */
  readonly progressMs?: number | undefined;
  /** Ed25519 public key, PEM or 64 hexadecimal digits: refuse a content that it has not signed. */
  readonly publisher?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is to be fetched, in one form. */
export interface Target {
  readonly contentId: Uint8Array;
  readonly descriptor: Descriptor | undefined;
  readonly descriptorBytes: Uint8Array | undefined;
  /** The name that the link claims; the descriptor's counts. */
  readonly name: string | undefined;
  readonly sources: readonly string[];
  /** Plain mirrors, the best first. */
  readonly mirrors: readonly PlannedMirror[];
  /** Where the leaves are, if they lie beside a descriptor on this disk. */
  readonly leavesPath: string | undefined;
  /** The file, when it has no descriptor. */
  readonly plain: PlainFile | undefined;
}

/** Default of `strategy`. */
export const STRATEGY: Strategy = 'coordinated';
/** Default of `updateFrequency`. */
export const UPDATE_FREQUENCY = 32;

/** Strategies to which a receiver describes what it holds in one way or another. */
const WITH_SUMMARY: readonly Strategy[] = ['reconciled', 'partition', 'speculative', 'recode-bf'];
/** Strategies that send recoded symbols. */
const RECODING: readonly Strategy[] = ['speculative', 'recode-bf'];

/** Throws HeadwaterError USAGE for a summary or a finish that the strategy has no use for. */
export function checkStrategy(options: GetOptions): void {
  const { strategy = STRATEGY, summary = 'auto', finish } = options;
  if (summary !== 'auto' && !WITH_SUMMARY.includes(strategy)) {
    throw noUse(`the ${strategy} strategy has no choice of summaries (${summary})`, WITH_SUMMARY);
  }
  if (finish !== undefined && !RECODING.includes(strategy)) {
    throw noUse(
      `the ${strategy} strategy sends no recoded symbols to finish (${finish})`,
      RECODING,
    );
  }
}

function noUse(message: string, strategies: readonly Strategy[]): HeadwaterError {
  return new HeadwaterError('USAGE', message, `Strategies that do: ${strategies.join(', ')}.`);
}

/** Understands `what`. Rejects with HeadwaterError BAD_LINK, BAD_DESCRIPTOR, NOT_FOUND or DISK. */
export async function resolveTarget(
  what: What,
  options: GetOptions,
  onRefused: OnRefused = () => undefined,
): Promise<Target> {
  const plain = await plainNamedBy(stringsOf(what), options, onRefused);
  if (plain !== undefined) {
    const { file, mirrors } = plain;
    const contentId = plainId(file, sha256);
    return { ...named(contentId, file.name, []), plain: file, mirrors };
  }
  const found = await namedBy(what);
  const sources = [...new Set([...found.sources, ...(options.sources ?? [])].map(sourceUrl))];
  const reach = { mayBePrivate: true, allowPrivate: options.allowPrivate ?? false };
  const names = [...found.mirrorNames, ...(options.mirrors ?? []).map(parseMirror)];
  const mirrors = names.map((name) => plannedMirror(name, reach));
  if (sources.length + mirrors.length === 0 && (options.listen ?? false) === false) {
    throw new HeadwaterError(
      'USAGE',
      'there is no source to fetch from',
      'Name one (-s ws://host:port), or use a link that has some.',
    );
  }
  return { ...found, sources, mirrors };
}

/** What was named by text. */
function stringsOf(what: What): readonly string[] {
  if (typeof what === 'string') return [what];
  return Array.isArray(what) ? (what as readonly string[]) : [];
}

async function namedBy(what: What): Promise<Named> {
  if (what instanceof Uint8Array) return described(what, 'the given descriptor');
  if (typeof what === 'object' && 'contentId' in what) {
    const id = what.contentId;
    const contentIdBytes = typeof id === 'string' ? parseId(id) : id;
    if (contentIdBytes.length !== 32) throw badLink('a content id has 32 bytes');
    return named(contentIdBytes, undefined, what.sources ?? []);
  }
  if (typeof what !== 'string') {
    const message = 'several things were named that are not URLs of one file';
    throw new HeadwaterError('USAGE', message, 'Name one, or several http or https URLs.');
  }
  if (isLink(what)) {
    try {
      const link = parseLink(what);
      const about = named(link.contentId, link.name, link.sources);
      return { ...about, mirrorNames: link.mirrors.map(freeMirror) };
    } catch (error) {
      if (error instanceof UsageError) throw badLink(error.message);
      throw error;
    }
  }
  if (/^[0-9a-f]{64}$/i.test(what)) return named(parseId(what), undefined, []);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(what)) {
    throw badLink(`${what} is the address of something; name a link, a descriptor or a content id`);
  }
  const { bytes, leavesPath } = await loadDescription(what);
  return { ...described(bytes, what), leavesPath };
}

/** A target before mirrors are planned. */
type Named = Omit<Target, 'mirrors'> & { readonly mirrorNames: readonly MirrorName[] };

function described(bytes: Uint8Array, where: string): Named {
  const descriptor = parseDescriptor(bytes, where);
  const id = contentId(descriptor, sha256);
  const { name } = descriptor;
  return {
    ...named(id, name, []),
    descriptor,
    descriptorBytes: bytes,
    mirrorNames: descriptor.mirrors.map(describedMirror),
  };
}

/** Throws HeadwaterError USAGE or BAD_DESCRIPTOR unless the descriptor bears the asked signature, if one is asked. */
export function requirePublisher(descriptor: Descriptor, publisher: string | undefined): void {
  if (publisher === undefined) return;
  let key: Uint8Array;
  try {
    key = parsePublicKey(publisher);
  } catch (error) {
    throw new HeadwaterError('USAGE', humanReason(error), undefined, error);
  }
  const state = checkSignature(descriptor, key);
  if (state === 'valid') return;
  throw new HeadwaterError(
    'BAD_DESCRIPTOR',
    state === 'unsigned'
      ? `${descriptor.name} is not signed`
      : `${descriptor.name} is not signed by this publisher`,
    "Get the publisher's own descriptor file: a signature does not travel in a link.",
  );
}

function named(
  id: Uint8Array,
  name: string | undefined,
  sources: readonly string[],
): Named & Pick<Target, 'mirrors'> {
  return {
    contentId: id,
    descriptor: undefined,
    descriptorBytes: undefined,
    name,
    sources,
    mirrors: [],
    mirrorNames: [],
    leavesPath: undefined,
    plain: undefined,
  };
}

function parseId(text: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw badLink(`"${text}" is not 64 hexadecimal digits`);
  return fromHex(text);
}

function badLink(message: string): HeadwaterError {
  return new HeadwaterError('BAD_LINK', message);
}

/** The output file for a content of this name. */
export async function outputPath(output: string | undefined, name: string): Promise<string> {
  if (output === undefined) return resolve(name);
  if (output.endsWith('/') || (await isDirectory(output))) return resolve(output, basename(name));
  return resolve(output);
}

/** Where to listen, when at all. */
export function listenEndpoint(options: GetOptions): Endpoint | undefined {
  const { listen } = options;
  if (listen === undefined || listen === false) {
    return options.seed === true ? { host: '127.0.0.1', port: 0 } : undefined;
  }
  if (listen === true) return { host: '127.0.0.1', port: 0 };
  return typeof listen === 'string' ? parseEndpoint(listen) : listen;
}

/** Rejects with NOT_FOUND when there is no folder for the output, with EXISTS when it is there and may not be replaced. */
export async function checkOutput(path: string, options: GetOptions): Promise<void> {
  const folder = dirname(path);
  const found = await stat(folder).catch((error: unknown) => systemCode(error));
  if (found === 'ENOENT') {
    throw new HeadwaterError('NOT_FOUND', `the folder ${folder} does not exist`);
  }
  if (options.force === true) return;
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return;
  throw new HeadwaterError(
    'EXISTS',
    `${path} exists already`,
    'Choose another output, or allow it to be replaced (force).',
  );
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
