// What an audit service would check, offline: no locked version is below the release that fixed a known flaw,
// and the lock file says what to install without saying from where.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/**
 * First release without the flaw, one for each major release that got the fix. A major release above all of
 * them is fine; one below or between them never got it.
 */
const FIXED: Readonly<Record<string, { readonly at: readonly string[]; readonly why: string }>> = {
  ws: {
    at: ['8.21.1'],
    why: 'CVE-2026-48779 tiny-fragment memory, CVE-2026-62389 unfinished fragments, CVE-2024-37890 header crash',
  },
  undici: {
    at: ['6.24.0', '7.24.0'],
    why: 'CVE-2026-1526 deflate bomb, CVE-2026-1528 length crash, CVE-2026-2229 window bits',
  },
  msgpackr: { at: ['1.10.1'], why: 'CVE-2023-52079 infinite recursion' },
  vite: { at: ['4.5.6', '5.4.12', '6.0.9'], why: 'CVE-2025-24010 no Origin check' },
};

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const parts = (version: string): number[] =>
  (/^\d+\.\d+\.\d+/.exec(version)?.[0] ?? '0.0.0').split('.').map(Number);

/** Negative, zero or positive as a is older than, equal to or newer than b. A pre-release is older. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return left[i]! - right[i]!;
  return Number(b.includes('-')) - Number(a.includes('-'));
}

function isFixed(version: string, at: readonly string[]): boolean {
  const major = parts(version)[0]!;
  const same = at.find((each) => parts(each)[0] === major);
  if (same !== undefined) return compareVersions(version, same) >= 0;
  return major > Math.max(...at.map((each) => parts(each)[0]!));
}

/** `node_modules/a/node_modules/@b/c` is the package @b/c. */
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13);

type Packages = Readonly<Record<string, Locked>>;

function oldVersions(packages: Packages): string[] {
  return Object.entries(packages).flatMap(([path, { version }]) => {
    const rule = FIXED[nameOf(path)];
    if (rule === undefined || version === undefined || isFixed(version, rule.at)) return [];
    return [`${path} ${version}, need ${rule.at.join(' or ')}: ${rule.why}`];
  });
}

/** Addresses are for the installing machine to choose; a relative path inside the repository is none. */
function addresses(packages: Packages): string[] {
  return Object.entries(packages)
    .filter(
      ([, { resolved }]) => resolved !== undefined && !/^(?:\.\/)?[\w@][\w@./-]*$/.test(resolved),
    )
    .map(([path, { resolved }]) => `${path} is resolved to ${resolved}`);
}

function unpinned(packages: Packages): string[] {
  return Object.entries(packages)
    .filter(([path, { link, integrity, version }]) => {
      const registry = path !== '' && link !== true && version !== undefined;
      return registry && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '');
    })
    .map(([path]) => `${path} has no SHA-512`);
}

const lockText = readFileSync('package-lock.json', 'utf8');
const lock: { lockfileVersion: number; packages: Packages } = JSON.parse(lockText);
const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));

describe('package-lock.json', () => {
  it('holds no version with a known flaw', () => {
    expect(oldVersions(lock.packages)).toEqual([]);
  });

  it('holds what the table is about, so that the check above is not empty', () => {
    const names = new Set(Object.keys(lock.packages).map(nameOf));
    expect(['ws', 'msgpackr', 'vite'].filter((name) => !names.has(name))).toEqual([]);
  });

  it('names no host', () => {
    expect(addresses(lock.packages)).toEqual([]);
    expect(lockText).not.toMatch(/"resolved": *"[a-z+]+:/);
  });

  it('commits to the bytes of every package', () => {
    expect(unpinned(lock.packages)).toEqual([]);
  });

  it('is the lock of this package.json', () => {
    const root = lock.packages[''] as unknown as Manifest;
    expect(root.name).toBe(manifest.name);
    expect(root.version).toBe(manifest.version);
    expect(root.dependencies).toEqual(manifest.dependencies);
    expect(root.devDependencies).toEqual(manifest.devDependencies);
  });

  it('gives each direct dependency the version that package.json asks for, exactly', () => {
    for (const [name, version] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });
});

// The compiler of the WebAssembly module: not a dependency, and large, so it is locked on its own.
describe('tools/wasm/package-lock.json', () => {
  const text = readFileSync('tools/wasm/package-lock.json', 'utf8');
  const { packages }: { packages: Packages } = JSON.parse(text);
  const asked: Manifest = JSON.parse(readFileSync('tools/wasm/package.json', 'utf8'));

  it('names no host and commits to the bytes of every package', () => {
    expect(addresses(packages)).toEqual([]);
    expect(text).not.toMatch(/"resolved": *"[a-z+]+:/);
    expect(unpinned(packages)).toEqual([]);
  });

  it('gives the compiler the version that package.json asks for, exactly', () => {
    expect(Object.keys(asked.devDependencies)).toEqual(['assemblyscript']);
    for (const [name, version] of Object.entries(asked.devDependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(packages[`node_modules/${name}`]?.version).toBe(version);
    }
  });
});

describe('this Node', () => {
  it('is one that package.json admits', () => {
    const least = /^>=(\d+\.\d+)$/.exec(manifest.engines.node)?.[1];
    expect(least, 'engines.node is of the form >=x.y').toBeDefined();
    expect(compareVersions(process.versions.node, `${least}.0`)).toBeGreaterThanOrEqual(0);
  });
});

describe('planted violations', () => {
  it.each([
    ['node_modules/ws', '8.21.0'],
    ['node_modules/ws', '8.21.1-rc.1'],
    ['node_modules/ws', '7.5.10'],
    ['node_modules/a/node_modules/ws', '8.17.0'],
    ['node_modules/undici', '6.23.9'],
    ['node_modules/undici', '7.9.0'],
    ['node_modules/undici', '5.99.0'],
    ['node_modules/msgpackr', '1.9.9'],
    ['node_modules/vite', '6.0.8'],
    ['node_modules/vite', '3.9.9'],
  ])('%s %s is too old', (path, version) => {
    expect(oldVersions({ [path]: { version } })).toHaveLength(1);
  });

  it.each([
    ['node_modules/ws', '8.21.1'],
    ['node_modules/ws', '8.100.0'],
    ['node_modules/ws', '9.0.0'],
    ['node_modules/undici', '6.24.0'],
    ['node_modules/undici', '8.0.0'],
    ['node_modules/wsx', '1.0.0'],
  ])('%s %s is not', (path, version) => {
    expect(oldVersions({ [path]: { version } })).toEqual([]);
  });

  it.each([
    'https://example.org/ws/-/ws-8.23.0.tgz',
    'http://127.0.0.1:4873/ws.tgz',
    'git+ssh://git@example.org/ws.git#0123',
    'file:///home/someone/ws',
    '/home/someone/ws',
    '../elsewhere/ws',
  ])('resolved %s is an address', (resolved) => {
    expect(addresses({ 'node_modules/ws': { resolved } })).toHaveLength(1);
  });

  it('a package without a hash, or with a weak one', () => {
    const integrity = `sha1-${'A'.repeat(27)}=`;
    const version = '8.23.0';
    expect(unpinned({ 'node_modules/ws': { version } })).toHaveLength(1);
    expect(unpinned({ 'node_modules/ws': { version, integrity } })).toHaveLength(1);
  });
});
