// Ctrl-C and its like end a bench through one AbortSignal, so that it lets go of what it started.

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Catches the signals from here on: `signal` aborts with the first, `code` is the exit code of the last, 0 before. */
export function catchSignals() {
  const controller = new AbortController();
  const caught = { signal: controller.signal, code: 0 };
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      caught.code = code;
      controller.abort();
    });
  }
  return caught;
}
