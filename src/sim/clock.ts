// Virtual time: a queue of things to happen, in order of time and, at the same time, of scheduling.

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Jumps from one scheduled event to the next. Times are ms. */
export class VirtualClock {
  now = 0;
  private readonly heap: Entry[] = [];
  private scheduled = 0;

  /** Runs `run` at time `at`, or now when that has passed. */
  at(at: number, run: () => void): void {
    const entry = { at: Math.max(at, this.now), order: this.scheduled++, run };
    const { heap } = this;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent] as Entry)) break;
      heap[i] = heap[parent] as Entry;
      i = parent;
    }
    heap[i] = entry;
  }

  /** Runs the next event; false when none is left. */
  step(): boolean {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return false;
    if (heap.length > 0) this.sink(last);
    this.now = first.at;
    first.run();
    return true;
  }

  private sink(entry: Entry): void {
    const { heap } = this;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry))
        child++;
      if (!before(heap[child] as Entry, entry)) break;
      heap[i] = heap[child] as Entry;
      i = child;
    }
    heap[i] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
