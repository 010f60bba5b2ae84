// kill -9: the page cache survives, so everything a call promised before must be there afterwards.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/index.ts';
import { FileStore } from '../../src/node/file-store.ts';
import { sampleForCrash, symbolOf } from './crash-sample.ts';
import { heldIds, scratch } from './helpers.ts';
import { transpile } from './transpile.ts';

/** HEADWATER_ROUNDS=200 for a long run. */
const ROUNDS = Number(process.env['HEADWATER_ROUNDS'] ?? 15);

/** Runs the child until it has said `lines` lines and some more time has gone by; returns the whole lines. */
async function killed(
  program: string,
  args: string[],
  lines: number,
  ms: number,
): Promise<{ lines: string[]; wasKilled: boolean }> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    said += text;
    if (timer === undefined && said.split('\n').length > lines) {
      timer = setTimeout(() => child.kill('SIGKILL'), ms);
    }
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  expect(status === 0 || signal === 'SIGKILL').toBe(true);
  return { lines: said.split('\n').slice(0, -1), wasKilled: signal !== null };
}

describe('a store whose process is killed', () => {
  it('keeps every promise and claims nothing wrong, over many rounds', async () => {
    const program = transpile('test/store/crash-child.ts', scratch());
    const sample = sampleForCrash();
    const { layout, bytes, descriptor } = sample;
    const rng = new Rng(7);
    let out = join(scratch(), 'out');
    let kills = 0;
    let promised = 0;
    let held = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      const args = [out, String(round)];
      const { lines, wasKilled } = await killed(program, args, rng.below(90), rng.below(20));
      const finished = lines.at(-1) === 'closed';
      if (wasKilled) kills++;
      // What the child promised, on top of what the rounds before did.
      for (const line of lines) {
        const [what, ...numbers] = line.trim().split(' ');
        if (what === 'held') for (const id of numbers) held.add(Number(id));
        if (what === 'deleting') {
          const sbn = Number(numbers[0]);
          const repairs = layout.id(sbn, layout.sourceSymbols(sbn));
          for (let id = repairs; id < layout.windowStart(sbn + 1); id++) held.delete(id);
        }
      }
      const store = await FileStore.open(out, descriptor);
      promised += held.size;
      const lost = [...held].filter((id) => !store.held.has(id));
      expect([round, lost]).toEqual([round, []]);
      const ids = heldIds(store);
      const symbols = await store.readSymbols(ids);
      const wrong = ids.filter(
        (id, i) => Buffer.compare(symbols[i] ?? bytes, symbolOf(bytes, layout, id)) !== 0,
      );
      expect([round, wrong]).toEqual([round, []]);
      held = new Set(ids);
      await store.close();
      if (finished || store.held.count > 0.9 * layout.idCount) {
        out = join(scratch(), 'out');
        held = new Set();
      }
    }
    expect(kills).toBeGreaterThan(ROUNDS / 3);
    expect(promised).toBeGreaterThan(10 * ROUNDS);
  });
});
