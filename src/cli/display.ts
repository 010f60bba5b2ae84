// Shows progress to a person: a display that redraws itself on a terminal, now and then a line in a log,
// nothing when asked to be quiet. Always on stderr.

import { type Live, openLive } from './live.ts';
import { type View, doneShare, renderLine, renderScreen } from './progress-view.ts';
import { type Terminal, print } from './terminal.ts';

export interface Display {
  /** The download is at this point. Cheap to call often. */
  show(view: View): void;
  /** A line that stays. */
  note(line: string): void;
  /** Takes the live part off the screen. */
  close(): void;
}

const REDRAW_MS = 100;
const LINE_MS = 10_000;
const LINE_SHARE = 0.1;

/** The display that suits the terminal. `now` is a monotonic clock in ms. */
export async function createDisplay(
  terminal: Terminal,
  quiet: boolean,
  now: () => number,
): Promise<Display> {
  if (quiet) return { show: nothing, note: nothing, close: nothing };
  const live = await openLive(terminal);
  return live === undefined ? lineDisplay(terminal, now) : liveDisplay(terminal, live, now);
}

function liveDisplay(terminal: Terminal, live: Live, now: () => number): Display {
  const { stderr, unicode } = terminal;
  let drawn = -Infinity;
  return {
    show(view) {
      if (now() - drawn < REDRAW_MS) return;
      drawn = now();
      live(renderScreen(view, stderr.columns ?? 80, unicode).join('\n'));
    },
    note: (line) => live.persist(line),
    close() {
      live.clear();
      live.done();
    },
  };
}

/** A line for every tenth of the whole, and at least every ten seconds. */
function lineDisplay(terminal: Terminal, now: () => number): Display {
  let printedAt = -Infinity;
  let printedStep = -1;
  return {
    show(view) {
      const step = view.status.total === 0 ? -1 : Math.floor(doneShare(view.status) / LINE_SHARE);
      if (step === printedStep && now() - printedAt < LINE_MS) return;
      printedAt = now();
      printedStep = step;
      print(terminal.stderr, renderLine(view));
    },
    note: (line) => print(terminal.stderr, line),
    close: nothing,
  };
}

function nothing(): void {
  // Nobody looks.
}
