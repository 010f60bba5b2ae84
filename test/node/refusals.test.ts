// What cannot be done ends with a code for programs and a sentence for people.

import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { describe as describeFile, get, loadDescription, share } from 'headwater/node';
import { closing, codeOf, sameFiles, seededFile, tempDirectory } from './helpers.ts';

/** A port of this machine on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('a source that does not answer is named, with the reason', async () => {
  const directory = tempDirectory();
  const address = `ws://127.0.0.1:${await freePort()}`;
  const contentId = '00'.repeat(32);
  const getting = get({ contentId, sources: [address] }, { output: join(directory, 'x') });
  await expect(getting.done).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining(`${address}: connection refused`),
  });
});

test('an output that exists is not replaced, unless forced', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 20_000);
  const sharing = closing(await share(file));
  const output = join(directory, 'copy.bin');
  writeFileSync(output, 'precious');
  expect(await codeOf(get(sharing.link, { output }).done)).toBe('EXISTS');
  expect(readFileSync(output, 'utf8')).toBe('precious');
  await get(sharing.link, { output, force: true }).done;
  expect(sameFiles(file, output)).toBe(true);
});

test('two downloads of one output do not mix', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 200_000);
  const sharing = closing(await share(file, { maxRate: 100_000 }));
  const output = join(directory, 'copy.bin');
  const first = get(sharing.link, { output });
  for await (const event of first) if (event.event === 'start') break;
  expect(await codeOf(get(sharing.link, { output }).done)).toBe('LOCKED');
  await first.abort();
});

const NOT_LINKS: readonly [string, string][] = [
  ['headwater:?dn=x', 'BAD_LINK'],
  [`headwater:?xt=${'0'.repeat(63)}`, 'BAD_LINK'],
  ['/nonexistent/file.headwater', 'NOT_FOUND'],
  ['0'.repeat(64), 'USAGE'],
];
for (const [what, code] of NOT_LINKS) {
  test(`get ${what.slice(0, 24)} is ${code}`, async () => {
    expect(await codeOf(get(what).done)).toBe(code);
  });
}

test('a source that is no WebSocket URL is BAD_LINK', async () => {
  for (const source of ['http://127.0.0.1/', 'ws://user@host:1', 'ws://']) {
    const getting = get({ contentId: '00'.repeat(32), sources: [source] });
    expect(await codeOf(getting.done)).toBe('BAD_LINK');
  }
});

test('a file that is no descriptor is BAD_DESCRIPTOR', async () => {
  const path = seededFile(tempDirectory(), 'x.headwater', 300);
  expect(await codeOf(loadDescription(path))).toBe('BAD_DESCRIPTOR');
  expect(await codeOf(get(path, { sources: ['ws://127.0.0.1:1'] }).done)).toBe('BAD_DESCRIPTOR');
});

test('a port in use is LISTEN', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 2_000);
  const { port } = closing(await share(file));
  expect(await codeOf(share(file, { port }))).toBe('LISTEN');
});

test('sharing or describing what is not there is NOT_FOUND', async () => {
  const directory = tempDirectory();
  expect(await codeOf(share(join(directory, 'none')))).toBe('NOT_FOUND');
  expect(await codeOf(describeFile(join(directory, 'none')))).toBe('NOT_FOUND');
  mkdirSync(join(directory, 'folder'));
  expect(await codeOf(share(join(directory, 'folder')))).toBe('NOT_FOUND');
});

test('a file that changes while it is described is CHANGED, and nothing is left behind', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 100_000);
  let changed = false;
  const describing = describeFile(file, {
    blockBytes: 16_384,
    symbolBytes: 1024,
    onProgress: () => {
      if (!changed) appendFileSync(file, 'more');
      changed = true;
    },
  });
  expect(await codeOf(describing)).toBe('CHANGED');
  expect(await codeOf(loadDescription(`${file}.headwater`))).toBe('NOT_FOUND');
});

test('a share of a file that changes ends as CHANGED; one that is only touched goes on', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 300_000);
  const touched = closing(await share(file));
  const other = seededFile(directory, 'other.bin', 300_000);
  const changed = closing(await share(other));
  utimesSync(file, new Date(), new Date());
  seededFile(directory, 'other.bin', 300_000, 2);
  expect(await codeOf(changed.closed)).toBe('CHANGED');
  const output = join(directory, 'copy.bin');
  await get(touched.link, { output }).done;
  expect(sameFiles(file, output)).toBe(true);
});

test('a download to which nothing came leaves nothing', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 300_000);
  await describeFile(file);
  const output = join(directory, 'copy.bin');
  const sources = [`127.0.0.1:${await freePort()}`];
  expect(await codeOf(get(`${file}.headwater`, { output, sources }).done)).toBe('UNREACHABLE');
  expect(existsSync(`${output}.part`)).toBe(false);
});

test('a name too long for its descriptor is shared all the same', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'n'.repeat(250), 300_000);
  const sharing = closing(await share(file));
  const output = join(directory, 'copy.bin');
  await get(sharing.link, { output }).done;
  expect(sameFiles(file, output)).toBe(true);
});

test('an aborted signal ends describing and fetching', async () => {
  const directory = tempDirectory();
  const file = seededFile(directory, 'source.bin', 100_000);
  const signal = AbortSignal.abort();
  expect(await codeOf(describeFile(file, { signal }))).toBe('ABORTED');
  expect(
    await codeOf(
      get({ contentId: '00'.repeat(32), sources: ['ws://127.0.0.1:1'] }, { signal }).done,
    ),
  ).toBe('ABORTED');
});

test('parameters that do not fit are USAGE', async () => {
  const file = seededFile(tempDirectory(), 'source.bin', 1000);
  expect(await codeOf(describeFile(file, { symbolBytes: 70_000 }))).toBe('USAGE');
  expect(await codeOf(describeFile(file, { name: '../evil' }))).toBe('USAGE');
  expect(await codeOf(share(file, { hold: 1.1 }))).toBe('USAGE');
});

test.skipIf(process.getuid?.() === 0)(
  'a folder that cannot be written is DISK (needs a user who is not root)',
  async () => {
    const directory = tempDirectory();
    const file = seededFile(directory, 'source.bin', 20_000);
    const sharing = closing(await share(file));
    const locked = join(directory, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    const output = join(locked, 'copy.bin');
    expect(await codeOf(get(sharing.link, { output }).done)).toBe('DISK');
  },
);
