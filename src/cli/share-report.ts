// What a share tells: its link, who comes and goes, how much was sent.

import type { ShareEvent, Sharing } from '../node/index.ts';
import { formatBytes, formatCount, formatPercent, formatRate, plain, plural } from './format.ts';
import { type Live, openLive } from './live.ts';
import { Pace } from './pace.ts';
import { layOut } from './table.ts';
import { type Terminal, print, printJson } from './terminal.ts';
import { warningLine } from './warning.ts';

export interface ShareReport {
  begin(): void;
  event(event: ShareEvent): void;
  /** Called a few times a second. */
  tick(): void;
  /** The last line; `failed` when an error will be told after it. */
  end(failed: boolean): void;
}

interface Tone {
  readonly quiet?: true;
  readonly json?: true;
}

/** Links that are shown; the rest is counted. */
const ROWS_MAX = 16;

export async function createShareReport(
  terminal: Terminal,
  sharing: Sharing,
  tone: Tone,
): Promise<ShareReport> {
  if (tone.json === true) return jsonReport(terminal, sharing);
  const printLink = (): void => print(terminal.stdout, sharing.link);
  const nothing = (): void => undefined;
  if (tone.quiet === true) return { begin: printLink, event: nothing, tick: nothing, end: nothing };
  return personReport(terminal, sharing, await openLive(terminal));
}

function jsonReport({ stdout }: Terminal, sharing: Sharing): ShareReport {
  let links = 0;
  let sent = 0;
  let open = 0;
  return {
    begin() {
      const { link, contentId, name, bytes, held, total, addresses, host, port, warnings } =
        sharing;
      const address = addresses[0];
      printJson(stdout, {
        event: 'sharing',
        ...{ link, contentId, name, bytes, held, total, address, addresses, host, port, warnings },
      });
    },
    event(event) {
      if (event.event === 'link-up') links++;
      printJson(stdout, event);
    },
    tick() {
      const status = sharing.status();
      const peers = status.sources
        .filter((peer) => peer.connected)
        .map((peer) => ({ address: peer.address, sent: peer.sent }));
      if (status.sent === sent && peers.length === open) return;
      sent = status.sent;
      open = peers.length;
      printJson(stdout, { event: 'progress', sent, links: peers.length, peers });
    },
    end(failed) {
      if (!failed) printJson(stdout, { event: 'done', sent: sharing.status().sent, links });
    },
  };
}

function personReport(terminal: Terminal, sharing: Sharing, live: Live | undefined): ShareReport {
  const { stdout, stderr } = terminal;
  const pace = new Pace();
  let links = 0;
  const say = (line: string): void => {
    if (live === undefined) print(stderr, line);
    else live.persist(line);
  };
  return {
    begin() {
      print(stdout, sharing.link);
      for (const line of introduction(sharing)) print(stderr, line);
    },
    event(event) {
      if (event.event === 'link-up') links++;
      const line = eventLine(event);
      if (line !== undefined) say(line);
    },
    tick() {
      if (live === undefined) return;
      const rate = pace.sample(sharing.status().sent * sharing.symbolBytes, performance.now());
      live(screen(sharing, rate).join('\n'));
    },
    end() {
      live?.clear();
      live?.done();
      const { sent } = sharing.status();
      const bytes = formatBytes(sent * sharing.symbolBytes);
      print(stderr, `sent ${plural(sent, 'symbol')} (${bytes}) over ${plural(links, 'link')}`);
    },
  };
}

function introduction(sharing: Sharing): string[] {
  const { name, bytes, held, total, addresses, host } = sharing;
  const part = held >= total ? '' : `, ${formatPercent(held / total)} of the symbols it takes`;
  const lines = [
    `sharing ${plain(name)} (${formatBytes(bytes)}${part}) at ${addresses.join(', ')}`,
    'Ctrl-C ends it.',
  ];
  if (host === '127.0.0.1' || host === '::1') {
    lines.push('Only this machine can reach it; --host 0.0.0.0 opens it to others.');
  }
  return [...lines, ...sharing.warnings.map(plain)];
}

function eventLine(event: ShareEvent): string | undefined {
  switch (event.event) {
    case 'warning':
      return warningLine(event);
    case 'link-up':
      return `${plain(event.address)} connected (${plain(event.agent)})`;
    case 'link-down':
      return `${plain(event.address)} left: ${plain(event.reason) || 'connection closed'}`;
    case 'dial-failed':
      return `${plain(event.address)} not reached: ${plain(event.reason)}`;
    default:
      return undefined;
  }
}

function screen(sharing: Sharing, rate: number): string[] {
  const { sent, sources } = sharing.status();
  const connected = sources.filter((peer) => peer.connected);
  const head = `${plural(connected.length, 'link')}, ${plural(sent, 'symbol')} sent, ${formatRate(rate)}`;
  if (connected.length === 0) return ['', head];
  const rows = connected
    .slice(0, ROWS_MAX)
    .map((peer) => [plain(peer.address), formatCount(peer.sent)]);
  const more = connected.length - rows.length;
  return ['', head, ...layOut(rows, 1), ...(more > 0 ? [`and ${more} more`] : [])];
}
