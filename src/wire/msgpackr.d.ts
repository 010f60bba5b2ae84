// The part of msgpackr that the wire uses. tsconfig.pure.json maps the import here because the package's
// own typings mention Buffer and stream, which would switch off the pure gate; emitted code imports the
// real package.

export interface Options {
  useRecords?: boolean;
  variableMapSize?: boolean;
  int64AsType?: 'number';
}

export declare class Packr {
  constructor(options: Options);
  /** The result is a view of a pool buffer that later packs write beside: copy before it leaves. */
  pack(value: unknown): Uint8Array;
  /** Binaries in the result are views of `source`. */
  unpack(source: Uint8Array): unknown;
}
