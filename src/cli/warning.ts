// A warning as the one line that a person reads.

import type { WarningEvent } from '../node/index.ts';
import { plain } from './format.ts';

export function warningLine({ message, hint }: WarningEvent): string {
  const end = /[.!?]$/.test(message) ? '' : '.';
  return `warning: ${plain(message)}${end} ${plain(hint)}`;
}
