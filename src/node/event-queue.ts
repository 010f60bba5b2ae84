// Events for whoever iterates: bounded, so that nobody has to. Progress is only worth its latest value.

interface Labelled {
  readonly event: string;
}

/** Most events kept for a consumer that is behind; then the oldest go. */
const KEPT_MAX = 1024;

export class EventQueue<E extends Labelled> implements AsyncIterable<E> {
  private readonly events: E[] = [];
  private readonly waiting: ((result: IteratorResult<E>) => void)[] = [];
  private ended = false;

  push(event: E): void {
    if (this.ended) return;
    const consumer = this.waiting.shift();
    if (consumer !== undefined) {
      consumer({ value: event, done: false });
      return;
    }
    const last = this.events[this.events.length - 1];
    if (event.event === 'progress' && last?.event === 'progress') this.events.pop();
    this.events.push(event);
    if (this.events.length > KEPT_MAX) this.events.shift();
  }

  /** No more events; what is queued can still be read. */
  end(): void {
    this.ended = true;
    for (const consumer of this.waiting.splice(0)) consumer({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<E> {
    return {
      next: () => {
        const event = this.events.shift();
        if (event !== undefined) return Promise.resolve({ value: event, done: false });
        if (this.ended) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => this.waiting.push(resolve));
      },
      return: () => Promise.resolve({ value: undefined, done: true }),
    };
  }
}
