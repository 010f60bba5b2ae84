// Downloads from several incomplete sources, after an interruption, and among liars.

import {
  copyFileSync,
  existsSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bitset } from 'headwater';
import type { GetEvent, Getting } from 'headwater/node';
import { describe as describeFile, get, loadDescription, share } from 'headwater/node';
import { layoutOf } from '../../src/content/index.ts';
import { FileStore } from '../../src/node/file-store.ts';
import { closing, codeOf, sameFiles, seededFile, tempDirectory } from './helpers.ts';

const T = 1024;
const K = 64;
const SIZE = 8 * K * T - 100;

/** A described file of 8 blocks of 64 symbols. */
async function content(directory: string): Promise<string> {
  const file = seededFile(directory, 'source.bin', SIZE);
  await describeFile(file, { symbolBytes: T, blockBytes: K * T });
  return file;
}

/** Waits for the first event of a kind. */
async function until(getting: Getting, name: GetEvent['event']): Promise<void> {
  for await (const event of getting) if (event.event === name) return;
  throw new Error(`no ${name} event`);
}

test('a half-full peer and a full source are both used, and nothing comes twice', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const half = closing(await share(file, { hold: 0.25, seed: 7, maxRate: 400_000 }));
  const full = closing(await share(file, { maxRate: 400_000 }));
  const output = join(directory, 'copy.bin');
  const result = await get(half.link, { output, sources: full.addresses }).done;
  expect(sameFiles(file, output)).toBe(true);
  expect(result.sources).toHaveLength(2);
  for (const source of result.sources) expect(source.useful).toBeGreaterThan(0);
  expect(result.sources.reduce((sum, { duplicate }) => sum + duplicate, 0)).toBe(0);
});

test('two partial peers suffice when they hold enough together', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const one = closing(await share(file, { hold: 0.4, seed: 1 }));
  const two = closing(await share(file, { hold: 0.4, seed: 2 }));
  const output = join(directory, 'copy.bin');
  const result = await get(one.link, { output, sources: two.addresses }).done;
  expect(sameFiles(file, output)).toBe(true);
  // Some blocks may lack the rank at K symbols; a few extra ones then do.
  expect(result.overhead).toBeLessThan(0.05);
});

test('sources that hold too little end the download as UNFINISHED', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const one = closing(await share(file, { hold: 0.15, seed: 1 }));
  const output = join(directory, 'copy.bin');
  const getting = get(one.link, { output, patienceMs: 300 });
  await expect(getting.done).rejects.toMatchObject({ code: 'UNFINISHED' });
  expect(existsSync(output)).toBe(false);
  expect(existsSync(`${output}.part`)).toBe(true);
});

test('an aborted download goes on where it stopped', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const sharing = closing(await share(file, { maxRate: 300_000 }));
  const output = join(directory, 'copy.bin');
  const first = get(sharing.link, { output });
  await until(first, 'block');
  await first.abort();
  await expect(first.done).rejects.toMatchObject({ code: 'ABORTED' });
  expect(existsSync(output)).toBe(false);
  const fast = closing(await share(file));
  const second = await get(fast.link, { output }).done;
  expect(sameFiles(file, output)).toBe(true);
  expect(second.needed).toBeLessThan(8 * K);
  expect(second.useful).toBe(second.needed);
});

test('a stopped download can be shared as it is', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const half = closing(await share(file, { hold: 0.35, seed: 3 }));
  const output = join(directory, 'copy.bin');
  await get(half.link, { output, patienceMs: 300 }).done.catch(() => undefined);
  const part = closing(await share(`${output}.part`));
  expect(part.held).toBe(half.held);
  const rest = closing(await share(file, { hold: 0.35, seed: 4 }));
  const copy = join(directory, 'second.bin');
  const result = await get(part.link, { output: copy, sources: rest.addresses }).done;
  expect(sameFiles(file, copy)).toBe(true);
  for (const source of result.sources) expect(source.useful).toBeGreaterThan(0);
});

test('a cut file with holes serves what is right of it', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const broken = join(directory, 'broken.bin');
  const bytes = readFileSync(file);
  bytes.fill(0, 100 * T, 130 * T);
  writeFileSync(broken, bytes);
  truncateSync(broken, 400 * T);
  copyFileSync(`${file}.headwater-leaves`, `${broken}.headwater-leaves`);
  const descriptor = readFileSync(`${file}.headwater`);
  const part = closing(await share(broken, { descriptor }));
  // Blocks 1 and 2 have a hole, block 6 is cut after 16 symbols; whole blocks give their windows.
  const whole = 6 - 2;
  expect(part.held).toBe(whole * K + (2 * K - 30) + (400 - 6 * K));
  const full = closing(await share(file, { maxRate: 400_000 }));
  const output = join(directory, 'copy.bin');
  const result = await get(part.link, { output, sources: full.addresses }).done;
  expect(sameFiles(file, output)).toBe(true);
  expect(result.sources.every(({ useful }) => useful > 0)).toBe(true);
});

test('of a cut file without its leaves only whole blocks are known, and the one who shares is told', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const descriptor = readFileSync(`${file}.headwater`);
  const cut = join(directory, 'cut.bin');
  writeFileSync(cut, readFileSync(file).subarray(0, 400 * T));
  const part = closing(await share(cut, { descriptor }));
  expect(part.held).toBe(6 * K);
  expect(part.warnings.join()).toContain('cut.bin.headwater-leaves');
  truncateSync(cut, 10 * T);
  await expect(share(cut, { descriptor })).rejects.toMatchObject({
    code: 'CORRUPT',
    hint: expect.stringContaining('cut.bin.headwater-leaves') as string,
  });
});

