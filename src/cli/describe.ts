// headwater describe FILE: writes the content descriptor and the leaves of a file.

import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { toHex } from '../base/index.ts';
import {
  type Description,
  describe,
  describeMetalink,
  loadSigner,
  mirrorForDescriptor,
  parseMirror,
} from '../node/index.ts';
import { formatBytes, plain, plural } from './format.ts';
import { onInterrupt } from './interrupt.ts';
import { createMeter } from './meter.ts';
import { collect, parseBytes, parseMirrorText, parseWhole } from './quantity.ts';
import { type Shell, print, printJson } from './terminal.ts';
import { warningLine } from './warning.ts';

interface DescribeFlags {
  readonly output?: string;
  readonly symbol?: number;
  readonly block?: number;
  readonly window?: number;
  readonly sign?: string;
  readonly mirror?: readonly string[];
  readonly metalink?: true;
  readonly quiet?: true;
  readonly json?: true;
}

const EXAMPLES = `
Two files are written beside FILE: FILE.headwater, the content descriptor, which
says how the file is cut and which hashes its parts have, and
FILE.headwater-leaves, the hash of every symbol. \`headwater share\` does this by
itself; describe a file when others are to serve it as well.

Sizes take K, M, G, T (powers of 1024).

Examples:
  headwater describe big.iso
  headwater describe big.iso -o public/
  headwater describe big.iso --sign key.pem
  headwater describe big.iso -m 'https://one.example/big.iso gb=0.05' --metalink
  openssl genpkey -algorithm ed25519 -out key.pem     makes such a key`;

export function describeCommand(shell: Shell): Command {
  return new Command('describe')
    .summary('write the content descriptor of a file')
    .description('Write the content descriptor of a file, by which everybody can check every part.')
    .argument('<file>', 'the file to describe')
    .option('-o, --output <path>', 'where to write the descriptor: a folder or a file name')
    .option('--symbol <bytes>', 'size of a symbol (default 16K, less for small files)', parseBytes)
    .option('--block <bytes>', 'size of a block, about (default 16M)', parseBytes)
    .option('--window <n>', 'symbols with a hash, times the file (default 2)', parseWhole(1, 4))
    .option('--sign <key>', 'sign with this Ed25519 private key, a PEM file')
    .option(
      '-m, --mirror <url>',
      'a web server that has the file, and its price (repeatable)',
      collect(parseMirrorText),
    )
    .option('--metalink', 'write FILE.meta4 as well, for other programs')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print one event a line; the last is the result')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: DescribeFlags) => runDescribe(shell, file, flags));
}

async function runDescribe(shell: Shell, file: string, flags: DescribeFlags): Promise<void> {
  const { terminal } = shell;
  const interrupt = onInterrupt();
  const sign = flags.sign === undefined ? undefined : await loadSigner(flags.sign);
  const quiet = flags.quiet === true || flags.json === true;
  const meter = await createMeter(terminal, `describing ${plain(basename(file))}`, quiet);
  try {
    const description = await describe(file, {
      output: await outputPath(file, flags.output),
      symbolBytes: flags.symbol,
      blockBytes: flags.block,
      windowRatio: flags.window,
      sign,
      mirrors: flags.mirror?.map((text) => mirrorForDescriptor(parseMirror(text))),
      onProgress: ({ bytes, total }) => meter.show(bytes, total),
      onWarning: (warning) => {
        if (flags.json === true) printJson(terminal.stdout, warning);
        else if (flags.quiet !== true) print(terminal.stderr, warningLine(warning));
      },
      signal: interrupt.signal,
    });
    const metalink =
      flags.metalink === true ? await describeMetalink(file, description) : undefined;
    meter.close();
    if (flags.json === true) printJson(terminal.stdout, describedEvent(description, metalink));
    else if (flags.quiet !== true) print(terminal.stdout, describedText(description, metalink));
  } catch (error) {
    const code = interrupt.code();
    if (code === undefined) throw error;
    shell.exit = code;
  } finally {
    meter.close();
    interrupt.dispose();
  }
}

/** A folder (one that exists, or a path that ends like one) takes the usual name. */
async function outputPath(file: string, output: string | undefined): Promise<string | undefined> {
  if (output === undefined) return undefined;
  const found = await stat(output).catch(() => undefined);
  const isFolder = /[/\\]$/.test(output) || found?.isDirectory() === true;
  return isFolder ? join(output, `${basename(file)}.headwater`) : output;
}

function describedEvent(description: Description, metalink: string | undefined): object {
  const { descriptor, contentId, descriptorPath, leavesPath } = description;
  return {
    event: 'described',
    contentId: toHex(contentId),
    name: descriptor.name,
    bytes: descriptor.length,
    sha256: toHex(descriptor.sha256),
    symbolBytes: descriptor.symbolBytes,
    blockCount: descriptor.blockCount,
    windowRatio: descriptor.windowRatio,
    descriptor: descriptorPath,
    leaves: leavesPath,
    ...(metalink === undefined ? {} : { metalink }),
    ...(descriptor.signature === undefined
      ? {}
      : { publisher: toHex(descriptor.signature.publicKey) }),
  };
}

function describedText(description: Description, metalink: string | undefined): string {
  const { descriptor, contentId, descriptorPath, leavesPath } = description;
  const { length, symbolBytes, blockCount, signature, mirrors } = descriptor;
  const symbols = plural(Math.ceil(length / symbolBytes), 'symbol');
  const rows = [
    ['file', `${plain(descriptor.name)}, ${formatBytes(length)}`],
    ['cut into', `${symbols} of ${formatBytes(symbolBytes)} in ${plural(blockCount, 'block')}`],
    ['content id', toHex(contentId)],
    ['SHA-256', toHex(descriptor.sha256)],
    ...(signature === undefined ? [] : [['publisher', toHex(signature.publicKey)]]),
    ['descriptor', plain(descriptorPath)],
    ['leaves', plain(leavesPath)],
    ...(metalink === undefined ? [] : [['Metalink', plain(metalink)]]),
    ...mirrors.map(({ url }) => ['mirror', plain(url)]),
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(12)}${value}`).join('\n');
}
