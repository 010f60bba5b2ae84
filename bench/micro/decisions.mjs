// What deciding costs: µs of machine time (session and engine of each end, messages encoded and decoded) per symbol of a
// payload-free download of 1 GiB: K = 1024, 64 blocks, T = 16 KiB. Run after `npm run build`.

import { Bitset } from '../../dist/base/index.js';
import { simContent, World } from '../../dist/sim/index.js';

const content = simContent({ sourceSymbols: 1024, blockCount: 64, symbolBytes: 16_384 });

/** Five of eight symbols of every window. */
function partialSet() {
  const held = new Bitset(content.layout.idCount);
  for (let id = 0; id < held.length; id++) if (id % 8 < 5) held.add(id);
  return held;
}

/** Adds up the time that a machine takes. */
function timed(peer, clock) {
  const { transfer } = peer;
  for (const name of ['handle', 'poll']) {
    const call = transfer[name].bind(transfer);
    transfer[name] = (...input) => {
      const start = performance.now();
      const output = call(...input);
      clock.ms += performance.now() - start;
      return output;
    };
  }
}

for (const [strategy, sender] of [
  ['coordinated', 'full'],
  ['coordinated', 'partial'],
  ['reconciled', 'partial'],
  ['partition', 'partial'],
  ['speculative', 'partial'],
  ['recode-bf', 'partial'],
  ['uninformed', 'full'],
]) {
  const world = new World(5, () => ({ delayMs: 5, bytesPerMs: 100_000 }));
  const held = sender === 'full' ? 'full' : partialSet();
  const source = world.add({ name: 'source', content, held, transfer: { fetch: false } });
  const receiver = world.add({ name: 'receiver', content, held: 'none', transfer: { strategy } });
  // With its leaves on disk already, so that hashing is not in the figure.
  receiver.leaves.addRange(0, content.layout.blockCount);
  receiver.kill();
  receiver.start();
  const sending = { ms: 0 };
  const receiving = { ms: 0 };
  timed(source, sending);
  timed(receiver, receiving);
  receiver.addSource('source');
  world.run(() => receiver.transfer.phase === 'done');
  const { received } = receiver.transfer.status();
  const each = ({ ms }) => ((1000 * ms) / received).toFixed(2);
  console.log(
    `${strategy}, ${sender} sender: ${each(sending)} µs a symbol sent, ${each(receiving)} received; ${received} symbols`,
  );
}
