// From the names of a plain file, URLs or a Metalink, to the file and its mirrors.

import { fromHex } from '../base/index.ts';
import { HeadwaterError } from './errors.ts';
import type { GetOptions, What } from './get-options.ts';
import { parseMirror } from './mirror-terms.ts';
import type { PlainTarget } from './plain-target.ts';
import { findFile, plannedMirror, refused, settleFile } from './plain-target.ts';

/** Told of every mirror that has another file than the others. */
export type OnRefused = (address: string, reason: string) => void;

/** Mirrors that are asked at first: more would only be spares. */
const ASKED_MAX = 8;

/** The plain file that `what` names; undefined when it names something else. Rejects with HeadwaterError. */
export async function plainNamedBy(
  what: What,
  options: GetOptions,
  onRefused: OnRefused,
): Promise<PlainTarget | undefined> {
  const urls = urlsOf(what);
  if (urls === undefined) return undefined;
  const reach = { mayBePrivate: true, allowPrivate: options.allowPrivate ?? false };
  const names = [...urls, ...(options.mirrors ?? [])].map(parseMirror);
  const mirrors = names.map((name) => plannedMirror(name, reach));
  const found = await findFile(mirrors.slice(0, ASKED_MAX));
  const sha256 = options.sha256 === undefined ? undefined : parseSha256(options.sha256);
  const target = settleFile(found, mirrors, { sha256 });
  for (const [address, reason] of refused(found)) onRefused(address, reason);
  return target;
}

function urlsOf(what: What): readonly string[] | undefined {
  const names = typeof what === 'string' ? [what] : Array.isArray(what) ? (what as string[]) : [];
  return names.length > 0 && names.every((name) => /^https?:\/\//i.test(name)) ? names : undefined;
}

function parseSha256(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) return fromHex(text.toLowerCase());
  throw new HeadwaterError('USAGE', `"${text.slice(0, 80)}" is not a SHA-256 of 64 hexadecimal digits`);
}
