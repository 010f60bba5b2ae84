// A descriptor on the web: named by its own URL, or beside the file that a mirror has.

import { equalBytes } from '../base/index.ts';
import { contentId, DESCRIPTOR_BYTES_MAX } from '../content/index.ts';
import { DESCRIPTOR_SUFFIX, parseDescriptor } from './description.ts';
import { HeadwaterError, humanReason } from './errors.ts';
import { MirrorError } from './http/index.ts';
import type { MirrorSource } from './mirror-source.ts';
import type { MirrorName } from './mirror-terms.ts';
import { freeMirror } from './mirror-terms.ts';
import type { Reach } from './plain-target.ts';
import { plannedMirror } from './plain-target.ts';
import { sha256 } from './sha256.ts';
import { fetchSmallFile } from './small-file.ts';

/** Mirrors that are asked for a descriptor, all at once: it is one small file. */
const ASKED_MAX = 8;

/** True for a URL whose path ends as the name of a descriptor does. */
export function isDescriptorUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && (pathOf(text)?.endsWith(DESCRIPTOR_SUFFIX) ?? false);
}

/** What lies at the URL of a descriptor, and the URL of the file that it describes if that lies beside it. */
export interface DescriptorAt {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** How the mirrors that it names may be reached. */
  readonly reach: Reach;
}

/** Fetches the descriptor at a URL. Rejects with HeadwaterError UNREACHABLE or BAD_DESCRIPTOR. */
export async function descriptorAt(url: string, { allowPrivate }: Reach): Promise<DescriptorAt> {
  const { source } = plannedMirror(freeMirror(url), { mayBePrivate: true, allowPrivate });
  try {
    const { bytes, isPrivate } = await fetchFrom(source);
    const reach = { mayBePrivate: isPrivate || allowPrivate, allowPrivate };
    return {
      bytes,
      file: withPath(url, (path) => path.slice(0, -DESCRIPTOR_SUFFIX.length)),
      reach,
    };
  } catch (error) {
    if (error instanceof HeadwaterError) throw error;
    const reason = `${source.address}: ${reasonOf(error)}`;
    throw new HeadwaterError('UNREACHABLE', reason, undefined, error);
  }
}

/**
 * The descriptor of a content, from whichever mirror has it first beside the file. Rejects with HeadwaterError UNREACHABLE and a
 * line for each when none has it.
 */
export async function descriptorBeside(
  mirrors: readonly MirrorName[],
  id: Uint8Array,
  reach: Reach,
): Promise<Uint8Array> {
  const asked = mirrors.slice(0, ASKED_MAX).map(({ url }) => {
    const beside = withPath(url, (path) => path + DESCRIPTOR_SUFFIX);
    return plannedMirror(freeMirror(beside), reach).source;
  });
  const lines: string[] = [];
  const attempts = asked.map(async (source, i) => {
    try {
      const { bytes } = await fetchFrom(source);
      if (equalBytes(contentId(parseDescriptor(bytes, source.address), sha256), id)) return bytes;
      throw new Error('is the descriptor of another content');
    } catch (error) {
      lines[i] = `\n  ${source.address}: ${reasonOf(error)}`;
      throw error;
    }
  });
  try {
    return await Promise.any(attempts);
  } catch {
    throw new HeadwaterError(
      'UNREACHABLE',
      `no mirror has the descriptor of this content${lines.join('')}`,
      'Name a peer (-s), or get the descriptor and name that.',
    );
  } finally {
    for (const source of asked) source.close();
  }
}

async function fetchFrom(
  source: MirrorSource,
): Promise<{ readonly bytes: Uint8Array; readonly isPrivate: boolean }> {
  const connected = await source.connect();
  const { isPrivate } = connected.info;
  const most = DESCRIPTOR_BYTES_MAX;
  return {
    bytes: await fetchSmallFile(connected, source.address, most, 'BAD_DESCRIPTOR'),
    isPrivate,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof MirrorError ? error.failure.reason : humanReason(error);
}

function pathOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).pathname : undefined;
}

function withPath(url: string, change: (path: string) => string): string {
  const changed = new URL(url);
  changed.pathname = change(changed.pathname);
  return changed.href;
}
