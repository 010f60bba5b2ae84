// The store's file system calls, counted and recorded, and failing when told to.

import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StoreFs } from '../../src/node/store/store-fs.ts';
import { nodeFs } from '../../src/node/store/store-fs.ts';

/** Something that changed a file. */
export type Operation =
  | {
      readonly kind: 'write';
      readonly file: string;
      readonly offset: number;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'sync'; readonly file: string };

export interface Watcher {
  /** Called before each call with its name and file; throw to make it fail. */
  readonly before?: (call: string, file: string) => void;
  /** Called after each write and sync that succeeded. */
  readonly after?: (operation: Operation) => void;
}

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** The real file system under a watcher. */
export function watchedFs(watcher: Watcher): StoreFs {
  const guard = (call: string, path: unknown): void =>
    watcher.before?.(call, basename(String(path)));
  const watched: Record<string, unknown> = {};
  for (const call of ['mkdir', 'lstat', 'readdir', 'link', 'unlink', 'rename', 'rmdir'] as const) {
    const real = nodeFs[call] as (...args: unknown[]) => Promise<unknown>;
    watched[call] = async (...args: unknown[]): Promise<unknown> => {
      guard(call, args[0]);
      return await real(...args);
    };
  }
  watched['open'] = async (...args: Parameters<StoreFs['open']>): Promise<FileHandle> => {
    guard('open', args[0]);
    return watchedHandle(await nodeFs.open(...args), basename(String(args[0])), watcher);
  };
  return watched as unknown as StoreFs;
}

function watchedHandle(handle: FileHandle, file: string, watcher: Watcher): FileHandle {
  const calls: Record<string, unknown> = {
    writev: async (buffers: Uint8Array[], offset: number) => {
      watcher.before?.('write', file);
      const result = await handle.writev(buffers, offset);
      const bytes = Buffer.concat(buffers).subarray(0, result.bytesWritten);
      watcher.after?.({ kind: 'write', file, offset, bytes });
      return result;
    },
    read: async (buffer: Uint8Array, at: number, length: number, position: number) => {
      watcher.before?.('read', file);
      return await handle.read(buffer, at, length, position);
    },
    truncate: async (length: number) => {
      watcher.before?.('truncate', file);
      await handle.truncate(length);
    },
    datasync: async () => {
      watcher.before?.('sync', file);
      await handle.datasync();
      watcher.after?.({ kind: 'sync', file });
    },
    sync: async () => {
      watcher.before?.('sync', file);
      await handle.sync();
      watcher.after?.({ kind: 'sync', file });
    },
    stat: async () => await handle.stat(),
    close: async () => await handle.close(),
  };
  return calls as unknown as FileHandle;
}
