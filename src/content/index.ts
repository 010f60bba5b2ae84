export type { BlockDescription, BlockEncoder, EncoderFactory } from './describe-block.ts';
export { describeBlock } from './describe-block.ts';
export type { BlockJson, DescriptorJson } from './describe-json.ts';
export { describeJson } from './describe-json.ts';
export type { Descriptor, Mirror, Signature } from './descriptor.ts';
export {
  contentId,
  decodeDescriptor,
  DESCRIPTOR_BYTES_MAX,
  encodeDescriptor,
  layoutOf,
  MIRROR_COUNT_MAX,
  openDescriptor,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  signedMessage,
} from './descriptor.ts';
export type { FixedLayout, LayoutParameters } from './layout.ts';
export {
  BLOCK_BYTES_MAX,
  BLOCK_COUNT_MAX,
  Layout,
  SOURCE_SYMBOLS_MAX,
  SYMBOL_BYTES_MAX,
  WINDOW_RATIO_MAX,
} from './layout.ts';
export {
  checkLeaves,
  checkLeavesHeader,
  checkSource,
  LEAF_BYTES,
  LEAVES_HEADER_BYTES,
  leavesHeader,
  leavesOffset,
  paddedSymbol,
  rootAt,
  verifySymbol,
  windowRoot,
} from './leaves.ts';
export type { Link } from './link.ts';
export { formatLink, isLink, LINK_HINTS_MAX, LINK_LENGTH_MAX, parseLink } from './link.ts';
export { HASH_BYTES, MerkleTree, SourceRoot } from './merkle.ts';
export { checkName, NAME_BYTES_MAX, nameProblem } from './names.ts';
export type { ParameterChoices } from './parameters.ts';
export { chooseParameters } from './parameters.ts';
export type { PieceHash, Pieces, PlainFile } from './plain.ts';
export { blockPieces, countedPieces, plainId, plainLayout } from './plain.ts';
export { httpProblem, URL_BYTES_MAX, webSocketProblem } from './urls.ts';
