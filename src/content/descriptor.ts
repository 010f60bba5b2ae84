// The content descriptor: what it holds, its bytes, its id (protocol/content.md).

import type { Sha256 } from '../base/index.ts';
import { CorruptError, equalBytes, toHex, UsageError } from '../base/index.ts';
import { BLOCK_COUNT_MAX, Layout, SYMBOL_BYTES_MAX, WINDOW_RATIO_MAX } from './layout.ts';
import { HASH_BYTES } from './merkle.ts';
import { MsgpackReader, MsgpackWriter } from './msgpack.ts';
import { NAME_BYTES_MAX, nameProblem } from './names.ts';
import { httpProblem, URL_BYTES_MAX } from './urls.ts';

/** Largest encoded descriptor: the roots of 65,536 blocks, and room for everything else. */
export const DESCRIPTOR_BYTES_MAX: number = 4 * 1024 * 1024 + 256 * 1024;
/** Most mirrors of one descriptor. */
export const MIRROR_COUNT_MAX = 64;
/** Bytes of a raw Ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32;
/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64;

const VERSION = 1;
/** Elements that the content id covers, and all. */
const CORE_COUNT = 9;
const ELEMENT_COUNT = 11;

/** A static HTTP server that has the file, and what it costs. */
export interface Mirror {
  /** An absolute http or https URL of the file. */
  readonly url: string;
  /** Price of 10^9 bytes, in millionths of the publisher's unit of money. */
  readonly pricePerGbMicros: number;
  /** Price of one second of connection, in the same millionths. */
  readonly pricePerSecondMicros: number;
}

