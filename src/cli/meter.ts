// A one-line progress meter for work on local files: percent on a terminal, nothing in a log.

import { createLogUpdate } from 'log-update';
import type { Terminal } from './terminal.ts';

export interface Meter {
  show(done: number, total: number): void;
  close(): void;
}

export function createMeter({ stderr }: Terminal, label: string, quiet: boolean): Meter {
  if (quiet || stderr.isTTY !== true) return { show: () => undefined, close: () => undefined };
  const live = createLogUpdate(stderr as NodeJS.WriteStream);
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
