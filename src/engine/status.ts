// The figures of a transfer, for a progress display and the final report.

import type { Account } from './account.ts';
import type { Fetching } from './fetching.ts';
import type { SourceStatus, TransferStatus } from './io.ts';
import type { Exchange } from './peer.ts';

export function statusOf(
  phase: TransferStatus['phase'],
  exchange: Exchange | undefined,
  fetching: Fetching | undefined,
  accounts: readonly Account[],
  now: number,
): TransferStatus {
  const sources = accounts.map((account) => account.status(now));
  const sum = (of: (source: SourceStatus) => number): number =>
    sources.reduce((total, source) => total + of(source), 0);
  return {
    phase,
    total: exchange?.layout.sourceSymbolCount ?? 0,
    have: fetching?.have ?? 0,
    needed: fetching?.needed ?? 0,
    received: fetching?.received ?? 0,
    useful: sum((s) => s.useful),
    duplicate: sum((s) => s.duplicate),
    rejected: sum((s) => s.rejected),
    summaryBytes: sum((s) => s.summaryBytes),
    sent: sum((s) => s.sent),
    sources,
  };
}
