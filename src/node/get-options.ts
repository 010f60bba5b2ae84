// How `get` can be asked for a content, and what of that cannot be.

import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Descriptor } from '../content/index.ts';
import type { Strategy, TransferOptions } from '../engine/index.ts';
import type { Endpoint } from './addresses.ts';
import { parseEndpoint } from './addresses.ts';
import { HeadwaterError, humanReason, systemCode } from './errors.ts';
import { checkSignature, parsePublicKey } from './keys.ts';

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
