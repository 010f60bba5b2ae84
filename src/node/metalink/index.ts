export { sha256FromDigest } from './digest-header.ts';
export { formatMetalink } from './format.ts';
export { parseLinkHeader, type LinkedMirror, type LinkHeader } from './link-header.ts';
export type { MetalinkFile, MetalinkUrl } from './metalink.ts';
export { METALINK_BYTES_MAX, parseMetalink } from './parse.ts';
