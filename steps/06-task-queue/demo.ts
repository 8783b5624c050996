import { atATime, demo, fiveFetches } from '@rpc-steps/cli/demo'

const [calls, clients, ms, workers] = [9, 5, 100, 2]
const sleep = ['sleep', `{"ms":${ms}}`]
const nineSleeps = {
  title: `${calls} sleeps of ${ms} ms by one client`,
  clients: [Array.from({ length: calls }, () => sleep).flat()],
}
const fiveSleeps = {
  title: `${clients} clients, each one sleep of ${ms} ms`,
  clients: Array.from({ length: clients }, () => sleep),
}
/** In rounds: as many at a time as there are workers. */
const rounds = (n: number) => ({ formula: `ceil(${n} / ${workers}) x ${ms} ms`, ms: Math.ceil(n / workers) * ms })
const common = { serverArgs: ['--workers', String(workers)], note: `${workers} workers` }

await demo('06 task-queue: requests wait their turn', import.meta.url, [
  { scenario: nineSleeps, predicted: rounds(calls), ...common },
  { scenario: fiveSleeps, predicted: rounds(clients), ...common },
  { scenario: fiveFetches, predicted: atATime(workers), ...common },
])
