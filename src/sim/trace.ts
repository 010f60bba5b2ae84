// What a run did, for checks and transcripts: every message, symbol frame, link and event, with its time.

import { mix32 } from '../base/index.ts';
import type { TransferEvent } from '../engine/index.ts';

/** One thing that happened. Peers go by their names. */
export type TraceEntry =
  | { readonly kind: 'link'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'control';
      readonly from: string;
      readonly to: string;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'symbols';
      readonly from: string;
      readonly to: string;
      readonly sbn: number;
      readonly esis: readonly number[];
      /** Which of them will fail their leaf. */
      readonly bad: readonly boolean[];
    }
  | {
      readonly kind: 'recoded';
      readonly from: string;
      readonly to: string;
      readonly sbn: number;
      readonly first: number;
      readonly degrees: readonly number[];
      /** Which of them are not what they should be. */
      readonly bad: readonly boolean[];
    }
  | {
      readonly kind: 'close';
      readonly from: string;
      readonly to: string;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly kind: 'event'; readonly peer: string; readonly event: TransferEvent }
  | { readonly kind: 'fault'; readonly peer: string; readonly fault: string };

export type Tracer = (at: number, entry: TraceEntry) => void;

/** A hash of a whole trace: equal runs have equal values. */
export class TraceHash {
  private a = 1;
  private b = 2;
  /** Entries so far. */
  count = 0;

  /** Takes one entry into the hash. */
  readonly add: Tracer = (at, entry) => {
    this.count++;
    this.text(`${at} ${entry.kind}`);
    for (const value of Object.values(entry)) {
      if (value instanceof Uint8Array) for (const byte of value) this.word(byte);
      else if (Array.isArray(value)) for (const item of value) this.word(Number(item));
      else this.text(typeof value === 'object' ? JSON.stringify(value) : String(value));
    }
  };

  /** 16 hexadecimal digits. */
  get value(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return hex(this.a) + hex(this.b);
  }

  private text(text: string): void {
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
  }

  private word(word: number): void {
    this.a = Math.imul(this.a ^ word, 0x01000193) + 1;
    this.b = mix32(this.b + this.a);
  }
}
