// The table of repair symbols against a Map.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RepairRows } from '../../src/fountain/raptorq/repair-rows.ts';

it('holds what a Map would hold, in the same order', () => {
  // Few different lowest bits: long chains.
  const esi = fc.tuple(fc.nat(5), fc.nat(60)).map(([low, high]) => low + (high << 18));
  fc.assert(
    fc.property(fc.array(esi, { maxLength: 300 }), fc.nat(300), (esis, kept) => {
      const rows = new RepairRows();
      let twin = new Map<number, number>();
      const check = (): void => {
        expect(rows.size).toBe(twin.size);
        expect([...rows.keys()]).toEqual([...twin.keys()]);
        expect([...rows.values()]).toEqual([...twin.values()]);
        for (const id of esis) {
          expect(rows.get(id)).toBe(twin.get(id));
          expect(rows.has(id)).toBe(twin.has(id));
        }
      };
      const fill = (ids: readonly number[], row: number): void => {
        ids.forEach((id, i) => {
          if (twin.has(id)) return;
          twin.set(id, row + i);
          rows.add(id, row + i);
        });
        check();
      };
      fill(esis, 0);
      rows.clear();
      twin = new Map();
      check();
      fill(esis.slice(kept), 7);
    }),
  );
});
