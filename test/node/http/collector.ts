// What the tests of the mirror client share: servers that are gone after the test, and a client that writes down what it is told.

import type { Socket } from 'node:net';
import { afterEach, expect } from 'vitest';
import { Rng } from '../../../src/base/index.ts';
import type { FetchFailure, MirrorClientOptions } from '../../../src/node/http/index.ts';
import { MirrorClient, MirrorError } from '../../../src/node/http/index.ts';
import type { RawServer } from './raw-server.ts';
import { answerRange as answerRangeOf, serveRaw } from './raw-server.ts';
import type { Habits, StaticServer } from './static-server.ts';
import { serveFile } from './static-server.ts';

export const FILE: Uint8Array = new Rng(5).fill(new Uint8Array(300_000));
const letGo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of letGo.splice(0)) await end();
});

export async function server(habits: Partial<Habits> = {}, file = FILE): Promise<StaticServer> {
  const self = await serveFile(file, habits);
  letGo.push(() => self.kill());
  return self;
}

export async function raw(answer: Parameters<typeof serveRaw>[0]): Promise<RawServer> {
  const self = await serveRaw(answer);
  letGo.push(() => self.kill());
  return self;
}

export const answerRange = (socket: Socket, request: string): void =>
  answerRangeOf(socket, request, FILE);

/** A client that collects what comes of each request. */
export class Collector {
  readonly client: MirrorClient;
  readonly parts = new Map<number, Buffer[]>();
  readonly failures = new Map<number, FetchFailure | undefined>();
  /** Requests by the order of their ends. */
  readonly order: number[] = [];
  private readonly counts = new Map<number, number>();
  onData: ((request: number, bytes: number) => void) | undefined;
  private waiting = new Map<number, () => void>();

  constructor(options: Partial<MirrorClientOptions> & { url: string }) {
    this.client = new MirrorClient(
      { mayBePrivate: true, allowPrivate: false, ...options },
      {
        data: (request, chunk) => {
          const parts = this.parts.get(request) ?? [];
          this.parts.set(request, parts);
          parts.push(Buffer.from(chunk));
          const count = (this.counts.get(request) ?? 0) + chunk.length;
          this.counts.set(request, count);
          this.onData?.(request, count);
        },
        ended: (request, failure) => {
          expect(this.failures.has(request), `request ${request} ended twice`).toBe(false);
          this.failures.set(request, failure);
          this.order.push(request);
          this.waiting.get(request)?.();
        },
      },
    );
    letGo.push(() => this.client.close());
  }

  bytes(request: number): Buffer {
    return Buffer.concat(this.parts.get(request) ?? []);
  }

  async end(request: number): Promise<FetchFailure | undefined> {
    if (!this.failures.has(request)) {
      await new Promise<void>((resolve) => this.waiting.set(request, resolve));
    }
    return this.failures.get(request);
  }
}

export async function opened(
  self: { readonly url: string },
  options: Partial<MirrorClientOptions> = {},
): Promise<Collector> {
  const collector = new Collector({ url: self.url, ...options });
  await collector.client.open();
  return collector;
}

export async function refusal(
  options: Partial<MirrorClientOptions> & { url: string },
): Promise<FetchFailure> {
  const found = await new Collector(options).client.open().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(found).toBeInstanceOf(MirrorError);
  return (found as MirrorError).failure;
}

/** Waits for what will be so in a moment; the test's own limit ends it otherwise. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}
