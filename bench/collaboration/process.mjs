// One end of a collaboration, in a process of its own. It is told what to do in its first message, answers once, and
// ends when the channel to the bench does: no process outlives the bench.

import { Bitset } from 'headwater';
import { get, loadDescription, share } from 'headwater/node';
import { toHex } from '../../dist/base/index.js';
import { layoutOf } from '../../dist/content/index.js';
import { Pool } from '../../dist/node/work/pool.js';
import { layoutParameters } from '../../dist/node/work/tasks.js';
import { writePart } from './part.mjs';

const ROLES = {
  /** Shares a part of the file, or all of it, at a limited rate; answers its address. */
  async send({ file, descriptorPath, held, freshFrom, maxRate }) {
    const sharing = await share(file, {
      descriptor: descriptorPath,
      hold: held && setOf(held),
      freshFrom,
      maxRate,
    });
    await makeEncoders(file, await loadDescription(descriptorPath));
    return { address: `ws://${sharing.host}:${sharing.port}` };
  },

  /**
   * Starts with the symbols `held`, fetches the rest from the addresses, answers get's result; `seconds` are those from
   * the first link on.
   */
  async receive({ file, descriptorPath, held, output, addresses, asked }) {
    const description = await loadDescription(descriptorPath);
    await writePart({ out: output, file, description, held: setOf(held) });
    const getting = get(descriptorPath, { output, sources: addresses, ...asked });
    let linkedAt;
    for await (const { event } of getting) if (event === 'link-up') linkedAt ??= performance.now();
    const seconds = (performance.now() - linkedAt) / 1000;
    return { ...(await getting.done), seconds };
  },
};

/**
 * Has the workers of this process solve all blocks. In a short run the first request for repair symbols would otherwise
 * hold up a sender that needs them, and it would be slower than one that does not.
 */
async function makeEncoders(dataPath, { descriptor, contentId }) {
  const layout = layoutOf(descriptor);
  const about = { kind: 'encode', dataPath, layout: layoutParameters(layout) };
  const cacheKey = toHex(contentId);
  const pool = Pool.shared();
  for (let sbn = 0; sbn < layout.blockCount; sbn++) {
    const esis = Uint32Array.of(layout.sourceSymbols(sbn));
    await pool.run({ ...about, sbn, esis, cacheKey }, sbn);
  }
  await pool.release();
}

/** A set as it comes through the channel: its length, and its words. */
function setOf({ length, words }) {
  const set = new Bitset(length);
  words.forEach((word, w) => {
    for (let left = word; left !== 0; left &= left - 1) {
      set.add(32 * w + 31 - Math.clz32(left & -left));
    }
  });
  return set;
}

process.once('disconnect', () => process.exit());
process.once('message', async ({ role, ...order }) => {
  try {
    process.send({ answer: await ROLES[role](order) });
  } catch (error) {
    process.send({ error: `${role}: ${error.message}` });
  }
});
