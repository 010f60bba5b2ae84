// Opens a WebSocket to a source. Every way it can fail ends as one human sentence.

import type { WebSocket } from 'ws';
import { HeadwaterError, humanReason } from './errors.ts';
import { HANDSHAKE_MS, SOCKET_LIMITS } from './socket-options.ts';

/** What became of a dial. */
export type Dialled =
  | { readonly socket: WebSocket; readonly reason?: undefined }
  | { readonly socket?: undefined; readonly reason: string };

/** A dial under way; `cancel` makes it fail at once. */
export interface Dial {
  cancel(): void;
}

/**
 * The address of a source as a WebSocket URL: `host:port` gets `ws://`. Throws HeadwaterError BAD_LINK
 * for anything that is not ws or wss, or carries a user name.
 */
export function sourceUrl(address: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `ws://${address}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new HeadwaterError('BAD_LINK', `source address ${address} is not a URL`);
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new HeadwaterError(
      'BAD_LINK',
      `source address ${address} does not begin with ws:// or wss://`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new HeadwaterError(
      'BAD_LINK',
      `source address ${address} may not have a user name, password or fragment`,
    );
  }
  // `ws://host:port` stays as people write it.
  return url.pathname === '/' && url.search === '' ? url.href.replace(/\/$/, '') : url.href;
}

/**
 * Dials `address` and calls `settled` once, never before it returned. An open socket must get its listeners in
 * that call: the first message may come with the answer to the handshake. Never throws: a bad address is a
 * failed dial.
 */
export function dial(
  address: string,
  settled: (dialled: Dialled) => void,
  handshakeMs: number = HANDSHAKE_MS,
): Dial {
  let opening: Dial | undefined;
  let isCancelled = false;
  // Loaded late: a download from mirrors alone needs no WebSocket.
  import('ws').then(
    (library) => {
      if (!isCancelled) opening = open(library.WebSocket, address, settled, handshakeMs);
    },
    (error: unknown) => {
      if (!isCancelled) settled({ reason: humanReason(error) });
    },
  );
  return {
    cancel() {
      if (opening !== undefined) return opening.cancel();
      if (isCancelled) return;
      isCancelled = true;
      settled({ reason: 'cancelled' });
    },
  };
}

function open(
  library: typeof WebSocket,
  address: string,
  settled: (dialled: Dialled) => void,
  handshakeMs: number,
): Dial {
  let socket: WebSocket;
  try {
    const options = { ...SOCKET_LIMITS, handshakeTimeout: handshakeMs, followRedirects: false };
    socket = new library(sourceUrl(address), options);
  } catch (error) {
    const reason = humanReason(error);
    queueMicrotask(() => settled({ reason }));
    return { cancel: () => undefined };
  }
  let isSettled = false;
  const fail = (reason: string): void => {
    if (isSettled) return;
    isSettled = true;
    settled({ reason });
    socket.terminate();
  };
  const failed = (error: Error): void => {
    const isLate = error.message === 'Opening handshake has timed out';
    fail(isLate ? 'no answer in time' : humanReason(error));
  };
  const closed = (): void => fail('connection closed');
  socket.once('open', () => {
    isSettled = true;
    settled({ socket });
    socket.off('close', closed);
    socket.off('error', failed);
  });
  socket.once('unexpected-response', (request, response) => {
    // The body of a refusal is of no use; destroying both frees the connection at once.
    response.destroy();
    request.destroy();
    const busy = response.statusCode === 503 ? ' (too many connections, try later)' : '';
    fail(`answered with HTTP status ${response.statusCode ?? 0}${busy}`);
  });
  // Stays attached until it is open: terminate() before that emits one more error.
  socket.on('error', failed);
  socket.once('close', closed);
  return { cancel: () => fail('cancelled') };
}
