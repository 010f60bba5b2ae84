// The command tree, and what every command has in common: help, refusal of unknown options, one way to fail.

import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { explain, failureOf } from './failure.ts';
import { VERSION } from '../node/index.ts';
import { type Shell, type Terminal, print, printJson } from './terminal.ts';
import { describeCommand } from './describe.ts';
import { getCommand } from './get.ts';
import { inspectCommand } from './inspect.ts';
import { shareCommand } from './share.ts';

const ABOUT = `Fetch one large file from every place that holds any part of it.

A file is cut into symbols, and any set of symbols that is large enough gives the file back. So every
holder helps: the publisher, and everybody who has a part already, whichever part that is.`.replace(
  /(\S)\n(\S)/g,
  '$1 $2',
);

const EXAMPLES = `
Start here:
  headwater share big.iso               on one machine: prints a link, and serves
  headwater get 'headwater:?xt=…'       on another: fetches the file of that link
  headwater get LINK -s ws://host:7070  and from more sources

\`headwater COMMAND --help\` explains a command. The README lists the exit codes.`;

/** Runs one command line. Never throws; never ends the process. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const shell: Shell = { terminal, exit: EXIT.OK };
  try {
    await createProgram(shell).parseAsync([...args], { from: 'user' });
    return shell.exit;
  } catch (error) {
    if (error instanceof CommanderError) return commandLineFault(error, args, terminal);
    const failure = failureOf(error);
    print(terminal.stderr, explain(failure));
    if (args.includes('--json')) {
      printJson(terminal.stdout, { event: 'error', code: failure.code, message: failure.message });
    }
    return shell.exit === EXIT.OK ? failure.exit : shell.exit;
  }
}

function createProgram(shell: Shell): Command {
  const program = new Command('headwater')
    .description(ABOUT)
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  for (const make of [describeCommand, shareCommand, getCommand, inspectCommand]) {
    program.addCommand(make(shell));
  }
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(`(\`${commandName(command)} --help\` lists the options)`)
      .configureOutput({
        writeOut: (text) => shell.terminal.stdout.write(text),
        writeErr: (text) => shell.terminal.stderr.write(text),
        outputError: (text, write) => write(text.replace(/^error: /, 'headwater: ')),
      });
  }
  return program;
}

function commandName(command: Command): string {
  return command.name() === 'headwater' ? 'headwater' : `headwater ${command.name()}`;
}

/** Commander has printed its message (or the help) already. */
function commandLineFault(
  error: CommanderError,
  args: readonly string[],
  terminal: Terminal,
): ExitCode {
  if (error.exitCode === 0) return EXIT.OK;
  if (args.includes('--json')) {
    const message = error.message.replace(/^error: /, '');
    printJson(terminal.stdout, { event: 'error', code: 'USAGE', message });
  }
  return EXIT.USAGE;
}
