// The package as a stranger gets it: built from a clean copy, packed, unpacked into an empty project with the
// production dependencies beside it and nothing else, then used by plain Node and by a plain compiler.
// No network: the dependencies are links to the ones that are installed here.

import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

interface Entry {
  /** Value exports that must exist, at least. Types are checked by `types`. */
  readonly names: readonly string[];
  /** Type exports that must exist, at least. */
  readonly types: readonly string[];
  /** A small use in plain Node: the body of an async function of the module `m`. */
  readonly use: string;
  /** What it returns. */
  readonly gives: unknown;
  /** The types of the entry need no others than ECMAScript's. */
  readonly pure: boolean;
}

/** Every entry of `exports`. A new entry needs a row, a renamed export a change here: this is the public face. */
const ENTRIES: Readonly<Record<string, Entry>> = {
  '.': {
    names: ['Bitset', 'Layout', 'parseLink', 'Rng', 'Transfer', 'WorkingSet'],
    types: ['Descriptor', 'Link', 'TransferEvent', 'TransferOptions'],
    use: `
      const layout = new m.Layout({ length: 1000, symbolBytes: 100, blockCount: 1, windowRatio: 2 });
      return [layout.sourceSymbolCount, m.WorkingSet.full(layout).count];`,
    gives: [10, 20],
    pure: true,
  },
  './fountain': {
    names: ['partition', 'RaptorQDecoder', 'RaptorQEncoder'],
    types: ['Partition', 'PartitionOptions'],
    use: `
      const source = Uint8Array.from({ length: 160 }, (_, i) => (i * 37) & 255);
      const encoder = new m.RaptorQEncoder(source, 16);
      const decoder = new m.RaptorQDecoder(10, 16);
      for (const esi of [9, 8, 7, 6, 5, 10, 12, 14, 16, 18, 20, 22]) decoder.add(esi, encoder.symbol(esi));
      return decoder.decode()?.every((byte, i) => byte === source[i]);`,
    gives: true,
    pure: true,
  },
  './summary': {
    names: ['decodeSummary', 'encodeSummary', 'estimateContainment', 'estimateResemblance'],
    types: ['Summary', 'SummaryKind'],
    use: `
      const { Bitset } = await import('headwater');
      const held = new Bitset(1000);
      for (const id of [1, 2, 3, 500, 999]) held.add(id);
      return ['exact', 'bloom', 'min-wise'].map((kind) => {
        const summary = m.decodeSummary(kind, m.encodeSummary(kind, held, 0, 1000, 7), 0, 1000);
        return summary.kind;
      });`,
    gives: ['exact', 'bloom', 'min-wise'],
    pure: true,
  },
  './sim': {
    names: ['runScenario', 'World'],
    types: ['ScenarioOptions', 'ScenarioResult'],
    use: `
      const result = m.runScenario({
        scenario: 'pair', strategy: 'coordinated', symbols: 100, slack: 1.1, containment: 0.2, seed: 1,
      });
      return result.useful === result.needed && result.durationMs > 0;`,
    gives: true,
    pure: true,
  },
  './node': {
    names: ['describe', 'get', 'HeadwaterError', 'loadDescription', 'share'],
    types: ['DescribeOptions', 'GetEvent', 'GetOptions', 'GetResult', 'ShareOptions', 'Sharing'],
    use: `
      const { writeFileSync } = await import('node:fs');
      writeFileSync('tiny', new Uint8Array(100_000).fill(7));
      const made = await m.describe('tiny');
      return [made.descriptor.length, made.contentId.length];`,
    gives: [100_000, 32],
    pure: false,
  },
};

const UNPACKED_BYTES_MAX = 3_000_000;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<
    Record<string, string | { readonly types: string; readonly default: string }>
  >;
}

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly {
    readonly path: string;
    readonly size: number;
    readonly mode: number;
  }[];
}

const repository = resolve(import.meta.dirname, '../..');
const compiler = join(repository, 'node_modules/typescript/bin/tsc');
const manifest: Manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

let room: string;
/** An empty project that has the package and its production dependencies. */
let project: string;
let installed: string;
let packed: Packed;

