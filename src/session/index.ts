export { Description, type DescriptionOptions } from './description.ts';
export { FreshCursors } from './fresh.ts';
export { Link, type LinkInput, type LinkOptions, type LinkOutput } from './link.ts';
export { Pace } from './pace.ts';
export { RecodedSource, SKIPPED_MAX } from './recoded-source.ts';
export { isRecoding, Recoder, type RecodedBatch } from './recoder.ts';
export { Receiver, STALLS_MAX, STRIKES_MAX, type Cover, type VoidCredit } from './receiver.ts';
export { RemoteView, type SketchOfRange, type ViewListener } from './remote-view.ts';
export { ringPosition, ringStart } from './ring.ts';
export {
  batchCount,
  GRANTED_MAX,
  Sender,
  WANTS_MAX,
  type Batch,
  type PlainBatch,
  type Refusal,
  type SenderOptions,
} from './sender.ts';
export { TokenBucket } from './token-bucket.ts';
