// From what `get` was asked for to the content and its sources: a link, a descriptor, a content id with sources, URLs, a Metalink.

import { fromHex, UsageError } from '../base/index.ts';
import type { Descriptor, PlainFile } from '../content/index.ts';
import { contentId, isLink, parseLink, plainId } from '../content/index.ts';
import { loadDescription, parseDescriptor } from './description.ts';
import { sourceUrl } from './dial.ts';
import { descriptorAt, descriptorBeside, isDescriptorUrl } from './distant-descriptor.ts';
import { HeadwaterError } from './errors.ts';
import type { GetOptions, What } from './get-options.ts';
import { publicUrl } from './http/index.ts';
import type { MirrorName } from './mirror-terms.ts';
import { describedMirror, freeMirror, parseMirror } from './mirror-terms.ts';
import type { OnRefused } from './plain-names.ts';
import { plainNamedBy } from './plain-names.ts';
import type { PlannedMirror, Reach } from './plain-target.ts';
import { plannedMirror } from './plain-target.ts';
import { sha256 } from './sha256.ts';

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
  /** On its way from a mirror, while peers are asked as well. Rejects when no mirror has it. */
  readonly beside?: Promise<Uint8Array>;
  /** Where the leaves are, if they lie beside a descriptor on this disk. */
  readonly leavesPath: string | undefined;
  /** The file, when it has no descriptor. */
  readonly plain: PlainFile | undefined;
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
  const allowPrivate = options.allowPrivate ?? false;
  const typed: Reach = { mayBePrivate: true, allowPrivate };
  const found = await namedBy(what, typed);
  const sources = [...new Set([...found.sources, ...(options.sources ?? [])].map(sourceUrl))];
  const more = (options.mirrors ?? []).map(parseMirror);
  const mirrors = [
    ...found.mirrorNames.map((name) => plannedMirror(name, found.reach)),
    ...more.map((name) => plannedMirror(name, typed)),
  ];
  const listens = (options.listen ?? false) !== false;
  if (sources.length + mirrors.length === 0 && !listens) {
    throw new HeadwaterError(
      'USAGE',
      'there is no source to fetch from',
      'Name one (-s ws://host:port), or use a link that has some.',
    );
  }
  const names = [...found.mirrorNames, ...more];
  if (found.descriptor !== undefined || names.length === 0) return { ...found, sources, mirrors };
  const beside = descriptorBeside(names, found.contentId, found.reach);
  if (sources.length > 0 || listens) {
    beside.catch(() => undefined); // peers may have it
    return { ...found, sources, mirrors, beside };
  }
  const bytes = await beside;
  const descriptor = parseDescriptor(bytes, 'the descriptor beside the file');
  return { ...found, descriptor, descriptorBytes: bytes, sources, mirrors };
}

/** What was named by text. */
function stringsOf(what: What): readonly string[] {
  if (typeof what === 'string') return [what];
  return Array.isArray(what) ? (what as readonly string[]) : [];
}

async function namedBy(what: What, typed: Reach): Promise<Named> {
  if (what instanceof Uint8Array) return described(what, 'the given descriptor', typed);
  if (typeof what === 'object' && 'contentId' in what) {
    const id = what.contentId;
    const contentIdBytes = typeof id === 'string' ? parseId(id) : id;
    if (contentIdBytes.length !== 32) throw badLink('a content id has 32 bytes');
    return { ...named(contentIdBytes, undefined, what.sources ?? []), reach: typed };
  }
  if (typeof what !== 'string') {
    const message = 'several things were named that are not URLs of one file';
    throw new HeadwaterError('USAGE', message, 'Name one, or several http or https URLs.');
  }
  if (isLink(what)) {
    try {
      const link = parseLink(what);
      const about = named(link.contentId, link.name, link.sources);
      return { ...about, mirrorNames: link.mirrors.map(freeMirror), reach: typed };
    } catch (error) {
      if (error instanceof UsageError) throw badLink(error.message);
      throw error;
    }
  }
  if (/^[0-9a-f]{64}$/i.test(what)) {
    return { ...named(parseId(what), undefined, []), reach: typed };
  }
  if (isDescriptorUrl(what)) {
    const { bytes, file, reach } = await descriptorAt(what, typed);
    const found = described(bytes, publicUrl(what), reach);
    return found.mirrorNames.some(({ url }) => url === file)
      ? found
      : { ...found, mirrorNames: [freeMirror(file), ...found.mirrorNames] };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(what)) {
    throw badLink(`${what} is the address of something; name a link, a descriptor or a content id`);
  }
  const { bytes, leavesPath } = await loadDescription(what);
  return { ...described(bytes, what, typed), leavesPath };
}

/** A target before mirrors are planned. */
type Named = Omit<Target, 'mirrors'> & {
  readonly mirrorNames: readonly MirrorName[];
  /** Of these mirrors. */
  readonly reach: Reach;
};

function described(bytes: Uint8Array, where: string, reach: Reach): Named {
  const descriptor = parseDescriptor(bytes, where);
  const id = contentId(descriptor, sha256);
  const { name } = descriptor;
  return {
    ...named(id, name, []),
    descriptor,
    descriptorBytes: bytes,
    mirrorNames: descriptor.mirrors.map(describedMirror),
    reach,
  };
}

function named(
  id: Uint8Array,
  name: string | undefined,
  sources: readonly string[],
): Target & Pick<Named, 'mirrorNames'> {
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