/** Copies what the package is made from and builds it there, so that nothing stale can be packed. */
async function buildCopy(): Promise<string> {
  const copy = join(room, 'copy');
  mkdirSync(copy);
  const parts = [
    'src',
    'protocol',
    'package.json',
    'tsconfig.base.json',
    'tsconfig.pure.json',
    'tsconfig.node.json',
    'rolldown.config.js',
  ];
  const texts = readdirSync(repository).filter((file) => /^(?:LICENSE|.*\.md)$/.test(file));
  for (const part of [...parts, ...texts]) {
    cpSync(join(repository, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'), 'dir');
  await run('npm', ['run', 'build'], { cwd: copy }).catch(fail);
  return copy;
}

async function pack(copy: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', room];
  const { stdout } = await run('npm', args, { cwd: copy, maxBuffer: 1 << 24 }).catch(fail);
  const [result] = JSON.parse(stdout) as [Packed];
  return result;
}

/** What `npm install` of the tarball would give, less what only the development of it needs. */
async function install(): Promise<void> {
  mkdirSync(installed, { recursive: true });
  const tarball = join(room, packed.filename);
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']).catch(fail);
  const lock: { packages: Record<string, { dev?: boolean; link?: boolean }> } = JSON.parse(
    readFileSync(join(repository, 'package-lock.json'), 'utf8'),
  );
  for (const [path, { dev, link }] of Object.entries(lock.packages)) {
    const top = /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path);
    if (!top || dev === true || link === true) continue;
    linkInto(project, path);
  }
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'stranger', type: 'module' }),
  );
}

function linkInto(target: string, path: string): void {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  symlinkSync(join(repository, path), join(target, path), 'dir');
}

/** The error of a program that failed, with what it printed: tsc reports on stdout. */
function fail(error: Error & { readonly stdout?: string }): never {
  throw new Error([error.message, error.stdout].join('\n').slice(0, 4_000));
}

beforeAll(async () => {
  room = mkdtempSync(join(tmpdir(), 'headwater-package-'));
  project = join(room, 'project');
  installed = join(project, 'node_modules', manifest.name);
  packed = await pack(await buildCopy());
  await install();
});

afterAll(() => {
  rmSync(room, { recursive: true, force: true });
});

describe('the tarball', () => {
  it('is small', () => {
    expect(packed.unpackedSize).toBeLessThan(UNPACKED_BYTES_MAX);
  });

  it('holds no test, canary, build state or dotfile', () => {
    const strange = /canary|\.test\.|(?:^|\/)tests?\/|\.tsbuildinfo$|(?:^|\/)\.|node_modules/;
    expect(packed.files.map(({ path }) => path).filter((path) => strange.test(path))).toEqual([]);
  });

  it('holds the licence, the README and the protocol', () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of ['LICENSE', 'README.md', 'protocol/wire.md', 'protocol/terms.md']) {
      expect(paths).toContain(path);
    }
  });

  it('holds the source that every source map names', () => {
    const maps = packed.files.map(({ path }) => path).filter((path) => path.endsWith('.map'));
    const missing = maps.flatMap((path) => {
      const map: { sources: string[] } = JSON.parse(readFileSync(join(installed, path), 'utf8'));
      return map.sources
        .map((source) => join(dirname(join(installed, path)), source))
        .filter((source) => !existsSync(source));
    });
    expect(missing).toEqual([]);
  });
});

describe('package.json', () => {
  it('exports what the table of this test has, no more and no less', () => {
    const exported = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
    expect(exported.sort()).toEqual(Object.keys(ENTRIES).sort());
  });

  it.each(Object.keys(ENTRIES))('%s leads to files that are in the package', (entry) => {
    const target = manifest.exports[entry];
    if (target === undefined || typeof target === 'string') {
      return expect.fail(`${entry} has no { types, default }`);
    }
    expect(Object.keys(target)[0], 'types comes first').toBe('types');
    for (const file of [target.types, target.default]) {
      expect(existsSync(join(installed, file)), file).toBe(true);
    }
  });

  it('hides everything else', async () => {
    const script = `await import('headwater/dist/base/index.js')`;
    const args = ['--input-type=module', '-e', script];
    await expect(run(process.execPath, args, { cwd: project })).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });
});

/** Runs a module in the empty project with plain Node; the process must end by itself. */
async function runModule(name: string, text: string): Promise<string> {
  const file = join(project, `${name}.mjs`);
  writeFileSync(file, text);
  const { stdout } = await run(process.execPath, [file], { cwd: project, timeout: 60_000 }).catch(
    fail,
  );
  return stdout;
}

const specifierOf = (entry: string): string => manifest.name + entry.slice(1);
const fileNameOf = (entry: string): string => `entry-${entry.replace(/\W/g, '') || 'main'}`;

