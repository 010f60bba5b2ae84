export { Description, type DescriptionOptions } from './description.ts';
export { FreshCursors } from './fresh.ts';
export { Link, type LinkInput, type LinkOptions, type LinkOutput } from './link.ts';
export { Pace } from './pace.ts';
export { Receiver, STALLS_MAX, STRIKES_MAX, type Cover, type VoidCredit } from './receiver.ts';
export { RemoteView, type ViewListener } from './remote-view.ts';
export {
  GRANTED_MAX,
  Sender,
  WANTS_MAX,
  type Batch,
  type Refusal,
  type SenderOptions,
} from './sender.ts';
export { TokenBucket } from './token-bucket.ts';
