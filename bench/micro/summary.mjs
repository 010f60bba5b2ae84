// Summaries: operations per second of the Bloom filter next to the stock package, and bytes of the exact set
// next to Bloom for several shapes of a working set, with the symbols that Bloom hides; and bytes and time of the
// rateless IBLT for several differences, next to the exact set.
//
//   npm run build && node bench/micro/summary.mjs [--json] [--quick]
//
// Times are process CPU time, the median of 5 runs (machines are shared: compare ratios).

import stockPackage from 'bloom-filters';
import { Bitset, Rng } from '../../dist/base/index.js';
import {
  ArtTrie,
  bloomBytes,
  chooseSummaryKind,
  decodeArt,
  decodeBloom,
  encodeArt,
  encodeBloom,
  encodeExact,
  encodeMinWise,
  estimateContainment,
  decodeMinWise,
  IdBloomFilter,
  Journal,
  MinWiseSketch,
  RIBLT_CELLS_MAX,
  ribltBytes,
  RibltDecoder,
  RibltStream,
  RibltTable,
} from '../../dist/summary/index.js';
import { commitOf, machineOf } from '../machine.mjs';

const json = process.argv.includes('--json');
const quick = process.argv.includes('--quick');
const SEED = 1;

/** Millions of operations per CPU second: median of the runs. */
function rate(operations, run) {
  const rates = [];
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    rates.push(operations / Math.max(1, user + system));
  }
  return rates.sort((a, b) => a - b)[rates.length >> 1];
}

/** Counts, so that no engine can drop the loop. */
function hits(filter, ids, keyOf = (id) => id) {
  let count = 0;
  for (const id of ids) if (filter.has(keyOf(id))) count++;
  return count;
}

function bloomRows() {
  const count = quick ? 20_000 : 1_000_000;
  const held = Uint32Array.from({ length: count }, (_, i) => i * 3);
  const others = Uint32Array.from({ length: count }, (_, i) => i * 3 + 1);
  // A filter holds 2^21 bits at most, so a million ids go through several of them.
  const fits = Math.min(count, 200_000);
  const ours = (bitsPerId, probes) => {
    let filter;
    const make = () => {
      filter = new IdBloomFilter(8 * Math.ceil((fits * bitsPerId) / 8), probes, SEED);
    };
    const each = (visit) => {
      for (let at = 0; at < count; at += fits) visit(at, Math.min(count, at + fits));
    };
    const add = rate(count, () =>
      each((from, to) => {
        make();
        for (let i = from; i < to; i++) filter.add(held[i]);
      }),
    );
    make();
    for (let i = 0; i < fits; i++) filter.add(held[i]);
    const hit = rate(count, () => each(() => hits(filter, held.subarray(0, fits))));
    const miss = rate(count, () => each(() => hits(filter, others.subarray(0, fits))));
    const fp = hits(filter, others) / count;
    return { variant: `ours, ${bitsPerId} bits, k = ${probes}`, add, hit, miss, fp };
  };
  const stock = (bitsPerId, probes) => {
    const few = Math.min(count, 20_000);
    let filter;
    const add = rate(few, () => {
      filter = new stockPackage.BloomFilter(few * bitsPerId, probes);
      for (let i = 0; i < few; i++) filter.add(String(held[i]));
    });
    const hit = rate(few, () => hits(filter, held.subarray(0, few), String));
    const miss = rate(few, () => hits(filter, others.subarray(0, few), String));
    const fp = hits(filter, others.subarray(0, few), String) / few;
    return { variant: `bloom-filters, string ids, ${bitsPerId} bits`, add, hit, miss, fp };
  };
  return [ours(8, 5), ours(10, 7), stock(8, 5)];
}

function setOf(window, shape, rng) {
  const bits = new Bitset(window);
  if (shape.lanes) {
    const lane = Math.floor(window / shape.lanes);
    for (let i = 0; i < shape.lanes; i++) bits.addRange(i * lane, i * lane + (lane >> 1));
  } else {
    while (bits.count < Math.floor(window / shape.ratio)) bits.add(rng.below(window));
  }
  return bits;
}