test('what a share holds is taken from a complete file only', async () => {
  const directory = tempDirectory();
  const descriptor = readFileSync(`${await content(directory)}.headwater`);
  const wrong = seededFile(directory, 'wrong.bin', SIZE, 99);
  expect(await codeOf(share(wrong, { descriptor, hold: 0.5 }))).toBe('CORRUPT');
  const some = new Bitset(8 * 2 * K);
  expect(await codeOf(share(wrong, { descriptor, hold: some }))).toBe('CORRUPT');
});

/** The ids of the first `count` symbols of a random order of each window; seed 1 and 2 differ. */
function someIds(count: number, seed: number): Bitset {
  const ids = new Bitset(8 * 2 * K);
  for (let sbn = 0; sbn < 8; sbn++) {
    const first = sbn * 2 * K;
    // 37 has no factor in common with the window: this goes round all of it.
    for (let i = 0; i < count; i++) ids.add(first + (((i + 50 * seed) * 37) % (2 * K)));
  }
  return ids;
}

test('a share gives exactly the ids that it was told to hold, source and repair', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const held = someIds(K - 4, 1);
  const sharing = closing(await share(file, { hold: held }));
  expect(sharing.held).toBe(8 * (K - 4));
  const output = join(directory, 'copy.bin');
  const code = await codeOf(get(sharing.link, { output, patienceMs: 300 }).done);
  expect(code).toBe('UNFINISHED');
  const { descriptor } = await loadDescription(`${file}.headwater`);
  const store = await FileStore.open(output, descriptor);
  expect(layoutOf(descriptor).idCount).toBe(held.length);
  expect([...store.held.bits.words]).toEqual([...held.words]);
  expect(store.sourceSymbolsHeld).toBeLessThan(held.count);
  await store.close();
  // A download that goes on from there needs what is missing of each block, and no more.
  const rest = closing(await share(file, { hold: someIds(K, 2) }));
  const result = await get(rest.link, { output }).done;
  expect(sameFiles(file, output)).toBe(true);
  expect(result.needed).toBe(8 * 4);
  // Some block may lack the rank at K symbols.
  expect(result.received).toBeLessThan(8 * 4 + 8);
});

test('a set of ids of another content is refused', async () => {
  const file = await content(tempDirectory());
  expect(await codeOf(share(file, { hold: new Bitset(8 * 2 * K - 1) }))).toBe('USAGE');
});

test('a full source that is told what is out already sends what is not', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const sharing = closing(await share(file, { freshFrom: K - 20 }));
  const output = join(directory, 'copy.bin');
  const getting = get(sharing.link, { output, strategy: 'uninformed-wor', maxRate: 300_000 });
  for await (const event of getting) if (event.event === 'progress' && event.have > 2 * K) break;
  await getting.abort();
  const { descriptor } = await loadDescription(`${file}.headwater`);
  const store = await FileStore.open(output, descriptor);
  // Blocks that were decoded hold all their source symbols; no other symbol is from before.
  for (let sbn = 0; sbn < 8; sbn++) {
    const [from, fresh] = [sbn * 2 * K, sbn * 2 * K + K - 20];
    if (!store.hasBlock(sbn)) expect(store.held.bits.countRange(from, fresh)).toBe(0);
  }
  expect(store.held.count).toBeGreaterThan(0);
  await store.close();
  for (const freshFrom of [-1, 0.5]) expect(await codeOf(share(file, { freshFrom }))).toBe('USAGE');
});

test('a source of wrong symbols is refused, and the file is right all the same', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const wrong = seededFile(directory, 'wrong.bin', SIZE, 99);
  // A descriptor that is newer than its file is taken to be that file's.
  for (const suffix of ['.headwater', '.headwater-leaves']) {
    copyFileSync(file + suffix, wrong + suffix);
  }
  utimesSync(wrong, new Date(0), new Date(0));
  const liar = closing(await share(wrong));
  const honest = closing(await share(file, { maxRate: 400_000 }));
  expect(liar.contentId).toBe(honest.contentId);
  const output = join(directory, 'copy.bin');
  const getting = get(liar.link, { output, sources: honest.addresses });
  const events: GetEvent[] = [];
  for await (const event of getting) events.push(event);
  const result = await getting.done;
  expect(sameFiles(file, output)).toBe(true);
  const [first, second] = result.sources;
  expect(first?.useful).toBe(0);
  expect(first?.rejected).toBeGreaterThan(0);
  expect(second?.rejected).toBe(0);
  expect(events.some(({ event }) => event === 'rejected')).toBe(true);
});

test('a download that seeds serves the next one, whose source is gone', async () => {
  const directory = tempDirectory();
  const file = await content(directory);
  const sharing = closing(await share(file));
  const first = join(directory, 'first.bin');
  const seeding = get(sharing.link, { output: first, seed: true });
  let addresses: readonly string[] = [];
  for await (const event of seeding) {
    if (event.event === 'listening') addresses = event.addresses;
    if (event.event === 'done') break;
  }
  await sharing.close();
  const second = join(directory, 'second.bin');
  await get({ contentId: sharing.contentId, sources: addresses }, { output: second }).done;
  expect(sameFiles(file, second)).toBe(true);
  await seeding.close();
});

for (const strategy of ['uninformed', 'uninformed-wor', 'reconciled', 'coordinated'] as const) {
  test(`the strategy ${strategy} works over sockets`, async () => {
    const directory = tempDirectory();
    const file = await content(directory);
    const one = closing(await share(file, { hold: 0.6, seed: 1 }));
    const two = closing(await share(file, { hold: 0.6, seed: 2 }));
    const output = join(directory, 'copy.bin');
    await get(one.link, { output, strategy, sources: two.addresses }).done;
    expect(sameFiles(file, output)).toBe(true);
  });
}