describe.each(Object.entries(ENTRIES))('%s in plain Node', (entry, { names, use, gives }) => {
  it('exports its names', async () => {
    const text = `
      import * as m from '${specifierOf(entry)}';
      console.log(JSON.stringify(Object.keys(m)));`;
    const exported: string[] = JSON.parse(await runModule(`${fileNameOf(entry)}-names`, text));
    expect(exported).toEqual(expect.arrayContaining([...names]));
    expect(exported).not.toContain('default');
  });

  it('works', async () => {
    const text = `
      import * as m from '${specifierOf(entry)}';
      const use = async () => { ${use} };
      console.log(JSON.stringify(await use()));`;
    expect(JSON.parse(await runModule(`${fileNameOf(entry)}-use`, text))).toEqual(gives);
  });
});

/** Compiles a consumer with every check on, the declarations of dependencies aside. */
async function complaints(name: string, text: string, types: readonly string[]): Promise<string[]> {
  const consumer = join(project, name);
  mkdirSync(consumer);
  for (const type of types) linkInto(consumer, `node_modules/@types/${type}`);
  writeFileSync(join(consumer, 'consumer.ts'), text);
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    types,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
  };
  const config = { compilerOptions, files: ['consumer.ts'] };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(config));
  const args = [compiler, '-p', 'tsconfig.json', '--pretty', 'false'];
  const { stdout } = await run(process.execPath, args, { cwd: consumer }).catch(
    (error: { stdout: string }) => error,
  );
  return stdout.split('\n').filter((line) => {
    const [file = ''] = line.split('(');
    const foreign = file.includes('node_modules/') && !file.includes('node_modules/headwater/');
    return line.includes('error TS') && !foreign;
  });
}

/** Imports all names and types of an entry, and uses each once. */
function consumerOf(entry: string): string {
  const { names, types } = ENTRIES[entry]!;
  const id = entry.replace(/\W/g, '_');
  return [
    `import { ${names.map((name) => `${name} as ${name}${id}`).join(', ')} } from '${specifierOf(entry)}';`,
    `import type { ${types.map((name) => `${name} as ${name}${id}`).join(', ')} } from '${specifierOf(entry)}';`,
    `export const values${id}: object[] = [${names.map((name) => `${name}${id}`).join(', ')}];`,
    ...types.map((name) => `export type Use${name}${id} = keyof ${name}${id};`),
    // An entry whose types are lost is `any`, and any is assignable to never.
    ...names.map(
      (name) =>
        `// @ts-expect-error a value with a type is not never\nexport const never${name}${id}: never = ${name}${id};`,
    ),
  ].join('\n');
}

describe('the types', () => {
  it.each(Object.keys(ENTRIES).filter((entry) => ENTRIES[entry]!.pure))(
    '%s resolve, and need neither Node nor a browser',
    async (entry) => {
      expect(await complaints(fileNameOf(entry), consumerOf(entry), [])).toEqual([]);
    },
  );

  it.each(Object.keys(ENTRIES).filter((entry) => !ENTRIES[entry]!.pure))(
    '%s resolve',
    async (entry) => {
      expect(await complaints(fileNameOf(entry), consumerOf(entry), ['node'])).toEqual([]);
    },
  );

  it('are seen at all: a wrong consumer is refused', async () => {
    const text = `
      import { RaptorQEncoder, noSuchThing } from 'headwater/fountain';
      new RaptorQEncoder('text', 16);
      noSuchThing();`;
    expect(await complaints('wrong', text, [])).toHaveLength(2);
  });
});

describe('the command', () => {
  const [[name, target] = ['', '']] = Object.entries(manifest.bin);

  it('is called headwater, starts with a hash-bang and can be run', () => {
    expect(name).toBe('headwater');
    expect(readFileSync(join(installed, target), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('says its version', async () => {
    const args = [join(installed, target), '--version'];
    const { stdout } = await run(process.execPath, args, { cwd: project, timeout: 60_000 }).catch(
      fail,
    );
    expect(stdout.trim()).toBe(manifest.version);
  });

  it('shows help, and refuses an option it does not know', async () => {
    const command = [join(installed, target)];
    const { stdout } = await run(process.execPath, [...command, '--help'], { cwd: project }).catch(
      fail,
    );
    for (const verb of ['describe', 'share', 'get', 'inspect']) expect(stdout).toContain(verb);
    await expect(run(process.execPath, [...command, '--typo'], { cwd: project })).rejects.toThrow();
  });
});
