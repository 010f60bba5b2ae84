// headwater get WHAT: fetches a file from all its sources at once.

import { Command, Option } from 'commander';
import type { Objective, SchedulerName } from '../engine/index.ts';
import { OBJECTIVES, SCHEDULER_NAMES } from '../engine/index.ts';
import { type GetOptions, type Getting, get } from '../node/index.ts';
import { createGetReport } from './get-report.ts';
import { onInterrupt } from './interrupt.ts';
import {
  collect,
  parseBytes,
  parseListen,
  parseMirrorText,
  parseMoney,
  parseSeconds,
  parseSource,
  parseWhole,
} from './quantity.ts';
import type { Shell } from './terminal.ts';

interface GetFlags {
  readonly output?: string;
  readonly source?: readonly string[];
  readonly mirror?: readonly string[];
  readonly maxMirrors?: number;
  readonly sha256?: string;
  readonly file?: string;
  readonly allowPrivate?: true;
  readonly schedule: SchedulerName;
  readonly objective: Objective;
  readonly budget?: number;
  readonly strategy: NonNullable<GetOptions['strategy']>;
  readonly summary: NonNullable<GetOptions['summary']>;
  readonly finish?: NonNullable<GetOptions['finish']>;
  readonly updates?: number;
  readonly publisher?: string;
  readonly maxRate?: number;
  readonly maxSendRate?: number;
  readonly listen?: string;
  readonly seed?: true;
  readonly force?: true;
  readonly verify?: true;
  readonly timeout?: number;
  readonly quiet?: true;
  readonly json?: true;
}

const EXAMPLES = `
<what> is a link as \`headwater share\` prints it (quote it: it holds & and ?),
the path or URL of a content descriptor, or a content id (64 hex digits; a path
and an id need sources, -s or -m). Or it is a plain file on the web:
one or more URLs of it, or a Metalink (.meta4), as a path or a URL.

Nothing is asked for twice, and every part is checked before it is kept. Stop
with Ctrl-C and run the same command again: it goes on where it stopped. Until
the file is complete, its parts are in OUT.part.

Rates are bytes per second and take K, M, G (powers of 1024).

A mirror may have a price, in any money: 'https://host/file gb=0.05 second=0.01'
is for 10^9 bytes and for a second of use; rate=BYTES where that is known. Then
--objective says what counts: the time, the cost, or time x cost (balanced).

Examples:
  headwater get 'headwater:?xt=…'
  headwater get 'headwater:?xt=…' -s ws://192.0.2.7:7070 -s ws://192.0.2.8:7070
  headwater get big.iso.headwater -s 192.0.2.7:7070 -o /data/ --max-rate 20M
  headwater get 'headwater:?xt=…' --listen 0.0.0.0:7070 --seed
  headwater get https://one.example/big.iso https://two.example/pub/big.iso
  headwater get big.iso.meta4 --objective balanced --max-rate 10M`;

const STRATEGIES: readonly NonNullable<GetOptions['strategy']>[] = [
  'coordinated',
  'reconciled',
  'partition',
  'speculative',
  'recode-bf',
  'uninformed',
  'uninformed-wor',
];
const SUMMARIES: readonly NonNullable<GetOptions['summary']>[] = [
  'auto',
  'exact',
  'bloom',
  'riblt',
  'art',
];
const FINISHES: readonly NonNullable<GetOptions['finish']>[] = ['full-rank', 'substitution'];

