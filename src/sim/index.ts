export {
  allocateBlocks,
  allocatePair,
  allocateScenario,
  allocateSenders,
  sharingProbability,
  type Allocation,
  type ScenarioName,
} from './allocation.ts';
export {
  augmentedWithout,
  augmentedWithReplacement,
  BLOOM_FALSE_POSITIVES,
  fourReconciledOnce,
  fourWithout,
  fourWithReplacement,
  pairWithout,
  pairWithReplacement,
} from './closed-forms.ts';
export { VirtualClock } from './clock.ts';
export { simContent, toyHash, type SimContent, type SimContentOptions } from './content.ts';
export type { Fault, Misbehaviour, RecodedHeader } from './faults.ts';
export type { LinkQuality } from './network.ts';
export { runScenario, type ScenarioOptions, type ScenarioResult } from './scenario.ts';
export { SimMirror, type SimMirrorOptions } from './sim-mirror.ts';
export { SimPeer, type SimFrame, type SimPeerOptions, type Surroundings } from './sim-peer.ts';
export { TraceHash, type TraceEntry, type Tracer } from './trace.ts';
export { World } from './world.ts';
export type { FluidServer } from './fluid/fluid-board.ts';
export { fluidBound, runFluid, type FluidOptions, type FluidResult } from './fluid/fluid.ts';
