import { numberIn } from './claim.ts'
import type { Claim } from './claim.ts'

const inFlight = () => numberIn('test/bench/src/workloads.ts', /name: 'in-flight'.*inFlight: (\d+)/)
const connections = () => numberIn('test/bench/src/workloads.ts', /name: 'connections'.*connections: (\d+)/)
const waiting = (what: string) => numberIn('test/ledger/src/measure.ts', new RegExp(`waiting = \\{.*${what}: (\\d+)`))

/** Where the numbers of the page about costs come from. What differs between machines is put into it from the ledger. */
export const ofCosts: readonly Claim[] = [
  {
    says: ['64 in flight on one connection, and on 64 connections'],
    from: '`test/bench/src/workloads.ts`',
    is: () => [inFlight(), connections()],
  },
  {
    says: ['1,000 connections are opened'],
    from: '`test/ledger/src/take.ts`, `idle`',
    is: () => [numberIn('test/ledger/src/take.ts', /whole: .*idle: (\d+)/)],
  },
  {
    says: ['64 calls there which wait 250 ms'],
    from: '`test/ledger/src/measure.ts`, `waiting`',
    is: () => [waiting('calls'), waiting('ms')],
  },
  {
    says: ['And 99 of 100 before this one'],
    from: '`test/ledger/src/load.ts`, the quantile',
    is: () => [100 * numberIn('test/ledger/src/load.ts', /p99: quantile\(took, ([\d.]+)\)/), 100],
  },
]
