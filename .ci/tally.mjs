// A vitest reporter for .ci/run: says which tests were skipped and why, and counts what vitest's own numbers
// leave out: a file that does not load, a hook that throws, an error after the end of its test.

import { writeFileSync } from 'node:fs';

export default class Tally {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    const skipped = [];
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped.push({ module, test, note });
      }
    }
    console.log(skipped.length === 0 ? 'No test was skipped.' : `SKIPPED tests: ${skipped.length}`);
    for (const { module, test, note } of skipped) {
      console.log(`  ${module.relativeModuleId} > ${test.fullName}: ${reason(test, note)}`);
    }
    const file = process.env.HEADWATER_TALLY;
    if (file !== undefined) writeFileSync(file, `${passed} ${failed}\n`);
  }
}

/** The note of `context.skip`, the "(needs …)" of a title, or the failure of a hook around the test. */
function reason(test, note) {
  if (note !== undefined) return note;
  const need = /\((needs [^)]+)\)/.exec(test.fullName);
  if (need !== null) return need[1];
  for (let at = test.parent; ; at = at.parent) {
    if (at.errors().length > 0) return 'the hook before it failed';
    if (at.type === 'module') return 'no reason given';
  }
}
