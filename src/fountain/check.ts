// Argument checks that the public classes of this folder share.

/** Throws RangeError, naming the argument, unless value is a whole number in min..max. */
export function checkWhole(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} ${value} is not a whole number in ${min}..${max}`);
  }
}

/** Throws RangeError, naming the argument, unless it has exactly this many bytes. */
export function checkLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw new RangeError(`${name}.length ${bytes.length} is not ${length}`);
  }
}

/** checkWhole for each of `values`; names the first one that is not right by its index. */
export function checkEachWhole(
  name: string,
  values: ArrayLike<number>,
  min: number,
  max: number,
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // Names are only made up for errors: there may be many values.
    if (Number.isSafeInteger(value) && value >= min && value <= max) continue;
    checkWhole(`${name}[${i}]`, value, min, max);
  }
}
