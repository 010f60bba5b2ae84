// What the program refuses, with which exit code, and that it says why.

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Packr } from 'msgpackr';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bare, Lab, MIB } from './harness.ts';

let lab: Lab;
let file: string;
let descriptor: string;

beforeAll(async () => {
  lab = new Lab();
  file = lab.file('refused.bin', MIB);
  const described = await lab.run('describe', file, '-o', lab.path(), '--json');
  expect(described.code, described.stderr).toBe(0);
  descriptor = described.last!['descriptor'];
});
afterEach(() => lab.stopAll());
afterAll(() => lab.close());

const LINK = `headwater:?xt=${'ab'.repeat(32)}`;

describe('the command line', () => {
  it.each([
    [['--typo']],
    [['frobnicate']],
    [[]],
    [['get']],
    [['get', LINK, '--typo']],
    [['get', LINK, '--strategy', 'clever']],
    [['get', LINK, '--summary', 'min-wise']],
    [['get', LINK, '--finish', 'somehow']],
    [['get', LINK, '-s', 'ws://127.0.0.1:9', '--strategy', 'uninformed', '--summary', 'bloom']],
    [['get', LINK, '-s', 'ws://127.0.0.1:9', '--finish', 'substitution']],
    [['get', LINK, '--max-rate', 'fast']],
    [['get', LINK, '-s', 'http://example.org']],
    [['get', LINK, 'and', 'more']],
    [['share', 'x', '--port', '70000']],
    [['share', 'x', '--hold', '9']],
    [['describe']],
  ])('%j is a usage error', async (args) => {
    const ended = await lab.run(...args);
    expect(ended.code).toBe(28);
    expect(ended.stderr).not.toBe('');
    expect(ended.stderr).not.toContain('    at ');
  });

  it('reports a usage error as an event too', async () => {
    const ended = await lab.run('get', LINK, '--typo', '--json');
    expect(ended.code).toBe(28);
    expect(ended.last).toMatchObject({ event: 'error', code: 'USAGE' });
  });

  it.each([['--help'], ['--version'], ['get', '--help'], ['share', '--help']])(
    '%s %s is help, not an error',
    async (...args) => {
      const ended = await lab.run(...args);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toMatch(/Usage|^\d/);
    },
  );
});

describe('files and links', () => {
  it.each([
    ['a link without an id', ['get', 'headwater:?dn=x'], 27],
    ['a short id', ['get', 'headwater:?xt=abcd'], 27],
    ['a hostile name in a link', ['get', `${LINK}&dn=..%2F..%2Fevil`], 27],
    ['something that is neither', ['get', 'no-such-file'], 3],
    ['an address instead of a link', ['get', 'ws://127.0.0.1:9'], 27],
    ['a missing file to share', ['share', 'no-such-file'], 3],
    ['a missing file to describe', ['describe', 'no-such-file'], 3],
    ['a missing descriptor', ['share', 'refused.bin', '--descriptor', 'no-such-file'], 3],
  ])('%s', async (_what, args, code) => {
    const ended = await lab.run(...args, '--json');
    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stderr).toMatch(/^headwater: /);
    expect(ended.stderr).not.toContain('    at ');
    expect(ended.last).toMatchObject({ event: 'error' });
  });

  it('a file that is not a descriptor', async () => {
    writeFileSync(lab.path('junk.headwater'), 'not a descriptor at all');
    const ended = await lab.run('get', lab.path('junk.headwater'));
    expect(ended.code).toBe(26);
    expect(ended.stderr).toContain('junk.headwater');
    expect((await lab.run('inspect', lab.path('junk.headwater'))).code).toBe(26);
  });

  it.each([
    '../evil',
    '/etc/evil',
    'a/b',
    'a\\b',
    '..',
    '',
    'nul',
    'a\u0000b',
    'c:evil',
    'x\u001b[2J',
  ])('the name %j in a descriptor is refused', async (name) => {
    const bad = lab.path('hostile.headwater');
    writeFileSync(bad, withName(readFileSync(descriptor), name));
    const ended = await lab.run('get', bad, '-s', 'ws://127.0.0.1:9');
    expect(ended.code).toBe(26);
    expect(ended.stderr).toContain('name');
    expect(ended.stderr).not.toContain('\u001b');
  });

  it('inspect of nothing', async () => {
    expect((await lab.run('inspect', 'no-such-file')).code).toBe(3);
    expect((await lab.run('inspect', lab.path())).code).toBe(3);
  });

  it('an output folder that does not exist, and a file in the way of the partial data', async () => {
    const sharer = await lab.share(file, '--descriptor', descriptor);
    const missing = await lab.run('get', sharer.link, '-o', lab.path('no', 'such', 'x'));
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain(lab.path('no', 'such'));
    writeFileSync(lab.path('way.part'), 'in the way');
    const blocked = await lab.run('get', sharer.link, '-o', lab.path('way'));
    expect(blocked.code).toBe(17);
    expect(blocked.stderr).toContain('way.part');
    expect(readFileSync(lab.path('way.part'), 'utf8')).toBe('in the way');
  });
});

