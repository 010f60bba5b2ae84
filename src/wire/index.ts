export {
  CLOSE,
  closeName,
  FINISH,
  FLAG,
  PROTOCOL_VERSIONS,
  STRATEGY,
  SUMMARY_KIND,
  type CloseCode,
  type FinishCode,
  type StrategyCode,
  type SummaryKindCode,
} from './codes.ts';
export { decodeControl, encodeControl } from './control.ts';
export { faultOf, SHAPES, shapeOf, type Fault, type Field, type Shape } from './fields.ts';
export { LIMITS } from './limits.ts';
export type {
  Ask,
  Bye,
  Delta,
  Descriptor,
  Dry,
  Grant,
  GrantMessage,
  Hello,
  Leaves,
  Message,
  MessageOf,
  MessageType,
  More,
  Ping,
  Pong,
  Pool,
  Share,
  Status,
  Summary,
  Want,
  WantDescriptor,
  WantLeaves,
} from './message.ts';
export {
  decodeRecodedFrame,
  encodeRecodedHeader,
  recodedPayloads,
  type RecodedFrame,
} from './recoded-frame.ts';
export { scan } from './scan.ts';
export {
  decodeSymbolFrame,
  encodeSymbolFrame,
  encodeSymbolHeader,
  frameKind,
  payloadSlot,
  symbolsPerFrame,
  type SymbolFrame,
} from './symbol-frame.ts';
