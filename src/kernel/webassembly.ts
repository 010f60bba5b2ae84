// The part of WebAssembly's JavaScript interface that the kernel uses. The pure floors are compiled without the
// typings of a browser or of Node, which have the rest.

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmInstance {
  readonly exports: unknown;
}

export interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => WasmInstance;
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
  }) => WasmMemory;
}

declare const WebAssembly: WebAssemblyApi | undefined;

/** What this engine has, if anything: WebAssembly can be switched off. */
export function webAssembly(): WebAssemblyApi | undefined {
  return typeof WebAssembly === 'undefined' ? undefined : WebAssembly;
}
