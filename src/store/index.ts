export { checkEntry, checkLeavesLength, MemoryStore } from './memory-store.ts';
export type { SymbolEntry, SymbolStore } from './symbol-store.ts';
export { WorkingSet } from './working-set.ts';
