// Slow twin of the rateless IBLT: protocol/summaries.md, kind 3, read word by word, in BigInt where the text says
// modulo 2^32, one cell at a time; and a decoder that tries every possible difference.

const U32 = 0xffffffffn;

function mix(value: bigint): bigint {
  let v = value & U32;
  v = ((v ^ (v >> 16n)) * 0x7feb352dn) & U32;
  v = ((v ^ (v >> 15n)) * 0x846ca68bn) & U32;
  return v ^ (v >> 16n);
}

const keyOf = (id: number, salt: number): bigint =>
  mix(BigInt(id) ^ ((BigInt(salt) * 0x9e3779b1n) & U32));

export const twinCheck = (id: number, salt: number): number =>
  Number(mix(keyOf(id, salt) + 0x85ebca77n));

/** The cells below `cells` that the id is in. */
export function twinPositions(id: number, salt: number, cells: number): number[] {
  const positions: number[] = [];
  let i = 0;
  for (let j = 1n; i < cells; j++) {
    positions.push(i);
    const r = Number(mix(keyOf(id, salt) + j * 0x9e3779b9n));
    i += Math.max(1, Math.ceil((i + 1.5) * (65536 / Math.sqrt(r + 1) - 1)));
  }
  return positions;
}

export type TwinCell = readonly [ids: number, checks: number];

/** The first cells of a set: for each cell, every id is asked whether it is in it. */
export function twinCells(ids: readonly number[], salt: number, cells: number): TwinCell[] {
  const items = ids.map((id) => ({
    id,
    check: twinCheck(id, salt),
    positions: twinPositions(id, salt, cells),
  }));
  return Array.from({ length: cells }, (_, i) => {
    let [idSum, checkSum] = [0, 0];
    for (const { id, check, positions } of items) {
      if (!positions.includes(i)) continue;
      idSum = (idSum ^ id) >>> 0;
      checkSum = (checkSum ^ check) >>> 0;
    }
    return [idSum, checkSum];
  });
}

export function twinBody(
  cells: readonly TwinCell[],
  salt: number,
  first: number,
  count: number,
): Uint8Array {
  const body = new Uint8Array(12 + 8 * cells.length);
  const view = new DataView(body.buffer);
  [salt, first, count, ...cells.flat()].forEach((word, i) => view.setUint32(4 * i, word));
  return body;
}

/** Every subset of the universe whose cells are the given ones. */
export function twinDifferences(
  universe: readonly number[],
  salt: number,
  difference: readonly TwinCell[],
): number[][] {
  const alone = universe.map((id) => twinCells([id], salt, difference.length));
  const found: number[][] = [];
  for (let chosen = 0; chosen < 2 ** universe.length; chosen++) {
    const fits = difference.every(([ids, checks], i) => {
      let [idSum, checkSum] = [0, 0];
      alone.forEach((cells, k) => {
        if (((chosen >> k) & 1) === 0) return;
        idSum ^= cells[i]![0];
        checkSum ^= cells[i]![1];
      });
      return idSum >>> 0 === ids && checkSum >>> 0 === checks;
    });
    if (fits) found.push(universe.filter((_, k) => ((chosen >> k) & 1) === 1));
  }
  return found;
}
