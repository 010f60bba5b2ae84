// Ed25519 keys of publishers: signing a descriptor, checking a signature. Keys come as PEM or as hexadecimal.

import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { fromHex, UsageError } from '../base/index.ts';
import type { Descriptor, Signature } from '../content/index.ts';
import { contentId, PUBLIC_KEY_BYTES, signedMessage } from '../content/index.ts';
import { sha256 } from './sha256.ts';

// DER around a raw key (RFC 8410): AlgorithmIdentifier id-Ed25519, then the 32 bytes.
const PUBLIC_PREFIX = fromHex('302a300506032b6570032100');
const PRIVATE_PREFIX = fromHex('302e020100300506032b657004220420');

/** A private key from PEM (PKCS #8) or 64 hexadecimal digits (the 32-byte seed). Throws UsageError. */
export function parsePrivateKey(text: string): KeyObject {
  return parse('private', () => {
    const raw = rawKey(text);
    if (raw === undefined) return createPrivateKey(text);
    const key = Buffer.concat([PRIVATE_PREFIX, raw]);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  });
}

/** The 32 bytes of a public key from PEM (SPKI) or 64 hexadecimal digits. Throws UsageError. */
export function parsePublicKey(text: string): Uint8Array {
  const raw = rawKey(text);
  return raw ?? publicKeyOf(parse('public', () => createPublicKey(text)));
}

/** The 32 bytes of the public key that belongs to a key. */
export function publicKeyOf(key: KeyObject): Uint8Array {
  const own = key.type === 'private' ? createPublicKey(key) : key;
  const der = own.export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(der.length - PUBLIC_KEY_BYTES));
}

/** A new private key, as PEM. */
export function generatePrivateKey(): string {
  return generateKeyPairSync('ed25519')
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

/** The descriptor with a signature of its content id. The content id does not change. */
export function signDescriptor(descriptor: Descriptor, key: KeyObject): Descriptor {
  const message = signedMessage(contentId(descriptor, sha256));
  const signature: Signature = {
    publicKey: publicKeyOf(key),
    signature: new Uint8Array(sign(null, message, key)),
  };
  return { ...descriptor, signature };
}

/**
 * `unsigned`, `invalid`, or `valid`: the content id is signed by the key in the descriptor. Whose key that is, the
 * caller has to know: pass `expected` (32 bytes) to call every other key invalid.
 */
export function checkSignature(
  descriptor: Descriptor,
  expected?: Uint8Array,
): 'unsigned' | 'valid' | 'invalid' {
  const { signature } = descriptor;
  if (signature === undefined) return 'unsigned';
  if (expected !== undefined && Buffer.compare(expected, signature.publicKey) !== 0)
    return 'invalid';
  try {
    const der = Buffer.concat([PUBLIC_PREFIX, signature.publicKey]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const message = signedMessage(contentId(descriptor, sha256));
    return verify(null, message, key, signature.signature) ? 'valid' : 'invalid';
  } catch {
    // Not a point of the curve.
    return 'invalid';
  }
}

function rawKey(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  return /^[0-9a-f]{64}$/i.test(trimmed) ? fromHex(trimmed) : undefined;
}

function parse(kind: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw new UsageError(`not a ${kind} key: neither PEM nor 64 hexadecimal digits`);
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new UsageError(
      `the ${kind} key is ${key.asymmetricKeyType ?? 'of no kind'}, not Ed25519`,
    );
  }
  return key;
}
