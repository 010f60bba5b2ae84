import { defineConfig } from 'vitest/config';

/** Folders whose tests start processes, sockets or files of their own. */
const END_TO_END = ['cli', 'e2e', 'interop', 'node', 'package'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    // `vitest run --project unit` is the quick half: pure code, no process, no socket.
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: END_TO_END,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // After the unit files and one file at a time: the processes a test starts need the other core,
        // and stall deadlines are measured in real time.
        test: {
          name: 'e2e',
          include: END_TO_END,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    reporters: ['default'],
    slowTestThreshold: 2_000,
  },
});
