// The FEC Object Transmission Information: twelve bytes that fix a partition (RFC 6330, 3.3.2 and 3.3.3).

import { checkLength, checkWhole } from './check.ts';
import type { Partition } from './partition.ts';
import { partition } from './partition.ts';

/** Bytes of the common and the scheme-specific OTI together. */
export const OTI_BYTES = 12;
/** Largest F that an OTI may name (RFC 6330, 3.3.2). */
export const OTI_LENGTH_MAX = 942_574_504_275;
/** Largest T that an OTI can name: 16 bits. */
export const OTI_SYMBOL_BYTES_MAX = 0xffff;
/** Largest Z that an OTI can name: 8 bits. */
export const OTI_BLOCKS_MAX = 0xff;

/**
 * The OTI of a partition: F in 5 bytes, a reserved zero, T in 2, Z in 1, N in 2, Al in 1, all big endian. Throws
 * RangeError, naming the field, for a partition that it cannot express.
 */
export function encodeOti(p: Partition): Uint8Array {
  checkWhole('length', p.length, 1, OTI_LENGTH_MAX);
  checkWhole('symbolBytes', p.symbolBytes, 1, OTI_SYMBOL_BYTES_MAX);
  checkWhole('blockCount', p.blockCount, 1, OTI_BLOCKS_MAX);
  checkWhole('subBlocks', p.subBlocks, 1, 0xffff);
  checkWhole('alignment', p.alignment, 1, 0xff);
  const oti = new Uint8Array(OTI_BYTES);
  const view = new DataView(oti.buffer);
  view.setUint8(0, Math.floor(p.length / 0x100000000));
  view.setUint32(1, p.length % 0x100000000);
  view.setUint16(6, p.symbolBytes);
  view.setUint8(8, p.blockCount);
  view.setUint16(9, p.subBlocks);
  view.setUint8(11, p.alignment);
  return oti;
}

/** The partition that an OTI fixes. Throws RangeError, naming the field, where it breaks a limit. */
export function parseOti(oti: Uint8Array): Partition {
  checkLength('oti', oti, OTI_BYTES);
  const view = new DataView(oti.buffer, oti.byteOffset, oti.byteLength);
  const length = view.getUint8(0) * 0x100000000 + view.getUint32(1);
  checkWhole('length', length, 1, OTI_LENGTH_MAX);
  return partition(length, {
    symbolBytes: view.getUint16(6),
    blockCount: view.getUint8(8),
    subBlocks: view.getUint16(9),
    alignment: view.getUint8(11),
  });
}