function byteRows() {
  const rng = new Rng(SEED);
  const window = 400_000;
  const shapes = [
    { shape: '4 lanes, half of each', lanes: 4 },
    ...[1.1, 2, 10, 50, 100, 1000].map((ratio) => ({ shape: `random, W/n = ${ratio}`, ratio })),
  ];
  return shapes.map((s) => {
    const bits = setOf(window, s, rng);
    const n = bits.count;
    const exact = encodeExact(bits, 0, window).length;
    const fits = bloomBytes(n) <= 61_440;
    const body = fits ? encodeBloom(bits, 0, window, { seed: SEED }) : undefined;
    let hidden;
    if (body !== undefined) {
      const bloom = decodeBloom(body, 0, window);
      hidden = 0;
      for (let id = 0; id < window; id++) if (!bits.has(id) && bloom.has(id)) hidden++;
    }
    return {
      shape: s.shape,
      n,
      exactBytes: exact,
      bloomBytes: bloomBytes(n),
      exactBitsPerId: (8 * exact) / n,
      // Of the symbols outside the set, how many Bloom would keep its reader from sending.
      bloomHidden: hidden ?? null,
      chosen1400: chooseSummaryKind({ held: n, window, symbolBytes: 1400, runs: s.lanes }),
    };
  });
}

function journalRow() {
  const rng = new Rng(SEED);
  const ids = rng.shuffle(Uint32Array.from({ length: 24_000 }, (_, i) => 2 * i));
  const journal = new Journal(32_768);
  let bytes = 0;
  let cursor = 0;
  const updates = 100;
  for (let i = 0; i < ids.length; i++) {
    journal.add(ids[i]);
    if ((i + 1) % (ids.length / updates) === 0) {
      const delta = journal.since(cursor, 61_440);
      cursor = delta.cursor;
      for (const body of delta.bodies) bytes += body.length;
    }
  }
  const count = quick ? 20_000 : 2_000_000;
  const adds = rate(count, () => {
    const fresh = new Journal();
    for (let i = 0; i < count; i++) fresh.add(ids[i % ids.length]);
  });
  return { symbols: ids.length, updates, bytes, bytesPerSymbol: bytes / ids.length, adds };
}

function minWiseRows() {
  const n = 12_000;
  const trials = quick ? 5 : 100;
  return [0.1, 0.25, 0.5, 0.75, 0.9].map((c) => {
    let squares = 0;
    let sigma = 0;
    for (let t = 0; t < trials; t++) {
      const remote = new MinWiseSketch(t);
      const local = new MinWiseSketch(t);
      const shared = Math.round(c * n);
      for (let i = 0; i < n; i++) remote.add(i * 7);
      for (let i = n - shared; i < 2 * n - shared; i++) local.add(i * 7);
      const heard = decodeMinWise(encodeMinWise(remote), 0, 14 * n);
      const estimate = estimateContainment(local, heard);
      squares += (estimate.value - c) ** 2 / trials;
      sigma += estimate.standardError / trials;
    }
    return { containment: c, rmse: Math.sqrt(squares), standardError: sigma };
  });
}

/** Reconciliation trees next to Bloom filters of the same bytes: two sets of n ids that differ in d each. */
function artRows() {
  const n = quick ? 2400 : 24_000;
  return [n / 240, n / 24, n / 3].map((d) => {
    const window = 2 * (n + d);
    const ids = new Rng(SEED).shuffle(Uint32Array.from({ length: window }, (_, i) => i));
    const remote = new Bitset(window);
    const own = new Bitset(window);
    for (let i = 0; i < n; i++) {
      remote.add(ids[i]);
      own.add(ids[i + d]);
    }
    let body = encodeArt(remote, 0, window, { seed: SEED });
    const art = decodeArt(body, 0, window);
    const bloom = decodeBloom(encodeBloom(remote, 0, window, { seed: SEED }), 0, window);
    const bloomLacking = () => {
      let count = 0;
      own.forEach((id) => (count += bloom.has(id) ? 0 : 1));
      return count;
    };
    let finding = art.search(own);
    return {
      n,
      d,
      bytes: body.length,
      found: finding.lacking.count / d,
      foundByBloom: bloomLacking() / d,
      visited: finding.visited / finding.nodes,
      // From operations per microsecond to milliseconds an operation.
      buildMs: 1e-3 / rate(1, () => (body = encodeArt(remote, 0, window, { seed: SEED }))),
      // The search makes the trie of the reader's own set first.
      trieMs: 1e-3 / rate(1, () => new ArtTrie(own, 0, window, SEED).root),
      searchMs: 1e-3 / rate(1, () => (finding = art.search(own))),
      bloomMs: 1e-3 / rate(1, bloomLacking),
    };
  });
}