/** An Ed25519 signature (RFC 8032) of `signedMessage(content id)`. */
export interface Signature {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** The immutable description of a content. Its length, symbolBytes, blockCount and windowRatio give the Layout. */
export interface Descriptor {
  /** One plain file name (names.ts). */
  readonly name: string;
  /** File length F, bytes. */
  readonly length: number;
  /** Symbol size T, bytes. */
  readonly symbolBytes: number;
  /** Source blocks Z. */
  readonly blockCount: number;
  /** ρ. */
  readonly windowRatio: number;
  /** Source roots of all blocks, 32 bytes each. */
  readonly sourceRoots: Uint8Array;
  /** Window roots of all blocks, 32 bytes each. */
  readonly windowRoots: Uint8Array;
  /** SHA-256 of the whole file. */
  readonly sha256: Uint8Array;
  /** Outside the content id: anyone may add some. */
  readonly mirrors: readonly Mirror[];
  /** Outside the content id, of which it is made. */
  readonly signature?: Signature;
}

/** The bytes of a descriptor. Throws UsageError, with the reason, when a field is not allowed. */
export function encodeDescriptor(descriptor: Descriptor): Uint8Array {
  const problem = descriptorProblem(descriptor);
  if (problem !== undefined) throw new UsageError(problem);
  const out = new MsgpackWriter().array(ELEMENT_COUNT);
  writeCore(out, descriptor);
  out.array(descriptor.mirrors.length);
  for (const mirror of descriptor.mirrors) {
    out.array(3).str(mirror.url).uint(mirror.pricePerGbMicros).uint(mirror.pricePerSecondMicros);
  }
  if (descriptor.signature === undefined) out.nil();
  else out.array(2).bin(descriptor.signature.publicKey).bin(descriptor.signature.signature);
  return out.finish();
}

/**
 * The descriptor in untrusted bytes. Throws CorruptError, with the reason, and nothing else: every field is
 * bounded and checked, and only the one canonical encoding is accepted. Neither the content id nor the signature
 * is checked here.
 */
export function decodeDescriptor(bytes: Uint8Array): Descriptor {
  if (bytes.length > DESCRIPTOR_BYTES_MAX) {
    throw new CorruptError(`descriptor: ${bytes.length} bytes, above ${DESCRIPTOR_BYTES_MAX}`);
  }
  try {
    return readDescriptor(new MsgpackReader(bytes));
  } catch (error) {
    if (error instanceof CorruptError) throw new CorruptError(`descriptor: ${error.message}`);
    throw error;
  }
}

/** Decodes, and checks the content id. Throws CorruptError, with the reason, and nothing else. */
export function openDescriptor(bytes: Uint8Array, id: Uint8Array, sha256: Sha256): Descriptor {
  const descriptor = decodeDescriptor(bytes);
  const found = contentId(descriptor, sha256);
  if (!equalBytes(found, id)) {
    throw new CorruptError(`the descriptor has the content id ${toHex(found)}, not ${toHex(id)}`);
  }
  return descriptor;
}

/** The content id: SHA-256 of the descriptor's encoding without mirrors and signature. 32 bytes. */
export function contentId(descriptor: Descriptor, sha256: Sha256): Uint8Array {
  const out = new MsgpackWriter().array(CORE_COUNT);
  writeCore(out, descriptor);
  return sha256(out.finish());
}

/** What the signature of a descriptor signs: a fixed text, so that no other use of the key can be replayed, and the id. */
export function signedMessage(id: Uint8Array): Uint8Array {
  const purpose = 'headwater content id 1\n';
  const message = new Uint8Array(purpose.length + id.length);
  for (let i = 0; i < purpose.length; i++) message[i] = purpose.charCodeAt(i);
  message.set(id, purpose.length);
  return message;
}

/** The numbering of the descriptor's blocks and symbols. Never throws for a decoded descriptor. */
export function layoutOf(descriptor: Descriptor): Layout {
  return new Layout(descriptor);
}

function writeCore(out: MsgpackWriter, d: Descriptor): void {
  out.uint(VERSION).str(d.name).uint(d.length).uint(d.symbolBytes).uint(d.blockCount);
  out.uint(d.windowRatio).bin(d.sourceRoots).bin(d.windowRoots).bin(d.sha256);
}

function readDescriptor(input: MsgpackReader): Descriptor {
  const elements = input.array('the descriptor', 0xffff);
  const version = input.uint('version', Number.MAX_SAFE_INTEGER);
  if (version !== VERSION) throw new CorruptError(`version ${version} is not known here`);
  if (elements !== ELEMENT_COUNT) {
    throw new CorruptError(`${elements} elements, not ${ELEMENT_COUNT}`);
  }
  const name = input.str('name', NAME_BYTES_MAX);
  const length = input.uint('length', Number.MAX_SAFE_INTEGER);
  const symbolBytes = input.uint('symbolBytes', SYMBOL_BYTES_MAX);
  const blockCount = input.uint('blockCount', BLOCK_COUNT_MAX);
  const windowRatio = input.uint('windowRatio', WINDOW_RATIO_MAX);
  const descriptor: Descriptor = {
    name,
    length,
    symbolBytes,
    blockCount,
    windowRatio,
    sourceRoots: input.bin('sourceRoots', HASH_BYTES * blockCount),
    windowRoots: input.bin('windowRoots', HASH_BYTES * blockCount),
    sha256: input.bin('sha256', HASH_BYTES),
    mirrors: readMirrors(input),
    ...readSignature(input),
  };
  input.end('the descriptor');
  const problem = descriptorProblem(descriptor);
  if (problem !== undefined) throw new CorruptError(problem);
  return descriptor;
}

function readMirrors(input: MsgpackReader): Mirror[] {
  const mirrors: Mirror[] = [];
  const count = input.array('mirrors', MIRROR_COUNT_MAX);
  for (let i = 0; i < count; i++) {
    if (input.array('mirror', 3) !== 3) throw new CorruptError('mirror does not have 3 elements');
    mirrors.push({
      url: input.str('mirror URL', URL_BYTES_MAX),
      pricePerGbMicros: input.uint('price per GB', Number.MAX_SAFE_INTEGER),
      pricePerSecondMicros: input.uint('price per second', Number.MAX_SAFE_INTEGER),
    });
  }
  return mirrors;
}

function readSignature(input: MsgpackReader): { signature?: Signature } {
  if (input.tryNil()) return {};
  if (input.array('signature', 2) !== 2) throw new CorruptError('signature lacks an element');
  return {
    signature: {
      publicKey: input.bin('public key', PUBLIC_KEY_BYTES),
      signature: input.bin('signature', SIGNATURE_BYTES),
    },
  };
}

/** What is wrong with the fields, for both directions; undefined when all is well. */
function descriptorProblem(d: Descriptor): string | undefined {
  const name = nameProblem(d.name);
  if (name !== undefined) return name;
  try {
    layoutOf(d);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  if (d.sourceRoots.length !== HASH_BYTES * d.blockCount) return 'sourceRoots has a wrong length';
  if (d.windowRoots.length !== HASH_BYTES * d.blockCount) return 'windowRoots has a wrong length';
  if (d.sha256.length !== HASH_BYTES) return 'sha256 has a wrong length';
  if (d.mirrors.length > MIRROR_COUNT_MAX) return `more than ${MIRROR_COUNT_MAX} mirrors`;
  for (const mirror of d.mirrors) {
    const problem = httpProblem(mirror.url);
    if (problem !== undefined) return `mirror ${problem}`;
  }
  const s = d.signature;
  if (s !== undefined && s.publicKey.length !== PUBLIC_KEY_BYTES) return 'public key: wrong length';
  if (s !== undefined && s.signature.length !== SIGNATURE_BYTES) return 'signature: wrong length';
  return undefined;
}
