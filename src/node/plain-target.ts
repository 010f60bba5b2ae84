// What plain URLs lead to: one file, and the mirrors that have it. The first answers say how long it is and which version.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Pieces, PlainFile } from '../content/index.ts';
import { nameProblem } from '../content/index.ts';
import type { MirrorTerms } from '../engine/index.ts';
import { HeadwaterError } from './errors.ts';
import type { FetchFailure, MirrorInfo } from './http/index.ts';
import { MirrorError } from './http/index.ts';
import type { MirrorName } from './mirror-terms.ts';
import type { Expected } from './mirror-source.ts';
import { disagreement, MirrorSource } from './mirror-source.ts';

/** Others than the first to answer have this long to be heard before the file is settled, ms. */
const GRACE_MS = 300;
/** Attempts to reach any mirror, and the pauses between them, ms. */
const PAUSES_MS = [500, 1_500] as const;

/** Longest plain file, bytes: 65,536 blocks of 64 MiB. */
const LENGTH_MAX = 4 * 2 ** 40;

/** A mirror that may be used. */
export interface PlannedMirror {
  readonly source: MirrorSource;
  readonly terms: MirrorTerms;
}

export interface PlainTarget {
  readonly file: PlainFile;
  /** The best first. */
  readonly mirrors: readonly PlannedMirror[];
}

/** What is known of the file before anybody was asked. */
export interface Known {
  readonly name?: string | undefined;
  readonly length?: number | undefined;
  readonly sha256?: Uint8Array | undefined;
  readonly pieces?: Pieces | undefined;
}

export interface Reach {
  /** Servers that were named by whoever runs this may be at private addresses. */
  readonly mayBePrivate: boolean;
  readonly allowPrivate: boolean;
}

export function plannedMirror({ url, terms }: MirrorName, reach: Reach): PlannedMirror {
  return { source: new MirrorSource({ url, ...reach }), terms };
}

/** One that has answered. */
export interface Found {
  readonly mirror: PlannedMirror;
  readonly info: MirrorInfo;
}

/** Asks mirrors for the file, and waits a moment for more than the first to answer. Rejects with HeadwaterError UNREACHABLE. */
export async function findFile(mirrors: readonly PlannedMirror[]): Promise<Found[]> {
  const failures = new Map<PlannedMirror, FetchFailure>();
  for (const pause of [...PAUSES_MS, undefined]) {
    const asked = mirrors.filter((mirror) => failures.get(mirror)?.permanent !== true);
    const found = await firstFound(asked, failures);
    if (found.length > 0) return found;
    if (asked.length === 0 || pause === undefined) break;
    await sleep(pause);
  }
  const lines = mirrors.map(
    (mirror) => `\n  ${mirror.source.address}: ${failures.get(mirror)?.reason ?? 'not tried'}`,
  );
  throw new HeadwaterError(
    'UNREACHABLE',
    `no mirror could be used${lines.join('')}`,
    'Check the addresses, and name more mirrors if there are some.',
  );
}

/** The file that mirrors have, and those among them that have it. The others are told that they do not when they are used. */
export function settleFile(
  found: readonly Found[],
  mirrors: readonly PlannedMirror[],
  known: Known,
): PlainTarget {
  const inOrder = mirrors.flatMap((mirror) => found.filter((f) => f.mirror === mirror));
  const fitting = inOrder.filter(
    ({ info }) => known.length === undefined || info.length === known.length,
  );
  const best = mostAgreed(fitting, known.sha256 !== undefined || known.pieces !== undefined);
  if (best === undefined) {
    const lines = inOrder.map(
      ({ mirror, info }) => `\n  ${mirror.source.address}: has a file of ${info.length} bytes`,
    );
    throw new HeadwaterError(
      'UNREACHABLE',
      `no mirror has a file of ${known.length ?? 0} bytes${lines.join('')}`,
    );
  }
  const { info, mirror } = best;
  const hasHash = known.sha256 !== undefined || known.pieces !== undefined;
  const expected: Expected = {
    length: info.length,
    validator: hasHash ? undefined : info.validator,
  };
  for (const { source } of mirrors) source.expected = expected;
  const { lastModified, etag } = info.validator;
  const file: PlainFile = {
    name: known.name ?? nameOf(info.url) ?? nameOf(mirror.source.address) ?? 'download',
    length: info.length,
    sha256: known.sha256,
    pieces: known.pieces,
    identity: hasHash ? '' : (lastModified ?? etag ?? mirror.source.address),
  };
  if (file.length > LENGTH_MAX) {
    const reason = `${mirror.source.address} has a file of ${file.length} bytes, above ${LENGTH_MAX}`;
    throw new HeadwaterError('UNREACHABLE', reason);
  }
  return { file, mirrors };
}

/** Mirrors that were heard and do not have the file, with the reason. */
export function refused(found: readonly Found[]): [string, string][] {
  return found.flatMap(({ mirror, info }): [string, string][] => {
    const problem = disagreement(mirror.source.expected ?? { ...info }, info);
    return problem === undefined ? [] : [[mirror.source.address, problem]];
  });
}

/** The first of those whose file most others have, too. */
function mostAgreed(found: readonly Found[], hasHash: boolean): Found | undefined {
  const votes = found.map(({ info: { length, validator } }) => {
    const expected = { length, validator: hasHash ? undefined : validator };
    return found.filter(({ info }) => disagreement(expected, info) === undefined).length;
  });
  return found[votes.indexOf(Math.max(...votes))];
}

async function firstFound(
  mirrors: readonly PlannedMirror[],
  failures: Map<PlannedMirror, FetchFailure>,
): Promise<Found[]> {
  const found: Found[] = [];
  const probes = mirrors.map(async (mirror) => {
    try {
      const { info } = await mirror.source.probe();
      found.push({ mirror, info });
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      failures.set(mirror, error.failure);
    }
  });
  const all = Promise.all(probes);
  all.catch(() => undefined);
  await Promise.race([all, ...probes.map((probe) => probe.then(() => heard()))]);
  return found;

  /** Resolves a moment after the first answer, never when there was none. */
  function heard(): Promise<unknown> {
    return found.length > 0
      ? sleep(GRACE_MS, undefined, { ref: false })
      : new Promise(() => undefined);
  }
}

/** The file name in a URL, when it is one that may be made here. */
function nameOf(url: string): string | undefined {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  let name: string;
  try {
    name = decodeURIComponent(last).normalize('NFC');
  } catch {
    name = last;
  }
  return nameProblem(name) === undefined ? name : undefined;
}
