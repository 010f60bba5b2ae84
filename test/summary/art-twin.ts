// The slow twin of approximate reconciliation trees: protocol/summaries.md word by word, a recursive trie of
// strings, filters that are sets of bit numbers. Shares no code with src/summary.

const u32 = (v: bigint): bigint => v & 0xffffffffn;

function mix(v: bigint): bigint {
  v = u32((v ^ (v >> 16n)) * 0x7feb352dn);
  v = u32((v ^ (v >> 15n)) * 0x846ca68bn);
  return v ^ (v >> 16n);
}

const key = (id: bigint, seed: bigint): bigint => mix(id ^ u32(seed * 0x9e3779b1n));

export interface Twin {
  /** XOR of the values of the leaves below. */
  readonly value: bigint;
  /** The id of a leaf. */
  readonly id?: number;
  readonly children: readonly Twin[];
}

/** The trie of some ids; undefined for none. */
export function trieTwin(ids: Iterable<number>, seed: number): Twin | undefined {
  const members = new Map<string, number>();
  for (const id of ids) {
    const place = mix(u32(key(BigInt(id), BigInt(seed)) + 0x27d4eb2fn));
    members.set(place.toString(2).padStart(32, '0'), id);
  }
  return members.size === 0 ? undefined : grow(members, 0, seed);
}

function grow(members: Map<string, number>, depth: number, seed: number): Twin {
  if (members.size === 1) {
    const [id] = members.values();
    const value = mix(u32(key(BigInt(id!), BigInt(seed)) + 0x165667b1n));
    return { value, id: id!, children: [] };
  }
  const zero = new Map([...members].filter(([place]) => place[depth] === '0'));
  const one = new Map([...members].filter(([place]) => place[depth] === '1'));
  if (zero.size === 0 || one.size === 0) return grow(members, depth + 1, seed);
  const children = [grow(zero, depth + 1, seed), grow(one, depth + 1, seed)];
  return { value: children[0]!.value ^ children[1]!.value, children };
}

/** Every node below and including one. */
export function nodesOf(node: Twin | undefined): Twin[] {
  return node === undefined ? [] : [node, ...node.children.flatMap(nodesOf)];
}

/** Internal nodes on the longest path. */
export function heightOf(node: Twin | undefined): number {
  if (node === undefined || node.children.length === 0) return 0;
  return 1 + Math.max(...node.children.map(heightOf));
}

function probesOf(value: bigint, seed: bigint, bits: bigint, probes: number): number[] {
  let a = key(value, seed);
  let b = mix(u32(a + 0x85ebca77n)) | 1n;
  return Array.from({ length: probes }, (_, i) => {
    const probe = Number((a * bits) >> 32n);
    a = u32(a + b);
    b = u32(b + BigInt(i) + 1n);
    return probe;
  });
}

/** A body as the text has it. */
export interface BodyTwin {
  readonly n: number;
  readonly seed: number;
  /** Bits and probes of the leaf filter, then of the internal filter. */
  readonly sizes: readonly (readonly [bits: number, probes: number])[];
  /** Numbers of their one bits. */
  readonly ones: readonly Set<number>[];
}

export function readTwin(body: Uint8Array): BodyTwin {
  const number = (at: number, bytes: number): number =>
    body.subarray(at, at + bytes).reduce((sum, byte) => sum * 256 + byte, 0);
  const sizes = [[number(8, 4), number(12, 1)] as const, [number(13, 4), number(17, 1)] as const];
  let at = 18;
  const ones = sizes.map(([bits]) => {
    const set = new Set<number>();
    for (let i = 0; i < bits; i++) if (((body[at + (i >> 3)]! >> (i & 7)) & 1) === 1) set.add(i);
    at += bits / 8;
    return set;
  });
  return { n: number(0, 4), seed: number(4, 4), sizes, ones };
}

/** What the filters of a body of these ids must hold, given its sizes. */
export function filtersTwin(ids: Iterable<number>, body: BodyTwin): Set<number>[] {
  const nodes = nodesOf(trieTwin(ids, body.seed));
  return body.sizes.map(([bits, probes], internal) => {
    const held = nodes.filter((node) => node.children.length > 0 === (internal === 1));
    return new Set(
      held.flatMap(({ value }) => probesOf(value, BigInt(body.seed), BigInt(bits), probes)),
    );
  });
}

/** The ids that the search of the text reports, ascending, and how many nodes it visits. */
export function searchTwin(
  own: Iterable<number>,
  body: BodyTwin,
  correction: number,
): { readonly ids: number[]; readonly visited: number } {
  const ids: number[] = [];
  let visited = 0;
  const isIn = (filter: 0 | 1, value: bigint): boolean => {
    const [bits, probes] = body.sizes[filter]!;
    return probesOf(value, BigInt(body.seed), BigInt(bits), probes).every((i) =>
      body.ones[filter]!.has(i),
    );
  };
  const search = (node: Twin, hits: number): void => {
    visited++;
    if (node.id !== undefined) {
      if (!isIn(0, node.value)) ids.push(node.id);
      return;
    }
    const now = isIn(1, node.value) ? hits + 1 : 0;
    if (now > correction) return;
    for (const child of node.children) search(child, now);
  };
  const root = trieTwin(own, body.seed);
  if (root !== undefined) search(root, 0);
  return { ids: ids.sort((a, b) => a - b), visited };
}
