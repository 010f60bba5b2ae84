export { publicUrl } from './location.ts';
export { MirrorClient, type MirrorClientOptions, type MirrorEvents } from './mirror-client.ts';
export {
  MirrorError,
  type FailureKind,
  type FetchFailure,
  type MirrorInfo,
  type Validator,
} from './types.ts';
