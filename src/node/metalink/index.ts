export { sha256FromDigest } from './digest-header.ts';
export { formatMetalink } from './format.ts';
export { parseLinkHeader, type LinkedMirror, type LinkHeader } from './link-header.ts';
export { METALINK_BYTES_MAX, type MetalinkFile, type MetalinkUrl } from './metalink.ts';
