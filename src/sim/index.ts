export {
  allocatePair,
  allocateSenders,
  sharingProbability,
  type Allocation,
} from './allocation.ts';
export { VirtualClock } from './clock.ts';
export { simContent, toyHash, type SimContent, type SimContentOptions } from './content.ts';
export type { LinkQuality } from './network.ts';
export { runScenario, type ScenarioOptions, type ScenarioResult } from './scenario.ts';
export { SimPeer, type Faults, type SimPeerOptions } from './sim-peer.ts';
export { World } from './world.ts';
