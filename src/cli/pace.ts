// How fast something grows, smoothed over the last few seconds, so that the time left does not jump.

const WINDOW_MS = 5000;

export class Pace {
  private readonly samples: { readonly at: number; readonly bytes: number }[] = [];

  /** Tells how far it is at `now` (ms) and answers bytes per second; 0 until two samples differ in time. */
  sample(bytes: number, now: number): number {
    this.samples.push({ at: now, bytes });
    while (this.samples.length > 2 && now - (this.samples[1]?.at ?? now) >= WINDOW_MS) {
      this.samples.shift();
    }
    const first = this.samples[0];
    if (first === undefined || now <= first.at) return 0;
    return ((bytes - first.bytes) * 1000) / (now - first.at);
  }
}
