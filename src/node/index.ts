// Public entry `headwater/node`: describe, share and get, on Node's sockets, files and threads.

export { parseEndpoint, type Endpoint } from './addresses.ts';
export { describe, type DescribeOptions, type DescribeProgress } from './describe.ts';
export {
  DESCRIPTOR_SUFFIX,
  LEAVES_SUFFIX,
  leavesPathOf,
  loadDescription,
  type Description,
} from './description.ts';
export { HeadwaterError, type HeadwaterErrorCode } from './errors.ts';
export { get, type Getting } from './get.ts';
export type {
  FailedEvent,
  GetEvent,
  GetResult,
  ListeningEvent,
  ProgressEvent,
  SourceResult,
  StartEvent,
} from './get-events.ts';
export type { ContentName, GetOptions, What } from './get-options.ts';
export type { Hold } from './hold.ts';
export {
  checkSignature,
  generatePrivateKey,
  parsePrivateKey,
  parsePublicKey,
  publicKeyOf,
  signDescriptor,
} from './keys.ts';
export { describeMetalink } from './describe-metalink.ts';
export { mirrorForDescriptor, parseMirror, type MirrorName } from './mirror-terms.ts';
export { sha256 } from './sha256.ts';
export { loadSigner } from './signer.ts';
export { share, type ShareEvent, type ShareOptions, type Sharing } from './share.ts';
export { VERSION } from './version.ts';
export type { WarningEvent } from './warnings.ts';
