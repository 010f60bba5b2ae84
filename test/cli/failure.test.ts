import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/index.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { explain, failureOf } from '../../src/cli/failure.ts';
import { HeadwaterError } from '../../src/node/index.ts';

const system = (code: string): Error =>
  Object.assign(new Error(`${code}: no luck, open '/x'`), { code, syscall: 'open' });

describe('failureOf', () => {
  it.each([
    ['UNREACHABLE', EXIT.NETWORK],
    ['LISTEN', EXIT.NETWORK],
    ['UNFINISHED', EXIT.UNFINISHED],
    ['BAD_DESCRIPTOR', EXIT.DESCRIPTOR],
    ['BAD_LINK', EXIT.LINK],
    ['CORRUPT', EXIT.CHECKSUM],
    ['DISK', EXIT.FILE],
    ['CHANGED', EXIT.FILE],
    ['ABORTED', EXIT.INTERRUPTED],
    ['EXISTS', EXIT.EXISTS],
    ['LOCKED', EXIT.LOCKED],
    ['NOT_FOUND', EXIT.NOT_FOUND],
    ['USAGE', EXIT.USAGE],
  ] as const)('%s ends with %d', (code, exit) => {
    expect(failureOf(new HeadwaterError(code, 'it failed'))).toMatchObject({ code, exit });
  });

  it('knows a full disk by its cause and by its words', () => {
    const byCause = new HeadwaterError('DISK', 'cannot write', undefined, system('ENOSPC'));
    expect(failureOf(byCause).exit).toBe(EXIT.DISK_FULL);
    const byWords = new HeadwaterError('DISK', 'x: no space left on the disk');
    expect(failureOf(byWords).exit).toBe(EXIT.DISK_FULL);
  });

  it('tells a misuse, a file and a bug apart', () => {
    expect(failureOf(new UsageError('bad number')).exit).toBe(EXIT.USAGE);
    expect(failureOf(system('EACCES')).exit).toBe(EXIT.FILE);
    expect(failureOf(new TypeError('x is undefined')).exit).toBe(EXIT.UNEXPECTED);
    expect(failureOf('thrown text')).toMatchObject({ code: 'UNEXPECTED' });
  });
});

describe('explain', () => {
  it('is one paragraph: what happened, then what to do', () => {
    const error = new HeadwaterError('DISK', 'cannot write /x', 'Free some space.');
    expect(explain(failureOf(error))).toBe('headwater: cannot write /x. Free some space.');
  });

  it('puts what to do below a list of sources', () => {
    const error = new HeadwaterError('UNREACHABLE', 'no source\n  a: refused', 'Check them.');
    expect(explain(failureOf(error))).toBe('headwater: no source\n  a: refused\nCheck them.');
  });

  it('speaks of the command line, not of the API', () => {
    const error = new HeadwaterError('EXISTS', '/x exists already', 'Allow it (force).');
    expect(explain(failureOf(error))).toContain('--force');
  });

  it('does not let foreign text steer the terminal', () => {
    const error = new HeadwaterError('UNFINISHED', 'peer said \u001b[2J');
    expect(explain(failureOf(error))).toBe('headwater: peer said ?[2J.');
  });
});

describe('exit codes', () => {
  it('are distinct and below 256', () => {
    const codes = Object.values(EXIT);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toBeLessThan(256);
  });
});
