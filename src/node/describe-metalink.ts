// NAME.meta4 beside a descriptor: the same file for programs that know Metalink, with the hashes of its pieces.

import { rename, writeFile } from 'node:fs/promises';
import type { Description } from './description.ts';
import { DESCRIPTOR_SUFFIX } from './description.ts';
import { diskFailure } from './errors.ts';
import { formatMetalink } from './metalink/index.ts';
import { Pool } from './work/pool.ts';

/** Pieces are of this length, or of the next power of two that makes no more than so many. */
const PIECE_BYTES_MIN = 1024 * 1024;
const PIECES_MAX = 8_192;

/** Hashes the pieces of the described file and writes its Metalink; resolves to its path. Rejects with HeadwaterError. */
export async function describeMetalink(file: string, description: Description): Promise<string> {
  const { descriptor, descriptorPath } = description;
  const { name, length, sha256, mirrors } = descriptor;
  const stem = descriptorPath.endsWith(DESCRIPTOR_SUFFIX)
    ? descriptorPath.slice(0, -DESCRIPTOR_SUFFIX.length)
    : descriptorPath;
  const path = `${stem}.meta4`;
  let pieceBytes = PIECE_BYTES_MIN;
  while (length / pieceBytes > PIECES_MAX) pieceBytes *= 2;
  const pool = Pool.shared();
  try {
    const task = { kind: 'hash-pieces', type: 'sha-256', from: 0, to: length, pieceBytes } as const;
    const { hashes } = await pool.run({ ...task, dataPath: file });
    const count = Math.ceil(length / pieceBytes);
    const pieces = Array.from({ length: count }, (_, i) => hashes.subarray(32 * i, 32 * (i + 1)));
    const text = formatMetalink(
      {
        name,
        size: length,
        sha256,
        pieces: count === 0 ? undefined : { type: 'sha-256', length: pieceBytes, hashes: pieces },
        urls: mirrors.map(({ url }, i) => ({ url, priority: i + 1 })),
      },
      'Headwater',
    );
    await writeFile(`${path}.part-${process.pid}`, text);
    await rename(`${path}.part-${process.pid}`, path);
    return path;
  } catch (error) {
    throw diskFailure(error, 'write', path);
  } finally {
    await pool.release();
  }
}
