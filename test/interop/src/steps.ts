import { programOf, runsHere, stepsIn } from '@rpc-steps/course/steps'

/** The programs of every step that takes part and runs here. */
export const steps = stepsIn('interop').filter(runsHere).map((step) => ({
  name: step.folder,
  server: programOf(step, 'server'),
  client: programOf(step, 'client'),
  streams: step.server?.mustFail?.['streams: one item at a time'] === undefined,
}))
