// The process that crash.test.ts kills: it writes a content in random order and tells, after each call has resolved,
// what the store promised. Arguments: output, seed.

import { writeSync } from 'node:fs';
import { Rng } from '../../src/base/index.ts';
import { FileStore } from '../../src/node/file-store.ts';
import { symbolOf, sampleForCrash } from './crash-sample.ts';

const [out = '', seed = '0'] = process.argv.slice(2);
const rng = new Rng(Number(seed));
const { descriptor, leaves, layout, bytes } = sampleForCrash();
const say = (line: string): void => void writeSync(1, `${line}\n`);

const store = await FileStore.open(out, descriptor);
for (const [sbn, own] of leaves.entries()) await store.writeLeaves(sbn, own);
say('open');
const order = rng.shuffle([...Array(layout.idCount).keys()]);
for (let next = 0; next < order.length;) {
  const ids = order.slice(next, (next += 1 + rng.below(8))).filter((id) => !store.held.has(id));
  await store.writeSymbols(ids.map((id) => ({ id, bytes: symbolOf(bytes, layout, id) })));
  say(`held ${ids.join(' ')}`);
  if (rng.below(12) === 0) {
    const sbn = rng.below(layout.blockCount);
    say(`deleting ${sbn}`);
    await store.deleteRepair(sbn);
  }
  if (rng.below(10) === 0) {
    await store.commit();
    say('commit');
  }
}
await store.close();
say('closed');
