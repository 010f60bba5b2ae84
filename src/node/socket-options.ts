// The limits of protocol/wire.md as options of `ws`, the same for both ends.

import type { ClientOptions } from 'ws';
import { LIMITS } from '../wire/index.ts';

/** An upgrade must be complete after this time (protocol/wire.md, "Limits"). */
export const HANDSHAKE_MS = 10_000;
/** How long a closing handshake may take before the socket is cut. */
export const CLOSE_MS = 2_000;

/** Options of `WebSocket` and `WebSocketServer` that keep a peer from costing more than a frame of memory. */
export const SOCKET_LIMITS: Pick<
  ClientOptions,
  'autoPong' | 'perMessageDeflate' | 'maxPayload' | 'maxFragments' | 'maxBufferedChunks'
> & { closeTimeout: number } = {
  // sockets.ts answers pings, with a limit.
  autoPong: false,
  perMessageDeflate: false,
  maxPayload: LIMITS.dataFrameBytesMax,
  maxFragments: 64,
  maxBufferedChunks: 1024,
  closeTimeout: CLOSE_MS,
};
