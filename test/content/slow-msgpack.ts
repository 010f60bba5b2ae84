// A second MessagePack, written from the specification's table alone, to hold the real one against.

export type Value = null | number | string | Uint8Array | Value[];

function sized(table: readonly (readonly [number, number])[], size: number): Buffer {
  for (const [head, width] of table) {
    if (width === 0 || size < 2 ** (8 * width)) {
      const bytes = Buffer.alloc(1 + width);
      bytes[0] = head;
      if (width > 0) bytes.writeUIntBE(size, 1, width);
      return bytes;
    }
  }
  throw new Error('too large');
}

export function encode(value: Value): Uint8Array {
  if (value === null) return Buffer.of(0xc0);
  if (typeof value === 'number') {
    if (value < 128) return Buffer.of(value);
    if (value >= 2 ** 32) {
      const bytes = Buffer.alloc(9);
      bytes[0] = 0xcf;
      bytes.writeBigUInt64BE(BigInt(value), 1);
      return bytes;
    }
    return sized(
      [
        [0xcc, 1],
        [0xcd, 2],
        [0xce, 4],
      ],
      value,
    );
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    const head =
      text.length < 32
        ? Buffer.of(0xa0 + text.length)
        : sized(
            [
              [0xd9, 1],
              [0xda, 2],
              [0xdb, 4],
            ],
            text.length,
          );
    return Buffer.concat([head, text]);
  }
  if (value instanceof Uint8Array) {
    return Buffer.concat([
      sized(
        [
          [0xc4, 1],
          [0xc5, 2],
          [0xc6, 4],
        ],
        value.length,
      ),
      value,
    ]);
  }
  const head =
    value.length < 16
      ? Buffer.of(0x90 + value.length)
      : sized(
          [
            [0xdc, 2],
            [0xdd, 4],
          ],
          value.length,
        );
  return Buffer.concat([head, ...value.map(encode)]);
}

/** The head of the first value, as its kind and number; arrays come back as that many zeros. */
export function decode(bytes: Uint8Array): Value {
  const b = Buffer.from(bytes);
  const head = b.readUInt8(0);
  const number = (width: number): number => b.readUIntBE(1, width);
  const text = (at: number, size: number): string => b.toString('utf8', at, at + size);
  if (head < 0x80) return head;
  if (head >= 0x90 && head < 0xa0) return new Array<Value>(head - 0x90).fill(0);
  if (head >= 0xa0 && head < 0xc0) return text(1, head - 0xa0);
  if (head === 0xcc) return number(1);
  if (head === 0xcd) return number(2);
  if (head === 0xce) return number(4);
  if (head === 0xcf) return Number(b.readBigUInt64BE(1));
  if (head === 0xc4) return new Uint8Array(b.subarray(2, 2 + number(1)));
  if (head === 0xd9) return text(2, number(1));
  if (head === 0xdc) return new Array<Value>(number(2)).fill(0);
  return null;
}
