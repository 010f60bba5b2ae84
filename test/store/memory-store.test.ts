import { MemoryStore } from '../../src/store/index.ts';
import { storeSuite } from '../suite/store-suite.ts';

storeSuite('MemoryStore', ({ layout }) => {
  const store = new MemoryStore(layout);
  return {
    layout,
    held: store.held,
    put: (entries) => {
      for (const { id, bytes } of entries) store.put(id, bytes);
    },
    read: (id) => store.read(id),
    deleteRepair: (sbn) => store.deleteRepair(sbn),
    putLeaves: (sbn, leaves) => store.putLeaves(sbn, leaves),
    leaves: (sbn) => store.leaves(sbn),
    close: () => undefined,
  };
});
