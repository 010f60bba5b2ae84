// Links in virtual time: each direction is a queue with a rate and a delay, loses nothing and keeps order,
// as a WebSocket does, until it breaks.

import type { VirtualClock } from './clock.ts';

export interface LinkQuality {
  /** One way, ms. */
  readonly delayMs: number;
  /** Bytes per ms of each direction; Infinity: only the delay counts. */
  readonly bytesPerMs: number;
  /** Control messages pass without taking the link's time, as in the paper's model; their bytes still count. */
  readonly controlIsFree?: boolean;
}

/** One end of a link, as seen by the peer that owns it. */
export interface Port {
  /** False when the link has broken or ended. */
  readonly open: boolean;
  /** Sends something of `bytes` size; `sent` is called when it has left, `deliver` when it has arrived. */
  send(bytes: number, deliver: () => void, sent?: () => void): void;
  /** Breaks the link: what is on the way is lost, both ends are told. */
  cut(code: number, reason: string): void;
  /** Ends the link in order: what was sent before still arrives. */
  end(code: number, reason: string): void;
}

/** Joins two ends. `closed` is called once per end, however the link ends. */
export function joinPorts(
  clock: VirtualClock,
  quality: LinkQuality,
  closed: readonly [CloseHandler, CloseHandler],
): [Port, Port] {
  let alive = true;
  const told = [false, false];
  const tell = (end: 0 | 1, code: number, reason: string): void => {
    if (told[end]) return;
    told[end] = true;
    closed[end](code, reason);
  };
  const cut = (code: number, reason: string): void => {
    if (!alive) return;
    alive = false;
    clock.at(clock.now, () => {
      tell(0, code, reason);
      tell(1, code, reason);
    });
  };
  const port = (self: 0 | 1): Port => {
    let freeAt = 0;
    const send: Port['send'] = (bytes, deliver, sent) => {
      if (!alive) return;
      freeAt = Math.max(freeAt, clock.now) + bytes / quality.bytesPerMs;
      if (sent !== undefined) clock.at(freeAt, sent);
      clock.at(freeAt + quality.delayMs, () => {
        if (alive) deliver();
      });
    };
    const end: Port['end'] = (code, reason) => {
      const other = self === 0 ? 1 : 0;
      send(8, () => {
        alive = false;
        tell(other, code, reason);
      });
      tell(self, code, reason);
    };
    return {
      send,
      cut,
      end,
      get open() {
        return alive && !told[self];
      },
    };
  };
  return [port(0), port(1)];
}

type CloseHandler = (code: number, reason: string) => void;
