// Replays protocol/vectors/wire.json.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/base/index.ts';
import {
  decodeControl,
  decodeRecodedFrame,
  decodeSymbolFrame,
  encodeControl,
  encodeRecodedHeader,
  encodeSymbolFrame,
  frameKind,
  recodedPayloads,
  SHAPES,
} from '../../src/wire/index.ts';
import type { Message } from '../../src/wire/index.ts';
import { refusal } from '../wire/refusal.ts';

/** Hexadecimal, or parts: hexadecimal or [hexadecimal, times]. */
type Hex = string | readonly (string | readonly [string, number])[];

interface Valid {
  readonly name: string;
  readonly hex: Hex;
}
interface Invalid extends Valid {
  readonly code: number;
  readonly why: string;
}
type JsonMessage = Readonly<Record<string, unknown>> & { readonly type: string };

const vectors = JSON.parse(
  readFileSync(new URL('../../protocol/vectors/wire.json', import.meta.url), 'utf8'),
) as {
  control: {
    valid: readonly (Valid & { message: JsonMessage; shortest?: false })[];
    invalid: readonly Invalid[];
  };
  symbols: {
    valid: readonly (Valid & {
      symbolBytes: number;
      frame: { sbn: number; esis: number[]; payloads: Hex[] };
    })[];
    invalid: readonly (Invalid & { symbolBytes: number })[];
  };
  recoded: {
    valid: readonly (Valid & {
      symbolBytes: number;
      frame: { sbn: number; first: number; degrees: number[]; payloads: Hex[] };
    })[];
    invalid: readonly (Invalid & { symbolBytes: number })[];
  };
};

function bytesOf(hex: Hex): Uint8Array {
  if (typeof hex === 'string') return fromHex(hex);
  return fromHex(
    hex.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join(''),
  );
}

function messageOf(json: JsonMessage): Message {
  const shape = SHAPES.find((s) => s.type === json.type);
  const message: Record<string, unknown> = { ...json };
  for (const field of shape?.fields ?? []) {
    if (field.kind === 'bytes') message[field.name] = bytesOf(json[field.name] as Hex);
  }
  return message as unknown as Message;
}

/** Bytes as hexadecimal: comparing large arrays element by element is slow. */
function legible(message: Message): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([name, v]) => [name, v instanceof Uint8Array ? toHex(v) : v]),
  );
}

describe('control messages', () => {
  test.each(vectors.control.valid)('valid: $name', ({ hex, message, shortest }) => {
    const bytes = bytesOf(hex);
    expect(frameKind(bytes)).toBe('control');
    expect(legible(decodeControl(bytes))).toEqual(legible(messageOf(message)));
    const encoded = toHex(encodeControl(messageOf(message)));
    if (shortest === false) expect(encoded).not.toBe(toHex(bytes));
    else expect(encoded).toBe(toHex(bytes));
  });

  test.each(vectors.control.invalid)('invalid: $name', ({ hex, code }) => {
    expect(refusal(() => decodeControl(bytesOf(hex)))).toBe(code);
  });

  test('every message type has a valid and, if it has fields, an invalid vector', () => {
    const valid = new Set(vectors.control.valid.map((v) => v.message.type));
    expect([...valid].sort()).toEqual(SHAPES.map((s) => s.type).sort());
    for (const { type, fields } of SHAPES) {
      const found = vectors.control.invalid.some((v) => v.name.startsWith(`${type} `));
      if (fields.length > 0) expect(found, type).toBe(true);
    }
  });
});

describe('symbol frames', () => {
  test.each(vectors.symbols.valid)('valid: $name', ({ hex, symbolBytes, frame }) => {
    const bytes = bytesOf(hex);
    const payloads = frame.payloads.map(bytesOf);
    expect(frameKind(bytes)).toBe('symbols');
    const decoded = decodeSymbolFrame(bytes, symbolBytes);
    expect({ ...decoded, payloads: decoded.payloads.map(toHex) }).toEqual({
      ...frame,
      payloads: payloads.map(toHex),
    });
    const encoded = encodeSymbolFrame(frame.sbn, frame.esis, payloads, symbolBytes);
    expect(toHex(encoded)).toBe(toHex(bytes));
  });

  test.each(vectors.symbols.invalid)('invalid: $name', ({ hex, symbolBytes, code }) => {
    expect(refusal(() => decodeSymbolFrame(bytesOf(hex), symbolBytes))).toBe(code);
  });
});

describe('recoded frames', () => {
  test.each(vectors.recoded.valid)('valid: $name', ({ hex, symbolBytes, frame }) => {
    const bytes = bytesOf(hex);
    const payloads = frame.payloads.map(bytesOf);
    expect(frameKind(bytes)).toBe('recoded');
    const decoded = decodeRecodedFrame(bytes, symbolBytes);
    expect({ ...decoded, payloads: decoded.payloads.map(toHex) }).toEqual({
      ...frame,
      payloads: payloads.map(toHex),
    });
    const encoded = encodeRecodedHeader(frame.sbn, frame.first, frame.degrees, symbolBytes);
    recodedPayloads(encoded).set(concatBytes(payloads));
    expect(toHex(encoded)).toBe(toHex(bytes));
  });

  test.each(vectors.recoded.invalid)('invalid: $name', ({ hex, symbolBytes, code }) => {
    expect(refusal(() => decodeRecodedFrame(bytesOf(hex), symbolBytes))).toBe(code);
  });
});