/** Ids into a kept table of a rateless IBLT. */
function ribltTableRows() {
  const count = quick ? 20_000 : 1_000_000;
  return [200, 2000, 20_000].map((cells) => ({
    cells,
    adds: rate(count, () => {
      const table = new RibltTable(SEED, cells);
      for (let id = 0; id < count; id++) table.add(id);
    }),
  }));
}

/** Two sets of 24,000 random ids of a window of 48,000 that differ in d, half of it on each side. */
function pairOf(d, rng) {
  const remote = new Bitset(48_000);
  while (remote.count < 24_000) remote.add(rng.below(48_000));
  const own = remote.clone();
  for (let n = d / 2; n > 0;) if (own.delete(rng.below(48_000))) n--;
  for (let n = d / 2; n > 0;) {
    const id = rng.below(48_000);
    if (!remote.has(id) && own.add(id)) n--;
  }
  return [remote, own];
}

function ribltRows() {
  const rng = new Rng(SEED);
  return [10, 100, 1000, 10_000].map((d) => {
    const runs = quick ? 1 : Math.max(10, Math.min(300, 30_000 / d));
    // Bodies so small that the cells counted are those that were needed.
    const step = Math.max(1, d / 200);
    let cells = 0;
    let exact = 0;
    let write = 0;
    let read = 0;
    for (let run = 0; run < runs; run++) {
      const [remote, own] = pairOf(d, rng);
      exact += encodeExact(remote, 0, 48_000).length;
      const salt = rng.uint32();
      const stream = new RibltStream(remote, 0, 48_000, salt);
      const decoder = new RibltDecoder(own, 0, 48_000, { cellsMax: RIBLT_CELLS_MAX });
      while (decoder.take(stream.next(step)) === 'more');
      cells += decoder.cells;
      // Once more in one go, for the time.
      const bodies = [];
      write += seconds(() => {
        const again = new RibltStream(remote, 0, 48_000, salt);
        for (let left = decoder.cells; left > 0; left -= 7000)
          bodies.push(again.next(Math.min(7000, left)));
      });
      read += seconds(() => {
        const reader = new RibltDecoder(own, 0, 48_000);
        for (const body of bodies) reader.take(body);
      });
    }
    return {
      d,
      cellsPerDifference: cells / runs / d,
      bytesPerDifference: (8 * cells) / runs / d,
      ribltBytes: ribltBytes(d),
      exactBytes: exact / runs,
      exactPerDifference: exact / runs / d,
      writeMs: (1e3 * write) / runs,
      readMs: (1e3 * read) / runs,
    };
  });
}

/** CPU seconds. */
function seconds(run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const result = {
  bench: 'summary',
  machine: machineOf(),
  commit: commitOf(),
  seed: SEED,
  bloom: bloomRows(),
  bytes: byteRows(),
  journal: journalRow(),
  minWise: minWiseRows(),
  art: artRows(),
  ribltTable: ribltTableRows(),
  riblt: ribltRows(),
};

if (json) {
  console.log(JSON.stringify(result));
} else {
  console.log(`${result.machine}, commit ${result.commit}, seed ${SEED}`);
  const rounded = (row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, v]) => [key, typeof v === 'number' ? +v.toPrecision(4) : v]),
    );
  console.log('Bloom: M operations per CPU second, and false-positive rate');
  console.table(result.bloom.map(rounded));
  console.log('Bytes of one summary of a range of 400,000 ids');
  console.table(result.bytes.map(rounded));
  console.log('Delta journal: random order, every other id');
  console.table([rounded(result.journal)]);
  console.log('Min-wise sketch, 1 KB: error of the containment estimate, 12,000 ids each');
  console.table(result.minWise.map(rounded));
  console.log('Reconciliation tree next to Bloom, both 8 bits an id: share of d found, CPU time');
  console.table(result.art.map(rounded));
  console.log('Rateless IBLT: M ids a CPU second into a kept table');
  console.table(result.ribltTable.map(rounded));
  console.log(
    'Rateless IBLT: cells that decode a difference d of two sets of 24,000 ids, W = 2n; CPU time of each end',
  );
  console.table(result.riblt.map(rounded));
}
