// The shape of every control message as a table: number, type name, and each field with its bounds.
// Encoder, decoder and protocol/registry.json share it. A table and not a schema library: it checks a hello
// in half the time that valibot takes, and a registry can be compared with data but not with closures.

import { CLOSE, FINISH, STRATEGY, SUMMARY_KIND } from './codes.ts';
import { LIMITS } from './limits.ts';
import type { MessageType } from './message.ts';

/** What an element of a message may be. `max` exceeded is TOO_LARGE where the field is a size. */
export type Field =
  | { readonly name: string; readonly kind: 'uint'; readonly min: number; readonly max: number }
  /** A number of bytes, so above `max` is TOO_LARGE and not MALFORMED. */
  | { readonly name: string; readonly kind: 'size'; readonly max: number }
  | { readonly name: string; readonly kind: 'one-of'; readonly values: readonly number[] }
  | { readonly name: string; readonly kind: 'bool' }
  | {
      readonly name: string;
      readonly kind: 'bytes';
      readonly min: number;
      readonly max: number;
      readonly multiple: number;
    }
  /** Printable ASCII. */
  | { readonly name: string; readonly kind: 'text'; readonly max: number }
  /** A non-empty, strictly ascending array of 1..65535. */
  | { readonly name: string; readonly kind: 'versions'; readonly max: number }
  /** A flat array sbn, count, sbn, count …; `min` and `max` count the pairs. */
  | { readonly name: string; readonly kind: 'pairs'; readonly min: number; readonly max: number }
  /** 1000 or 4000..4999. */
  | { readonly name: string; readonly kind: 'close-code' };

export interface Shape {
  /** Element 0 on the wire. */
  readonly number: number;
  readonly type: MessageType;
  readonly fields: readonly Field[];
}

/** Why a value is not what its field allows. */
export interface Fault {
  /** Close code. */
  readonly code: number;
  readonly reason: string;
}

const uint = (name: string, max: number, min = 0): Field => ({ name, kind: 'uint', min, max });
const bytes = (name: string, min: number, max: number, multiple = 1): Field => ({
  name,
  kind: 'bytes',
  min,
  max,
  multiple,
});
const oneOf = (name: string, codes: Readonly<Record<string, number>>): Field => ({
  name,
  kind: 'one-of',
  values: Object.values(codes),
});
const pairs = (min: number): Field => ({
  name: 'grants',
  kind: 'pairs',
  min,
  max: LIMITS.grantPairsMax,
});
const sbn: Field = uint('sbn', LIMITS.sbnMax);
const flags: Field = uint('flags', LIMITS.flagsMax);
const sequence: Field = uint('sequence', LIMITS.sequenceMax);
const token: Field = uint('token', LIMITS.tokenMax);

const TABLE: Readonly<Record<MessageType, readonly Field[]>> = {
  hello: [
    { name: 'versions', kind: 'versions', max: LIMITS.versionsMax },
    bytes('contentId', LIMITS.contentIdBytes, LIMITS.contentIdBytes),
    bytes('nonce', LIMITS.nonceBytes, LIMITS.nonceBytes),
    flags,
    { name: 'agent', kind: 'text', max: LIMITS.agentCharsMax },
  ],
  'want-descriptor': [],
  descriptor: [
    { name: 'total', kind: 'size', max: LIMITS.descriptorBytesMax },
    uint('offset', LIMITS.descriptorBytesMax),
    bytes('bytes', 0, LIMITS.descriptorChunkBytesMax),
  ],
  'want-leaves': [sbn],
  leaves: [
    sbn,
    uint('first', LIMITS.windowSymbolsMax),
    bytes('bytes', 0, LIMITS.leavesChunkBytesMax, LIMITS.leafBytes),
  ],
  ask: [
    oneOf('strategy', STRATEGY),
    oneOf('summaryKind', SUMMARY_KIND),
    uint('updateFrequency', LIMITS.updateFrequencyMax),
    uint('start', LIMITS.ringMax),
    oneOf('finish', FINISH),
  ],
  summary: [
    sequence,
    uint('firstSbn', LIMITS.sbnMax),
    uint('blockCount', LIMITS.sbnMax + 1, 1),
    { name: 'more', kind: 'bool' },
    oneOf('kind', SUMMARY_KIND),
    bytes('body', 0, LIMITS.summaryBytesMax),
  ],
  delta: [sequence, bytes('body', 0, LIMITS.deltaBytesMax)],
  grant: [pairs(1)],
  want: [bytes('body', 1, LIMITS.wantBytesMax)],
  dry: [pairs(0), bytes('body', 0, LIMITS.wantBytesMax)],
  status: [flags],
  ping: [token],
  pong: [token],
  bye: [
    { name: 'code', kind: 'close-code' },
    { name: 'reason', kind: 'text', max: LIMITS.reasonCharsMax },
  ],
  more: [sequence, uint('cells', LIMITS.cellsMax)],
  pool: [
    uint('firstSbn', LIMITS.sbnMax),
    uint('blockCount', LIMITS.sbnMax + 1, 1),
    { name: 'add', kind: 'bool' },
    bytes('body', 0, LIMITS.summaryBytesMax),
  ],
  share: [uint('part', LIMITS.partMax)],
};

