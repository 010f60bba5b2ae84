// Random valid messages, made from the same table that checks them.

import fc from 'fast-check';
import { LIMITS, SHAPES, type Field, type Message } from '../../src/wire/index.ts';

function valueOf(field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'uint':
      return fc.integer({ min: field.min, max: field.max });
    case 'size':
      return fc.integer({ min: 0, max: field.max });
    case 'one-of':
      return fc.constantFrom(...field.values);
    case 'bool':
      return fc.boolean();
    case 'bytes': {
      const max = Math.min(field.max, Math.max(field.min, 320));
      const bytes = fc.uint8Array({ minLength: field.min, maxLength: max });
      return bytes.map((b) => b.slice(0, b.length - (b.length % field.multiple)));
    }
    case 'text':
      return fc.string({ unit: 'grapheme-ascii', maxLength: field.max });
    case 'versions':
      return fc
        .uniqueArray(fc.integer({ min: 1, max: LIMITS.versionMax }), {
          minLength: 1,
          maxLength: field.max,
        })
        .map((versions) => versions.sort((a, b) => a - b));
    case 'pairs':
      return fc.array(
        fc.record({
          sbn: fc.integer({ min: 0, max: LIMITS.sbnMax }),
          count: fc.integer({ min: 1, max: LIMITS.grantCountMax }),
        }),
        { minLength: field.min, maxLength: field.max },
      );
    case 'close-code':
      return fc.oneof(fc.constant(1000), fc.integer({ min: 4000, max: 4999 }));
  }
}

/** Any message that a peer must accept. */
export const messages: fc.Arbitrary<Message> = fc
  .constantFrom(...SHAPES)
  .chain((shape) =>
    fc.record({
      type: fc.constant(shape.type),
      ...Object.fromEntries(shape.fields.map((field) => [field.name, valueOf(field)])),
    }),
  )
  .map((message) => {
    const m = { ...(message as unknown as Message) };
    if (m.type === 'descriptor') {
      const total = Math.max(m.total, m.bytes.length);
      const bytes = total > 0 && m.bytes.length === 0 ? new Uint8Array(1) : m.bytes;
      return { ...m, total, bytes, offset: m.offset % (total - bytes.length + 1) };
    }
    if (m.type === 'leaves') {
      const most = LIMITS.windowSymbolsMax - m.bytes.length / LIMITS.leafBytes;
      return { ...m, first: Math.min(m.first, most) };
    }
    if (m.type === 'summary' || m.type === 'pool') {
      return { ...m, blockCount: Math.min(m.blockCount, LIMITS.sbnMax + 1 - m.firstSbn) };
    }
    return m;
  });
