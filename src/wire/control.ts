// Control messages to bytes and back (protocol/wire.md, "Control messages"). What a body means and when a
// message is allowed is not known here.
//
// Plain `msgpackr` and not its CommonJS no-eval build: the package builds code only to read records, which
// `scan` refuses, and the ESM entry also loads unbundled in a browser.

import { Packr } from 'msgpackr';
import { ProtocolError, UsageError } from '../base/index.ts';
import { CLOSE } from './codes.ts';
import type { Fault, Field } from './fields.ts';
import { faultOf, shapeOf, SHAPES } from './fields.ts';
import { LIMITS } from './limits.ts';
import type { Grant, Message } from './message.ts';
import { scan } from './scan.ts';
import { frameKind } from './symbol-frame.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' });

/**
 * The bytes of a message, in an array of their own. Texts (agent, reason) are made fit: what is not
 * printable ASCII becomes '?', and what is too long is cut, so that a close never fails over its reason.
 * Throws UsageError, naming the field, for any other value that a peer would refuse.
 */
export function encodeControl(message: Message): Uint8Array {
  const shape = shapeOf(message.type);
  if (shape === undefined) throw new UsageError(`no message type ${message.type}`);
  const values = message as unknown as Readonly<Record<string, unknown>>;
  const items: unknown[] = [shape.number];
  for (const field of shape.fields) {
    const value = toWire(field, values[field.name]);
    const fault = faultOf(field, value);
    if (fault !== undefined) throw new UsageError(`${message.type}: ${fault.reason}`);
    items.push(value);
  }
  const fault = crossFault(message);
  if (fault !== undefined) throw new UsageError(`${message.type}: ${fault.reason}`);
  return new Uint8Array(packr.pack(items)); // a copy: the packer's result shares a pool
}

/**
 * The message of a control frame. Byte fields are views of `bytes`.
 * Throws ProtocolError with TOO_LARGE for a length or count above its limit and MALFORMED for anything
 * else that is not a message; never anything else, whatever the bytes.
 */
export function decodeControl(bytes: Uint8Array): Message {
  if (bytes.length > LIMITS.controlBytesMax) {
    throw new ProtocolError(CLOSE.TOO_LARGE, `control message of ${bytes.length} bytes`);
  }
  if (frameKind(bytes) !== 'control') {
    throw new ProtocolError(CLOSE.MALFORMED, 'not a control message');
  }
  scan(bytes);
  const items = unpack(bytes);
  const number = items[0];
  const shape = typeof number === 'number' ? SHAPES[number] : undefined;
  if (shape === undefined) {
    throw new ProtocolError(CLOSE.MALFORMED, `no message type ${String(number).slice(0, 20)}`);
  }
  if (items.length !== shape.fields.length + 1) {
    throw new ProtocolError(CLOSE.MALFORMED, `${shape.type}: ${items.length} elements`);
  }
  const message: Record<string, unknown> = { type: shape.type };
  for (let i = 0; i < shape.fields.length; i++) {
    const field = shape.fields[i] as Field;
    const value = items[i + 1];
    const fault = faultOf(field, value);
    if (fault !== undefined) throw new ProtocolError(fault.code, `${shape.type}: ${fault.reason}`);
    message[field.name] = field.kind === 'pairs' ? toGrants(value as number[]) : value;
  }
  const decoded = message as unknown as Message;
  const fault = crossFault(decoded);
  if (fault !== undefined) throw new ProtocolError(fault.code, `${shape.type}: ${fault.reason}`);
  return decoded;
}

/** Rules between the fields of one message, each of which is in range by itself. */
function crossFault(message: Message): Fault | undefined {
  switch (message.type) {
    case 'descriptor':
      if (message.offset + message.bytes.length > message.total) {
        return malformed('chunk goes past total');
      }
      return message.bytes.length === 0 && message.total > 0 ? malformed('empty chunk') : undefined;
    case 'leaves': {
      const end = message.first + message.bytes.length / LIMITS.leafBytes;
      return end > LIMITS.windowSymbolsMax
        ? malformed('leaves past the largest window')
        : undefined;
    }
    case 'summary':
    case 'pool':
      return message.firstSbn + message.blockCount > LIMITS.sbnMax + 1
        ? malformed('blocks past the largest sbn')
        : undefined;
    default:
      return undefined;
  }
}

function malformed(reason: string): Fault {
  return { code: CLOSE.MALFORMED, reason };
}

function toWire(field: Field, value: unknown): unknown {
  if (field.kind === 'text' && typeof value === 'string') {
    return value.slice(0, field.max).replace(/[^ -~]/g, '?');
  }
  if (field.kind === 'pairs' && Array.isArray(value)) {
    return (value as readonly Grant[]).flatMap((grant) => [grant.sbn, grant.count]);
  }
  return value;
}

function toGrants(pairs: readonly number[]): Grant[] {
  const grants: Grant[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    grants.push({ sbn: pairs[i] ?? 0, count: pairs[i + 1] ?? 0 });
  }
  return grants;
}

function unpack(bytes: Uint8Array): readonly unknown[] {
  try {
    // A fresh plain view: the unpacker leaves a property on its source, and a Buffer would give Buffers.
    const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return packr.unpack(view) as readonly unknown[];
  } catch (error) {
    throw new ProtocolError(CLOSE.MALFORMED, `control message: ${String(error).slice(0, 80)}`);
  }
}
