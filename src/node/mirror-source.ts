// One mirror of a download over all its connections: it must have the same file each time, and the same as the others.

import type { Connected, MirrorConnection, MirrorDial } from './mirror-links.ts';
import type { FetchFailure, MirrorInfo, Validator } from './http/index.ts';
import { MirrorClient, MirrorError, publicUrl } from './http/index.ts';

/** How a mirror may be reached. */
export interface MirrorAccess {
  readonly url: string;
  /** It was named by whoever runs this, or by a server of a private network: it may be private itself. */
  readonly mayBePrivate: boolean;
  /** Whatever it leads to may be private. */
  readonly allowPrivate: boolean;
}

/** What all mirrors of one file must agree on. */
export interface Expected {
  readonly length: number;
  /** Undefined when hashes will tell. */
  readonly validator: Validator | undefined;
}

export class MirrorSource implements MirrorDial {
  readonly address: string;
  /** Set as soon as it is known. */
  expected: Expected | undefined;
  private readonly access: MirrorAccess;
  /** The file as this mirror had it first. */
  private pin: (Validator & { readonly length: number }) | undefined;
  /** A connection that nobody has taken yet. */
  private ready: Promise<Connected> | undefined;
  private opening: ClientConnection | undefined;

  constructor(access: MirrorAccess) {
    this.access = access;
    this.address = publicUrl(access.url);
  }

  /** Connects, and keeps the connection for the next `connect`. Rejects with MirrorError. */
  async probe(): Promise<Connected> {
    this.ready ??= this.open();
    try {
      return await this.ready;
    } catch (error) {
      this.ready = undefined;
      throw error;
    }
  }

  /** A connection to the mirror. Rejects with MirrorError, also when it does not have the right file. */
  async connect(): Promise<Connected> {
    const connected = await this.probe();
    this.ready = undefined;
    const problem =
      this.expected === undefined ? undefined : disagreement(this.expected, connected.info);
    if (problem === undefined) return connected;
    connected.connection.close();
    throw new MirrorError(refusal(problem));
  }

  /** Lets go of a connection that nobody has taken, and of one that is being made. */
  close(): void {
    const { ready } = this;
    this.ready = undefined;
    this.opening?.close();
    ready?.then(({ connection }) => connection.close()).catch(() => undefined);
  }

  private async open(): Promise<Connected> {
    const connection = new ClientConnection({ ...this.access, pin: this.pin });
    this.opening = connection;
    try {
      const info = await connection.client.open();
      this.pin ??= { ...info.validator, length: info.length };
      return { connection, info };
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      this.opening = undefined;
    }
  }
}

/**
 * Why a mirror does not have the file that is expected; undefined when it may. Entity tags are each server's own, so two
 * servers are compared by Last-Modified when both tell it.
 */
export function disagreement(expected: Expected, info: MirrorInfo): string | undefined {
  if (info.length !== expected.length) {
    return `has a file of ${info.length} bytes, not of ${expected.length}`;
  }
  const { validator } = expected;
  if (validator === undefined) return undefined;
  const { lastModified, etag } = info.validator;
  if (validator.lastModified !== undefined && lastModified !== undefined) {
    if (validator.lastModified === lastModified) return undefined;
    return `has another version of the file, of ${lastModified}, not of ${validator.lastModified}`;
  }
  if (validator.etag === undefined || etag === undefined || validator.etag === etag)
    return undefined;
  return `has another version of the file, ${etag}, not ${validator.etag}`;
}

function refusal(reason: string): FetchFailure {
  return { kind: 'refused', reason, permanent: true, retryAfterMs: undefined };
}

type Handlers = Parameters<MirrorConnection['attach']>[0];

/** A client whose events find their reader later. */
class ClientConnection implements MirrorConnection {
  readonly client: MirrorClient;
  private handlers: Handlers | undefined;

  constructor(options: ConstructorParameters<typeof MirrorClient>[0]) {
    this.client = new MirrorClient(options, {
      data: (request, chunk) => this.handlers?.data(request, chunk),
      ended: (request, failure) => this.handlers?.ended(request, failure),
    });
  }

  attach(handlers: Handlers): void {
    this.handlers = handlers;
  }

  fetch(request: number, from: number, to: number): void {
    this.client.fetch(request, from, to);
  }

  cut(request: number, to: number): void {
    this.client.cut(request, to);
  }

  pause(): void {
    this.client.pause();
  }

  resume(): void {
    this.client.resume();
  }

  close(): void {
    this.client.close();
  }
}
