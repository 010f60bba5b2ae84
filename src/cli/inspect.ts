// headwater inspect WHAT: a link, a descriptor or the partial data of a download, as JSON.

import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { toHex } from '../base/index.ts';
import { describeJson, isLink, parseLink } from '../content/index.ts';
import { FileStore, partDescriptor } from '../node/file-store.ts';
import { checkSignature, HeadwaterError, loadDescription, sha256 } from '../node/index.ts';
import type { Shell } from './terminal.ts';

const EXAMPLES = `
Examples:
  headwater inspect big.iso.headwater      a content descriptor
  headwater inspect 'headwater:?xt=…'      a link
  headwater inspect big.iso.part           what a stopped download holds`;

const LEAVES_SUFFIX = '.headwater-leaves';
const PART = /\.part[/\\]*$/;

export function inspectCommand(shell: Shell): Command {
  return new Command('inspect')
    .summary('print a descriptor, a link or a partial download as JSON')
    .description('Print what is in a content descriptor, a link or a partial download, as JSON.')
    .argument('<what>', 'a descriptor, a link, or the OUT.part folder of a download')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string) => {
      const found = await inspect(what);
      shell.terminal.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
    });
}

async function inspect(what: string): Promise<object> {
  if (isLink(what)) return inspectLink(what);
  const found = await stat(what).catch(() => undefined);
  if (found?.isDirectory() === true) return await inspectPart(what);
  if (what.endsWith(LEAVES_SUFFIX) && found !== undefined) {
    const hint = `Inspect the descriptor beside it: ${what.slice(0, -'-leaves'.length)}.`;
    throw new HeadwaterError('BAD_DESCRIPTOR', `${what} holds the leaves of a content`, hint);
  }
  const { descriptor } = await loadDescription(what);
  return {
    kind: 'descriptor',
    ...describeJson(descriptor, sha256),
    signatureState: checkSignature(descriptor),
  };
}

function inspectLink(text: string): object {
  const { contentId, ...hints } = readLink(text);
  return { kind: 'link', contentId: toHex(contentId), ...hints };
}

function readLink(text: string): ReturnType<typeof parseLink> {
  try {
    return parseLink(text);
  } catch (error) {
    throw new HeadwaterError('BAD_LINK', error instanceof Error ? error.message : String(error));
  }
}

async function inspectPart(folder: string): Promise<object> {
  const output = folder.replace(PART, '');
  const descriptor = PART.test(folder) ? await partDescriptor(output) : undefined;
  if (descriptor === undefined) {
    throw new HeadwaterError('NOT_FOUND', `${folder} is a folder, and no part of a download`);
  }
  const { blocks, ...content } = describeJson(descriptor, sha256);
  const held = await heldPerBlock(output, descriptor);
  return {
    kind: 'part',
    output,
    ...content,
    inUse: held === undefined,
    ...(held === undefined ? {} : { heldSymbols: held.reduce((sum, count) => sum + count, 0) }),
    blocks: blocks.map((block) => ({ ...block, held: held?.[block.sbn] })),
  };
}

/** Symbols held of every block; undefined while a download works on it. */
async function heldPerBlock(
  output: string,
  descriptor: NonNullable<Awaited<ReturnType<typeof partDescriptor>>>,
): Promise<number[] | undefined> {
  let store: FileStore;
  try {
    store = await FileStore.open(output, descriptor, { force: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'LOCKED') return undefined;
    throw error;
  }
  try {
    const { layout, held } = store;
    return Array.from({ length: layout.blockCount }, (_, sbn) => held.countIn(sbn));
  } finally {
    await store.close();
  }
}
