// A publisher's key from a file, as the function that `describe` signs with.

import { sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UsageError } from '../base/index.ts';
import type { Signature } from '../content/index.ts';
import { signedMessage } from '../content/index.ts';
import { diskFailure, HeadwaterError } from './errors.ts';
import { parsePrivateKey, publicKeyOf } from './keys.ts';

/** Loads an Ed25519 private key. Rejects with HeadwaterError NOT_FOUND, DISK or USAGE. */
export async function loadSigner(path: string): Promise<(contentId: Uint8Array) => Signature> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw diskFailure(error, 'read', path);
  }
  try {
    const key = parsePrivateKey(text);
    const publicKey = publicKeyOf(key);
    return (id) => ({
      publicKey,
      signature: new Uint8Array(sign(null, signedMessage(id), key)),
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new HeadwaterError('USAGE', `${path}: ${error.message}`, undefined, error);
  }
}