export function getCommand(shell: Shell): Command {
  const strategy = new Option('--strategy <name>', 'who decides which symbol comes from where');
  const summary = new Option(
    '--summary <kind>',
    'how this end describes what it has, to senders that pick',
  );
  const schedule = new Option('--schedule <name>', 'who decides which mirror brings what');
  const objective = new Option('--objective <what>', 'what mirrors are chosen for');
  const finish = new Option(
    '--finish <way>',
    'how sums of parts are undone, with speculative and recode-bf; else full-rank',
  );
  return new Command('get')
    .summary('fetch a file from all its sources at once')
    .description('Fetch a file from everybody who has it, or a part of it, at the same time.')
    .argument('<what...>', 'a link, a content descriptor or id, URLs of one file, or a Metalink')
    .option(
      '-o, --output <path>',
      'file to write, or a folder for it (default: its own name, here)',
    )
    .option(
      '-s, --source <url>',
      'one more source, ws://host:port (repeatable)',
      collect(parseSource),
    )
    .option(
      '-m, --mirror <url>',
      'one more plain web server that has the file (repeatable)',
      collect(parseMirrorText),
    )
    .option('--max-mirrors <n>', 'mirrors used at once, the others are spares', parseWhole(1, 64))
    .option('--sha256 <hash>', 'what a plain file must have, 64 hexadecimal digits')
    .option('--file <name>', 'which file of a Metalink that has several')
    .option('--allow-private', 'let servers lead to private addresses')
    .addOption(schedule.choices(SCHEDULER_NAMES).default('headwater'))
    .addOption(objective.choices(OBJECTIVES).default('time'))
    .option('--budget <money>', 'spend no more than this on mirrors', parseMoney)
    .option('-f, --force', 'replace the output if it exists')
    .option('--verify', 'check again what an earlier run left in OUT.part')
    .option('--max-rate <rate>', 'most bytes to receive per second', parseBytes)
    .option(
      '--timeout <seconds>',
      'give up after so long without progress (default 30)',
      parseSeconds,
    )
    .option('--listen <host:port>', 'serve to others while it is fetched', parseListen)
    .option('--seed', 'go on serving when it is complete, until Ctrl-C')
    .option('--max-send-rate <rate>', 'most bytes to send per second', parseBytes)
    .addOption(strategy.choices(STRATEGIES).default('coordinated'))
    .addOption(summary.choices(SUMMARIES).default('auto'))
    .addOption(finish.choices(FINISHES))
    .option(
      '--updates <f>',
      'descriptions of what is here, per file fetched',
      parseWhole(0, 65_535),
    )
    .option('--publisher <key>', 'refuse what this Ed25519 public key (64 digits) has not signed')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--json', 'print one event a line; the last is "done" or "error"')
    .addHelpText('after', EXAMPLES)
    .action((what: string[], flags: GetFlags) => runGet(shell, what, flags));
}

async function runGet(shell: Shell, names: string[], flags: GetFlags): Promise<void> {
  const interrupt = onInterrupt();
  const { schedule: name, objective, budget } = flags;
  const [only, other] = names;
  const getting = get(only !== undefined && other === undefined ? only : names, {
    output: flags.output,
    sources: flags.source,
    mirrors: flags.mirror,
    mirrorsMax: flags.maxMirrors,
    sha256: flags.sha256,
    file: flags.file,
    allowPrivate: flags.allowPrivate,
    schedule: { name, objective, budget },
    force: flags.force,
    verify: flags.verify,
    maxRate: flags.maxRate,
    maxSendRate: flags.maxSendRate,
    patienceMs: flags.timeout,
    listen: flags.listen,
    seed: flags.seed,
    strategy: flags.strategy,
    summary: flags.summary,
    finish: flags.finish,
    updateFrequency: flags.updates,
    publisher: flags.publisher,
    signal: interrupt.signal,
  });
  try {
    await follow(shell, getting, flags);
  } catch (error) {
    shell.exit = interrupt.code() ?? shell.exit;
    throw error;
  } finally {
    interrupt.dispose();
  }
}

async function follow({ terminal }: Shell, getting: Getting, flags: GetFlags): Promise<void> {
  const report = await createGetReport(terminal, flags);
  const ticks = setInterval(() => report.tick(getting.status()), 100);
  try {
    for await (const event of getting) report.event(event);
    await getting.done;
  } finally {
    clearInterval(ticks);
    report.close();
  }
  await getting.closed;
}
