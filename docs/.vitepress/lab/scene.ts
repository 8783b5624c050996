import type { Plan } from './plan.ts'

/** What is run for a trace; by which step is known from where it stands. */
export type Scene = Omit<Plan, 'step'> & Pick<Plan, 'clients' | 'calls' | 'latency'>
/** The scenes of a step by the names of their traces, less the step's number. */
export type Scenes = Readonly<Record<string, Scene>>

/** One client that wants all five pages. */
export const fiveFetches: Scene = { clients: 1, calls: 5, latency: 'pages' }
/** Five clients at once, each wanting one page. */
export const fiveClients: Scene = { clients: 5, calls: 1, latency: 'pages' }
