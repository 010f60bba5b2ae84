// The version of this package, as its package.json says it.

import { createRequire } from 'node:module';

// Two folders up: from src, from what the compiler makes of it, and from the bundle.
const { version } = createRequire(import.meta.url)('../../package.json') as {
  readonly version: string;
};

export const VERSION: string = version;
