// Where a socket reads to. What comes in one after the other lies one after the other, so that a symbol which two reads share
// is still one view; and a fast server fills more with one read than the 64 KiB that Node would offer.

/** Offered at first, and while a server is slow; bytes. */
export const ROOM_BYTES_MIN: number = 64 * 1024;
/** Offered to a fast one. It bounds what one read brings after the last byte that was wanted. */
export const ROOM_BYTES_MAX: number = 1024 * 1024;
/** One piece of memory. It is kept while a view of it is. */
const SLAB_BYTES = 1024 * 1024;

export class ReadBuffer {
  private slab: Uint8Array = new Uint8Array(0);
  private filled = 0;
  private room = ROOM_BYTES_MIN;
  private offered = 0;

  /** Room for the next read. */
  next(): Uint8Array {
    if (this.slab.length - this.filled < ROOM_BYTES_MIN) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.filled = 0;
    }
    const room = this.slab.subarray(this.filled, this.filled + this.room);
    this.offered = room.length;
    return room;
  }

  /** The first `count` bytes of that room were read; they stay as they are. */
  took(count: number): Uint8Array {
    const from = this.filled;
    this.filled += count;
    if (count >= this.offered) this.room = Math.min(ROOM_BYTES_MAX, 2 * this.room);
    else if (count < this.room / 4) this.room = Math.max(ROOM_BYTES_MIN, this.room / 2);
    return this.slab.subarray(from, this.filled);
  }

  /** The reader cannot keep up, or may not: the next reads are small again. */
  calm(): void {
    this.room = ROOM_BYTES_MIN;
  }
}
