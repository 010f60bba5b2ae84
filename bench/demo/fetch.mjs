// One download of the demonstration, with the progress display of `headwater get`.

import { get } from 'headwater/node';
import { createDisplay } from '../../dist/cli/display.js';
import { processTerminal } from '../../dist/cli/terminal.js';

/**
 * Fetches `what` from the addresses and answers the result. After `secondsMax` it stops; the result then has
 * `cut` set and says how far it came.
 */
export async function fetchFrom({ what, addresses, output, stop, secondsMax = Infinity }) {
  const display = await createDisplay(processTerminal(), false, () => performance.now());
  const getting = get(what, { sources: addresses, output, signal: stop, progressMs: 100 });
  const view = { name: 'download', length: 0, rate: 0, notes: new Map() };
  const ticks = setInterval(() => {
    const status = getting.status();
    if (status !== undefined) display.show({ ...view, status });
  }, 100);
  let startedAt = performance.now();
  let cut;
  try {
    for await (const event of getting) {
      if (event.event === 'start') {
        view.name = event.name;
        view.length = event.bytes;
        startedAt = performance.now();
      }
      if (event.event !== 'progress') continue;
      view.rate = event.rate;
      const seconds = (performance.now() - startedAt) / 1000;
      if (seconds < secondsMax || cut !== undefined) continue;
      cut = { cut: true, bytes: event.bytes, seconds };
      await getting.abort();
    }
    return cut ?? (await getting.done);
  } finally {
    clearInterval(ticks);
    display.close();
    await getting.close();
  }
}
