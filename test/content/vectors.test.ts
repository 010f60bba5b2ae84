// protocol/vectors/content.json, against this implementation. The file was made with an independent one (Python's
// hashlib and a MessagePack writer of twenty lines); only the leaves of repair symbols come from here.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CorruptError, fromHex, toHex, UsageError } from '../../src/base/index.ts';
import type { Descriptor } from '../../src/content/index.ts';
import {
  checkName,
  chooseParameters,
  contentId,
  decodeDescriptor,
  encodeDescriptor,
  formatLink,
  MerkleTree,
  parseLink,
} from '../../src/content/index.ts';
import { checkSignature } from '../../src/node/keys.ts';
import { sha256 } from '../../src/node/sha256.ts';
import { sampleOf } from './helpers.ts';

interface Bad {
  readonly why: string;
}
interface FieldsJson {
  readonly name: string;
  readonly length: number;
  readonly symbolBytes: number;
  readonly blockCount: number;
  readonly windowRatio: number;
  readonly sourceRoots: string;
  readonly windowRoots: string;
  readonly sha256: string;
  readonly mirrors: readonly (readonly [string, number, number])[];
  readonly signature: readonly [string, string] | null;
}
interface LinkJson {
  readonly text: string;
  readonly xt: string;
  readonly dn: string | null;
  readonly xl: number | null;
  readonly s: string[];
  readonly m: string[];
  readonly t: string[];
}
interface Vectors {
  readonly descriptors: readonly {
    bytes: string;
    contentId: string;
    signature: string;
    fields: FieldsJson;
  }[];
  readonly badDescriptors: readonly (Bad & { bytes: string })[];
  readonly names: readonly string[];
  readonly badNames: readonly (Bad & { name: string })[];
  readonly links: readonly LinkJson[];
  readonly badLinks: readonly (Bad & { text: string })[];
  readonly merkle: readonly { entries: string[]; root: string }[];
  readonly leaves: readonly {
    content: string;
    symbolBytes: number;
    blockCount: number;
    windowRatio: number;
    leaves: string[];
    sourceRoots: string;
    windowRoots: string;
  }[];
  readonly parameters: readonly { length: number; symbolBytes: number; blockCount: number }[];
}

const file = new URL('../../protocol/vectors/content.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

describe('the content vectors', () => {
  it.each(vectors.descriptors)(
    'descriptor $fields.name',
    ({ bytes, contentId: id, signature, fields }) => {
      const { signature: pair, ...plain } = fields;
      const unsigned: Descriptor = {
        ...plain,
        sourceRoots: fromHex(fields.sourceRoots),
        windowRoots: fromHex(fields.windowRoots),
        sha256: fromHex(fields.sha256),
        mirrors: fields.mirrors.map(([url, pricePerGbMicros, pricePerSecondMicros]) => ({
          url,
          pricePerGbMicros,
          pricePerSecondMicros,
        })),
      };
      const signed: Descriptor = pair
        ? { ...unsigned, signature: { publicKey: fromHex(pair[0]), signature: fromHex(pair[1]) } }
        : unsigned;
      expect(decodeDescriptor(fromHex(bytes))).toEqual(signed);
      expect(toHex(encodeDescriptor(signed))).toBe(bytes);
      expect(toHex(contentId(signed, sha256))).toBe(id);
      expect(checkSignature(signed)).toBe(signature);
    },
  );

  it.each(vectors.badDescriptors)('bad descriptor: $why', ({ bytes }) => {
    expect(() => decodeDescriptor(fromHex(bytes))).toThrow(CorruptError);
  });

  it.each(vectors.names.map((name) => ({ name })))('name $name', ({ name }) => checkName(name));

  it.each(vectors.badNames)('bad name: $why', ({ name }) => {
    expect(() => checkName(name)).toThrow(UsageError);
  });

  it.each(vectors.links)('link $text', (link) => {
    const parsed = parseLink(link.text);
    expect({
      xt: toHex(parsed.contentId),
      dn: parsed.name ?? null,
      xl: parsed.length ?? null,
      s: parsed.sources,
      m: parsed.mirrors,
      t: parsed.topologyServers,
      text: formatLink(parsed),
    }).toEqual(link);
  });

  it.each(vectors.badLinks)('bad link: $why', ({ text }) => {
    expect(() => parseLink(text)).toThrow(UsageError);
  });

  it.each(vectors.merkle)('tree of $entries.length entries', ({ entries, root }) => {
    const tree = new MerkleTree(sha256);
    for (const entry of entries) tree.add(fromHex(entry));
    expect(toHex(tree.root())).toBe(root);
  });

  it.each(vectors.leaves)(
    'leaves, T = $symbolBytes, Z = $blockCount, ρ = $windowRatio',
    (vector) => {
      const content = fromHex(vector.content);
      const { symbolBytes, blockCount, windowRatio } = vector;
      const perBlock = Math.ceil(Math.ceil(content.length / symbolBytes) / blockCount);
      const blockBytes = perBlock * symbolBytes;
      const { descriptor, leaves } = sampleOf(content, { symbolBytes, blockBytes, windowRatio });
      expect(descriptor.blockCount).toBe(blockCount);
      expect(leaves.map(toHex)).toEqual(vector.leaves);
      expect(toHex(descriptor.sourceRoots)).toBe(vector.sourceRoots);
      expect(toHex(descriptor.windowRoots)).toBe(vector.windowRoots);
    },
  );

  it.each(vectors.parameters)(
    'parameters of $length bytes',
    ({ length, symbolBytes, blockCount }) => {
      expect(chooseParameters(length)).toEqual({ length, symbolBytes, blockCount, windowRatio: 2 });
    },
  );
});