describe('a file that is overwritten while it is shared', () => {
  it('ends the share with an error that names it', async () => {
    const changing = lab.file('changing.bin', MIB);
    const { program } = await lab.share(changing);
    lab.file('changing.bin', MIB, 2);
    const ended = await program.ended;
    expect(ended.code).toBe(17);
    expect(ended.stderr).toContain('changing.bin changed');
    expect(ended.last).toMatchObject({ event: 'error', code: 'CHANGED' });
    expect(ended.events.some(({ event }) => event === 'done')).toBe(false);
  });
});

describe('addresses', () => {
  it('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    lab.onClose(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const ended = await lab.run('share', file, '--port', String(port));
    expect(ended.code).toBe(6);
    expect(ended.stderr).toContain(String(port));
  });

  it('no source reachable: every one is named, with the reason', async () => {
    const sources = ['-s', 'ws://127.0.0.1:9', '-s', 'ws://127.0.0.1:11'];
    const ended = await lab.run('get', LINK, ...sources, '--timeout', '2', '-o', lab.path('no'));
    expect(ended.code).toBe(6);
    expect(ended.stderr).toContain('ws://127.0.0.1:9');
    expect(ended.stderr).toContain('ws://127.0.0.1:11');
    expect(ended.stderr).toContain('refused');
  });

  it('no source at all', async () => {
    const ended = await lab.run('get', LINK);
    expect([6, 28]).toContain(ended.code);
    expect(ended.stderr).toContain('-s');
  });

  it('one of two unreachable does not matter', async () => {
    const sharer = await lab.share(file, '--descriptor', descriptor);
    const out = lab.path('one-of-two');
    const got = await lab.run('get', sharer.link, '-s', 'ws://127.0.0.1:9', '-o', out, '--json');
    expect(got.code, got.stderr).toBe(0);
  });

  it('a source that serves another content', async () => {
    const sharer = await lab.share(file, '--descriptor', descriptor);
    const args = ['get', LINK, '-s', sharer.address, '--timeout', '2', '-o', lab.path('other')];
    const ended = await lab.run(...args);
    expect([6, 7]).toContain(ended.code);
    expect(ended.stderr).toContain(sharer.address);
    expect(ended.stderr).toMatch(/content/i);
    expect(bare(sharer.link)).not.toContain('&s=');
  });
});

/** The same descriptor under another name. */
function withName(descriptorBytes: Uint8Array, name: string): Uint8Array {
  const packr = new Packr({ useRecords: false, variableMapSize: true });
  const items = packr.unpack(descriptorBytes) as unknown[];
  const at = items.indexOf('refused.bin');
  if (at < 0) throw new Error('the descriptor holds its name somewhere else');
  items[at] = name;
  return packr.pack(items);
}
