// headwater share FILE: prints a link, then serves the file until Ctrl-C.

import { basename } from 'node:path';
import { Command } from 'commander';
import { type Sharing, share } from '../node/index.ts';
import { plain } from './format.ts';
import { onInterrupt } from './interrupt.ts';
import { createMeter } from './meter.ts';
import { collect, parseBytes, parseHold, parseSource, parseWhole } from './quantity.ts';
import { createShareReport } from './share-report.ts';
import type { Shell } from './terminal.ts';

interface ShareFlags {
  readonly descriptor?: string;
  readonly host: string;
  readonly port: number;
  readonly advertise?: readonly string[];
  readonly source?: readonly string[];
  readonly maxRate?: number;
  readonly hold?: number;
  readonly seed?: number;
  readonly quiet?: true;
  readonly json?: true;
}

const EXAMPLES = `
The link goes to standard output, alone; everything else to standard error.

<file> may be incomplete when --descriptor says what it should be: every part is
checked, and what is right is served. It may also be the OUT.part folder of a
download that was stopped. Without --descriptor, FILE.headwater is used when it
is newer than FILE, and written when not.

Rates are bytes per second and take K, M, G (powers of 1024).

Examples:
  headwater share big.iso                             only for this machine
  headwater share big.iso --host 0.0.0.0 --port 7070  for all who can reach it
  headwater share half.iso -d big.iso.headwater --max-rate 2M`;

export function shareCommand(shell: Shell): Command {
  return new Command('share')
    .summary('serve a file, or a part of one, and print its link')
    .description('Serve a file, or the part of it that is here, to everybody who has the link.')
    .argument('<file>', 'the file to share')
    .option('-d, --descriptor <path>', 'content descriptor of the file, when FILE is incomplete')
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', parseWhole(0, 65_535), 0)
    .option('--advertise <url>', 'address for the link instead (repeatable)', collect(parseSource))
    .option('-s, --source <url>', 'a peer to connect to as well (repeatable)', collect(parseSource))
    .option('--max-rate <rate>', 'most bytes to send per second', parseBytes)
    .option(
      '--hold <share>',
      'for experiments: hold a random share of the window, as 0.5',
      parseHold,
    )
    .option('--seed <number>', 'which symbols --hold takes', parseWhole(0, Number.MAX_SAFE_INTEGER))
    .option('-q, --quiet', 'print the link and nothing else but errors')
    .option('--json', 'print one event a line')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: ShareFlags) => runShare(shell, file, flags));
}

async function runShare(shell: Shell, file: string, flags: ShareFlags): Promise<void> {
  const { terminal } = shell;
  const interrupt = onInterrupt();
  const isSilent = flags.quiet === true || flags.json === true;
  const meter = await createMeter(terminal, `reading ${plain(basename(file))}`, isSilent);
  let sharing: Sharing;
  try {
    sharing = await share(file, {
      descriptor: flags.descriptor,
      host: flags.host,
      port: flags.port,
      advertise: flags.advertise,
      sources: flags.source,
      maxRate: flags.maxRate,
      hold: flags.hold,
      seed: flags.seed,
      onProgress: ({ bytes, total }) => meter.show(bytes, total),
      signal: interrupt.signal,
    });
  } catch (error) {
    interrupt.dispose();
    const code = interrupt.code();
    if (code === undefined) throw error;
    shell.exit = code;
    return;
  } finally {
    meter.close();
  }
  await serve(shell, sharing, flags);
  interrupt.dispose();
}

/** Until Ctrl-C, which is how a share is meant to end: exit code 0. */
async function serve({ terminal }: Shell, sharing: Sharing, flags: ShareFlags): Promise<void> {
  const report = await createShareReport(terminal, sharing, flags);
  report.begin();
  const ticks = setInterval(() => report.tick(), 250);
  let failed = true;
  try {
    for await (const event of sharing) report.event(event);
    await sharing.closed;
    failed = false;
  } finally {
    clearInterval(ticks);
    report.end(failed);
  }
}
