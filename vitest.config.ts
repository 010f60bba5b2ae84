import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: unit files share one worker each way, end-to-end files spawn their own processes.
    maxWorkers: 2,
  },
});
