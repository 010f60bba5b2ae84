// From the names of a plain file, URLs or a Metalink, to the file and its mirrors.

import { fromHex } from '../base/index.ts';
import { HeadwaterError } from './errors.ts';
import { parseMirror } from './mirror-terms.ts';
import type { PlainTarget } from './plain-target.ts';
import { findFile, plannedMirror, refused, settleFile } from './plain-target.ts';

/** Told of every mirror that has another file than the others. */
export type OnRefused = (address: string, reason: string) => void;

/** Mirrors that are asked at first: more would only be spares. */
const ASKED_MAX = 8;

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
  if (names.length === 0 || !names.every((name) => /^https?:\/\//i.test(name))) return undefined;
  const reach = { mayBePrivate: true, allowPrivate: options.allowPrivate ?? false };
  const all = [...names, ...(options.mirrors ?? [])].map(parseMirror);
  const mirrors = all.map((name) => plannedMirror(name, reach));
  const found = await findFile(mirrors.slice(0, ASKED_MAX));
  const sha256 = options.sha256 === undefined ? undefined : parseSha256(options.sha256);
  const target = settleFile(found, mirrors, { sha256 });
  for (const [address, reason] of refused(found)) onRefused(address, reason);
  return target;
}

function parseSha256(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) return fromHex(text.toLowerCase());
  throw new HeadwaterError('USAGE', `"${text.slice(0, 80)}" is not a SHA-256 of 64 hexadecimal digits`);
}
