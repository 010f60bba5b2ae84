// A one-line progress meter for work on local files: percent on a terminal, nothing in a log.

import { openLive } from './live.ts';
import type { Terminal } from './terminal.ts';

export interface Meter {
  show(done: number, total: number): void;
  close(): void;
}

export async function createMeter(
  terminal: Terminal,
  label: string,
  quiet: boolean,
): Promise<Meter> {
  const live = quiet ? undefined : await openLive(terminal);
  if (live === undefined) return { show: () => undefined, close: () => undefined };
  let open = true;
  return {
    show(done, total) {
      if (open) live(`${label}  ${total === 0 ? 100 : Math.floor((100 * done) / total)} %`);
    },
    close() {
      if (!open) return;
      open = false;
      live.clear();
      live.done();
    },
  };
}
