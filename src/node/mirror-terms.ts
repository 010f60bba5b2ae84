// Mirrors as people name them: an address, and after spaces what it costs and how fast it is expected to be.

import type { Mirror } from '../content/index.ts';
import { httpProblem } from '../content/index.ts';
import type { MirrorTerms } from '../engine/index.ts';
import { HeadwaterError } from './errors.ts';
import { publicUrl } from './http/index.ts';

/** A mirror with its price. */
export interface MirrorName {
  readonly url: string;
  readonly terms: MirrorTerms;
}

const FREE: MirrorTerms = { pricePerSecond: 0, pricePerGb: 0 };
/** Prices travel in millionths, as whole numbers. */
const MICROS = 1_000_000;

/** A mirror that costs nothing, as far as is known. */
export function freeMirror(url: string): MirrorName {
  return { url, terms: FREE };
}

/** A mirror of a descriptor. */
export function describedMirror({
  url,
  pricePerGbMicros,
  pricePerSecondMicros,
}: Mirror): MirrorName {
  return {
    url,
    terms: {
      pricePerGb: pricePerGbMicros / MICROS,
      pricePerSecond: pricePerSecondMicros / MICROS,
    },
  };
}

/** A mirror for a descriptor. Throws HeadwaterError USAGE when it cannot stand there: a descriptor is for everybody. */
export function mirrorForDescriptor({ url, terms }: MirrorName): Mirror {
  const problem = httpProblem(url);
  if (problem !== undefined) throw usage(`mirror ${publicUrl(url)}: ${problem}`);
  const micros = (price: number): number => Math.round(price * MICROS);
  return {
    url,
    pricePerGbMicros: micros(terms.pricePerGb),
    pricePerSecondMicros: micros(terms.pricePerSecond),
  };
}

/**
 * "https://host/file gb=0.05 second=0.001 rate=2000000": prices of 10^9 bytes and of a second, and bytes per second; each may be
 * left out. Throws HeadwaterError USAGE.
 */
export function parseMirror(text: string): MirrorName {
  const [url = '', ...words] = text.trim().split(/\s+/);
  if (!/^https?:\/\//i.test(url)) throw usage(`"${url}" is not an http or https URL`);
  const terms = { gb: 0, second: 0, rate: 0 };
  for (const word of words) {
    const match = /^(gb|second|rate)=(\d{1,12}(?:\.\d{1,9})?)$/.exec(word);
    if (match === null) throw usage(`"${word}" is not gb=PRICE, second=PRICE or rate=BYTES`);
    terms[match[1] as keyof typeof terms] = Number(match[2]);
  }
  const { gb, second, rate } = terms;
  const expected = rate > 0 ? { rate } : {};
  return { url, terms: { pricePerGb: gb, pricePerSecond: second, ...expected } };
}

function usage(message: string): HeadwaterError {
  return new HeadwaterError(
    'USAGE',
    message,
    "Write 'https://host/file', and after it gb=, second= or rate= if they matter.",
  );
}
