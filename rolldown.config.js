// What the package runs: each public entry, the program and the worker thread as one file each, with what they share in
// others. Loading 300 modules one by one took the program longer than to fetch a small file. Packages stay what they are.

export default {
  input: {
    index: 'dist/index.js',
    fountain: 'dist/fountain/index.js',
    summary: 'dist/summary/index.js',
    sim: 'dist/sim/index.js',
    node: 'dist/node/index.js',
    headwater: 'dist/cli/main.js',
    worker: 'dist/node/work/worker.js',
  },
  external: /^[@a-z]/,
  platform: 'node',
  output: {
    dir: 'dist/bundle',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    comments: false,
  },
};
