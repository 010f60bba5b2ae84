// One share, one download, real sockets and files: every awkward size arrives byte by byte.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GetEvent } from 'headwater/node';
import { describe as describeFile, get, share } from 'headwater/node';
import { closing, sameFiles, seededFile, tempDirectory } from './helpers.ts';

const T = 1024;
const BLOCK = 16 * T; // K = 16
const SIZES = [
  0,
  1,
  T - 1,
  T,
  T + 1,
  BLOCK - 1,
  BLOCK,
  BLOCK + 1,
  5 * BLOCK - 7,
  40 * BLOCK + 3 * T,
];

for (const size of SIZES) {
  test(`a file of ${size} bytes arrives whole from a full source`, async () => {
    const directory = tempDirectory();
    const file = seededFile(directory, 'source.bin', size);
    await describeFile(file, { symbolBytes: T, blockBytes: BLOCK });
    const sharing = closing(await share(file));
    const output = join(directory, 'copy.bin');
    const result = await get(sharing.link, { output }).done;
    expect(sameFiles(file, output)).toBe(true);
    expect(existsSync(`${output}.part`)).toBe(false);
    expect(result).toMatchObject({
      file: output,
      bytes: size,
      sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
      needed: Math.ceil(size / T),
      useful: Math.ceil(size / T),
    });
    // A full source sends in source order: nothing is sent twice and nothing needs decoding.
    expect(result.overhead).toBe(0);
  });
}

test('events end with done, and carry progress', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 300_000);
  const sharing = closing(await share(file));
  const getting = get(sharing.link, { output: join(directory, 'copy.bin'), progressMs: 5 });
  const events: GetEvent[] = [];
  for await (const event of getting) events.push(event);
  const names = events.map(({ event }) => event);
  expect(names[names.length - 1]).toBe('done');
  expect(names).toContain('start');
  expect(names).toContain('link-up');
  expect(names).toContain('progress');
  expect((await getting.done).sources).toHaveLength(1);
});

test('the output may be a directory, a descriptor may replace the link', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 50_000);
  const sharing = closing(await share(file));
  const into = tempDirectory();
  const { file: made } = await get(`${file}.headwater`, {
    output: into,
    sources: sharing.addresses,
  }).done;
  expect(made).toBe(join(into, 'source.bin'));
  expect(sameFiles(file, made)).toBe(true);
  expect(readdirSync(into)).toEqual(['source.bin']);
});

test('a content id with sources will do', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 50_000);
  const { contentId, addresses } = closing(await share(file));
  const output = join(directory, 'copy.bin');
  await get({ contentId, sources: addresses }, { output }).done;
  expect(sameFiles(file, output)).toBe(true);
});

test('a share whose file changed describes it anew', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 50_000);
  const first = await share(file);
  await first.close();
  writeFileSync(
    file,
    seededFile(directory, 'other', 60_000, 2) && readFileSync(join(directory, 'other')),
  );
  const second = closing(await share(file));
  expect(second.contentId).not.toBe(first.contentId);
  const output = join(directory, 'copy.bin');
  await get(second.link, { output }).done;
  expect(sameFiles(file, output)).toBe(true);
});
