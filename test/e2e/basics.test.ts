// The everyday commands, as real processes: describe, share, get, inspect.

import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bare, Lab, MIB, sha256Of } from './harness.ts';

const DONE_KEYS = [
  'event',
  'file',
  'bytes',
  'sha256',
  'seconds',
  'needed',
  'received',
  'useful',
  'overhead',
  'summaryBytes',
  'totalOverhead',
  'cost',
  'sources',
];
const SOURCE_KEYS = [
  'kind',
  'address',
  'received',
  'useful',
  'duplicate',
  'rejected',
  'bytes',
  'cost',
];

let lab: Lab;
let file: string;
let descriptor: string;
let id: string;

beforeAll(async () => {
  lab = new Lab();
  file = lab.file('photos.tar', 3 * MIB + 12_345);
  const described = await lab.run('describe', file, '-o', lab.path(), '--json');
  expect(described.code, described.stderr).toBe(0);
  ({ descriptor, contentId: id } = described.last as unknown as {
    descriptor: string;
    contentId: string;
  });
});
afterEach(() => lab.stopAll());
afterAll(() => lab.close());

describe('describe and inspect', () => {
  it('writes a descriptor and leaves, and says where', () => {
    expect(existsSync(descriptor)).toBe(true);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
  });

  it('inspect prints a descriptor as JSON', async () => {
    const { code, stdout } = await lab.run('inspect', descriptor);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      contentId: id,
      name: 'photos.tar',
      length: 3 * MIB + 12_345,
      sha256: sha256Of(file),
    });
  });

  it('signs with an Ed25519 key', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const key = lab.path('key.pem');
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const signed = lab.path('signed.headwater');
    const described = await lab.run('describe', file, '-o', signed, '--sign', key, '--json');
    expect(described.code, described.stderr).toBe(0);
    const { stdout } = await lab.run('inspect', signed);
    expect(JSON.parse(stdout)).toMatchObject({
      contentId: id,
      signatureState: 'valid',
      signature: { publicKey: described.last!['publisher'] },
    });
    expect((await lab.run('describe', file, '-o', signed, '--sign', file)).code).toBe(28);
    const { link } = await lab.share(file, '--descriptor', signed);
    const source = ['-s', new URLSearchParams(link.slice(link.indexOf('?'))).get('s')!];
    const out = ['-o', lab.path('signed-copy')];
    const publisher = described.last!['publisher'];
    const trusted = await lab.run('get', signed, ...source, ...out, '--publisher', publisher);
    expect(trusted.code, trusted.stderr).toBe(0);
    for (const what of [descriptor, signed]) {
      const refused = await lab.run(
        ...['get', what, ...source, '-o', lab.path('refused'), '--publisher', 'ab'.repeat(32)],
      );
      expect(refused.code).toBe(26);
      expect(refused.stderr).toMatch(/not signed/);
    }
  });

  it('inspect prints a link as JSON', async () => {
    const link = `headwater:?xt=${id}&dn=photos.tar&s=ws%3A%2F%2F127.0.0.1%3A7070`;
    const { code, stdout } = await lab.run('inspect', link);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      contentId: id,
      name: 'photos.tar',
      sources: ['ws://127.0.0.1:7070'],
    });
  });
});

describe('share and get', () => {
  it('prints the link first and alone, and get fetches from it', async () => {
    const sharer = lab.start('share', file, '--descriptor', descriptor);
    const link = await sharer.until('link', () => /^(headwater:.*)\n/.exec(sharer.stdout)?.[1]);
    const out = lab.path('by-link.tar');
    const got = await lab.run('get', link, '-o', out);
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    expect(existsSync(`${out}.part`)).toBe(false);
    expect(sharer.stdout.trim()).toBe(link);
    sharer.kill('SIGINT');
    expect((await sharer.ended).code).toBe(0);
  });

  it('writes the name of the content into the current folder without -o', async () => {
    const sharer = await lab.share(lab.file('plain name é.bin', 100_000));
    writeFileSync(lab.path('moved'), readFileSync(lab.path('plain name é.bin')));
    const got = await lab.run('get', sharer.link, '--force');
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(lab.path('plain name é.bin'))).toBe(sha256Of(lab.path('moved')));
  });

  it('writes into a folder that -o names', async () => {
    const sharer = await lab.share(file, '--descriptor', descriptor);
    mkdirSync(lab.path('folder'));
    const got = await lab.run('get', sharer.link, '-o', lab.path('folder'));
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(lab.path('folder', 'photos.tar'))).toBe(sha256Of(file));
  });

  it('--json ends with the promised event', async () => {
    const sharer = await lab.share(file, '--descriptor', descriptor);
    const out = lab.path('json.tar');
    const got = await lab.run('get', sharer.link, '-o', out, '--json');
    expect(got.code, got.stderr).toBe(0);
    expect(got.stderr).toBe('');
    const last = got.last!;
    expect(Object.keys(last)).toEqual(DONE_KEYS);
    expect(Object.keys(last['sources'][0])).toEqual(SOURCE_KEYS);
    expect(last).toMatchObject({
      event: 'done',
      file: out,
      bytes: 3 * MIB + 12_345,
      sha256: sha256Of(file),
      received: last['useful'],
      overhead: last['received'] / last['needed'] - 1,
    });
    expect(last['overhead']).toBeLessThanOrEqual(0.01);
    expect(got.stdout.trim().split('\n')).toHaveLength(got.events.length);
  });

  it('--quiet says nothing', async () => {
    const sharer = await lab.share(file, '--descriptor', descriptor);
    const got = await lab.run('get', sharer.link, '-o', lab.path('quiet.tar'), '--quiet');
    expect(got).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('takes sources from -s, and a descriptor instead of a link', async () => {
    const sharer = await lab.share(file, '--descriptor', descriptor);
    const out = lab.path('by-descriptor.tar');
    const got = await lab.run('get', descriptor, '-s', sharer.address, '-o', out);
    expect(got.code, got.stderr).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    const again = lab.path('by-bare-link.tar');
    const host = sharer.address.replace('ws://', '');
    expect((await lab.run('get', bare(sharer.link), '-s', host, '-o', again)).code).toBe(0);
    expect(sha256Of(again)).toBe(sha256Of(file));
  });

  it('does not overwrite unless told to', async () => {
    const sharer = await lab.share(file, '--descriptor', descriptor);
    const out = lab.path('mine.tar');
    writeFileSync(out, 'mine');
    const refused = await lab.run('get', sharer.link, '-o', out, '--json');
    expect(refused.code).toBe(13);
    expect(refused.last).toMatchObject({ event: 'error', code: 'EXISTS' });
    expect(refused.stderr).toContain('mine.tar');
    expect(refused.stderr).toContain('--force');
    expect(readFileSync(out, 'utf8')).toBe('mine');
    expect((await lab.run('get', sharer.link, '-o', out, '--force')).code).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
  });

  it('carries empty and tiny files', async () => {
    for (const length of [0, 1, 4097]) {
      const small = lab.file(`small-${length}`, length);
      const sharer = await lab.share(small);
      const out = lab.path(`got-${length}`);
      const got = await lab.run('get', sharer.link, '-o', out);
      expect(got.code, got.stderr).toBe(0);
      expect(sha256Of(out)).toBe(sha256Of(small));
    }
  });
});
