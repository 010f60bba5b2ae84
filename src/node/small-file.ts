// A small file from a mirror, whole in memory: a Metalink, a descriptor.

import { HeadwaterError } from './errors.ts';
import type { Connected } from './mirror-links.ts';

/** How long such a file may take, ms. */
const SMALL_FILE_MS = 30_000;

/**
 * All bytes of the file that the connection leads to; the connection is closed. Rejects with HeadwaterError: of `code` when there
 * are more than `most` bytes, UNREACHABLE when they do not come.
 */
export function fetchSmallFile(
  { connection, info }: Connected,
  address: string,
  most: number,
  code: 'BAD_METALINK' | 'BAD_DESCRIPTOR',
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (error: HeadwaterError): void => {
      clearTimeout(timer);
      connection.close();
      reject(error);
    };
    const timer = setTimeout(
      () =>
        fail(
          new HeadwaterError('UNREACHABLE', `${address} does not send its ${info.length} bytes`),
        ),
      SMALL_FILE_MS,
    ).unref(); // the connection is what keeps a process waiting
    if (info.length > most) {
      fail(new HeadwaterError(code, `${address} has ${info.length} bytes, above ${most}`));
      return;
    }
    const bytes = new Uint8Array(info.length);
    let filled = 0;
    connection.attach({
      data: (_, chunk) => {
        const part = chunk.subarray(0, bytes.length - filled);
        bytes.set(part, filled);
        filled += part.length;
      },
      ended: (_, failure) => {
        if (failure !== undefined || filled < bytes.length) {
          const reason = failure?.reason ?? 'the connection ended early';
          return fail(new HeadwaterError('UNREACHABLE', `${address}: ${reason}`));
        }
        clearTimeout(timer);
        connection.close();
        resolve(bytes);
      },
    });
    if (bytes.length === 0) {
      clearTimeout(timer);
      connection.close();
      resolve(bytes);
    } else connection.fetch(1, 0, bytes.length);
  });
}
