// When to commit: one second after the first write that no mark covers, or at 32 MiB of such writes. A sync costs
// about 4 ms, so a commit for every write would cost more than the writing.

/** What group commit needs of a store. */
export interface Committable {
  /** Bytes written since the last commit began. */
  readonly dirtyBytes: number;
  commit(): Promise<void>;
}

const EVERY_MS = 1000;
const DIRTY_BYTES_MAX = 32 * 1024 * 1024;

/** Commits a store now and then. */
export class GroupCommit {
  private readonly store: Committable;
  private readonly onError: (error: unknown) => void;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  /** `onError` is called once, with the error of the first commit that failed; no commit follows it. */
  constructor(store: Committable, onError: (error: unknown) => void) {
    this.store = store;
    this.onError = onError;
  }

  /** To be called after every write. */
  touch(): void {
    if (this.stopped || this.running !== undefined || this.store.dirtyBytes === 0) return;
    if (this.store.dirtyBytes >= DIRTY_BYTES_MAX) {
      this.commit();
    } else if (this.timer === undefined) {
      this.timer = setTimeout(() => this.commit(), EVERY_MS);
      this.timer.unref();
    }
  }

  /** Waits for a commit that is running; no other one will start. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private commit(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = this.store
      .commit()
      .catch((error: unknown) => {
        if (!this.stopped) this.onError(error);
        this.stopped = true;
      })
      .finally(() => {
        this.running = undefined;
        this.touch();
      });
  }
}
