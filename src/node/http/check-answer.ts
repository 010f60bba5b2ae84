// Whether an answer is the range of the file that was asked for.

import { contentLength, contentRange, isChanged, statusFailure, validatorOf } from './headers.ts';
import type { Headers } from './response-parser.ts';
import type { FetchFailure, MirrorInfo } from './types.ts';
import { failure } from './types.ts';

export const CHANGED: FetchFailure = failure(
  'changed',
  'has another version of the file now',
  true,
);

/** What is asked for next of a request: the bytes [next, asked). */
interface Range {
  readonly next: number;
  readonly asked: number;
}

/** Why a range cannot be asked for. */
export function refusalOf(
  { next, to }: { readonly next: number; readonly to: number },
  { length, ranges }: MirrorInfo,
): FetchFailure | undefined {
  if (to > length) return failure('wrong-range', `has only ${length} bytes`, true);
  if (next > 0 && !ranges) {
    return failure('no-ranges', 'can only send the file from its beginning', true);
  }
  return undefined;
}

/**
 * Why an answer is not the range that was asked for; undefined when it is.
 *
 * @param isPinned the request named the version (If-Range)
 */
export function problemOf(
  range: Range,
  info: MirrorInfo,
  isPinned: boolean,
  status: number,
  headers: Headers,
): FetchFailure | undefined {
  if (status === 416) return CHANGED;
  const problem = statusFailure(status, headers, Date.now());
  if (problem !== undefined) return problem;
  if (isChanged(info.validator, validatorOf(headers))) return CHANGED;
  if (status === 200) {
    if (!info.ranges) return contentLength(headers) === info.length ? undefined : CHANGED;
    // To If-Range this is how a server says that the file is another one now.
    if (isPinned) return CHANGED;
    return failure('no-ranges', 'sends all of the file where a part was asked for', true);
  }
  return problemOfPart(range, info, headers);
}

/**
 * Less than was asked for is no mistake (RFC 9110, 15.3.7): what comes is right, and the rest can be asked for again. All else is.
 */
function problemOfPart(
  { next, asked }: Range,
  { length }: MirrorInfo,
  headers: Headers,
): FetchFailure | undefined {
  const type = headers['content-type'] ?? '';
  if (/^multipart\/byteranges\b/i.test(type)) {
    return failure('wrong-range', 'sends parts in an envelope', true);
  }
  const found = contentRange(headers);
  if (found?.total !== undefined && found.total !== length) return CHANGED;
  if (found?.total === length && found.from === next && found.to > next && found.to <= asked) {
    return undefined;
  }
  return failure('wrong-range', 'sends another part than was asked for', true);
}