/** All messages; `SHAPES[n]` has number n. */
export const SHAPES: readonly Shape[] = Object.entries(TABLE).map(([type, fields], number) => ({
  number,
  type: type as MessageType,
  fields,
}));

const BY_TYPE: ReadonlyMap<string, Shape> = new Map(SHAPES.map((shape) => [shape.type, shape]));

/** The shape of a message type; undefined for a name that is not in the table. */
export function shapeOf(type: string): Shape | undefined {
  return BY_TYPE.get(type);
}

/** Undefined when the wire value is what the field allows. */
export function faultOf(field: Field, value: unknown): Fault | undefined {
  switch (field.kind) {
    case 'uint':
      return isUint(value) && value >= field.min && value <= field.max ? undefined : wrong(field);
    case 'size':
      if (!isUint(value)) return wrong(field);
      return value <= field.max ? undefined : tooLarge(field, value, field.max);
    case 'one-of':
      return isUint(value) && field.values.includes(value) ? undefined : wrong(field);
    case 'bool':
      return typeof value === 'boolean' ? undefined : wrong(field);
    case 'bytes':
      if (!(value instanceof Uint8Array)) return wrong(field);
      if (value.length > field.max && field.max > field.min) {
        return tooLarge(field, value.length, field.max);
      }
      if (value.length < field.min || value.length > field.max) return wrong(field);
      return value.length % field.multiple === 0 ? undefined : wrong(field);
    case 'text':
      if (typeof value !== 'string') return wrong(field);
      return value.length <= field.max ? undefined : tooLarge(field, value.length, field.max);
    case 'versions':
      if (!Array.isArray(value)) return wrong(field);
      if (value.length > field.max) return tooLarge(field, value.length, field.max);
      return value.length > 0 && isVersions(value) ? undefined : wrong(field);
    case 'pairs':
      if (!Array.isArray(value) || value.length % 2 !== 0) return wrong(field);
      if (value.length > 2 * field.max) return tooLarge(field, value.length / 2, field.max);
      return value.length >= 2 * field.min && isPairs(value) ? undefined : wrong(field);
    case 'close-code':
      return isUint(value) && (value === CLOSE.DONE || (value >= 4000 && value <= 4999))
        ? undefined
        : wrong(field);
  }
}

function isUint(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isVersions(values: readonly unknown[]): boolean {
  let before = 0;
  for (const value of values) {
    if (!isUint(value) || value <= before || value > LIMITS.versionMax) return false;
    before = value;
  }
  return true;
}

function isPairs(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i += 2) {
    const sbn = values[i];
    const count = values[i + 1];
    if (!isUint(sbn) || sbn > LIMITS.sbnMax) return false;
    if (!isUint(count) || count < 1 || count > LIMITS.grantCountMax) return false;
  }
  return true;
}

function wrong(field: Field): Fault {
  return { code: CLOSE.MALFORMED, reason: `${field.name} is not a valid ${field.kind}` };
}

function tooLarge(field: Field, size: number, max: number): Fault {
  return { code: CLOSE.TOO_LARGE, reason: `${field.name}: ${size} is above ${max}` };
}
