// Ctrl-C and SIGTERM: the first asks the command to stop cleanly, the second ends the process at once.

import { EXIT, type ExitCode } from './exit-codes.ts';

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code that the signal stands for; undefined when none came. */
  code(): ExitCode | undefined;
  /** Stops listening. */
  dispose(): void;
}

export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  let code: ExitCode | undefined;
  const listen = (is: ExitCode) => (): void => {
    if (code !== undefined) process.exit(is);
    code = is;
    controller.abort();
  };
  const onInt = listen(EXIT.INTERRUPTED);
  const onTerm = listen(EXIT.TERMINATED);
  process.on('SIGINT', onInt);
  process.on('SIGTERM', onTerm);
  return {
    signal: controller.signal,
    code: () => code,
    dispose() {
      process.off('SIGINT', onInt);
      process.off('SIGTERM', onTerm);
    },
  };
}
