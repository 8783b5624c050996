import { randomInt } from 'node:crypto'
import { announce, flagOption, main, numberOption, readAddress, readOptions, stopSignal, UsageError } from '@rpc-steps/cli'
import type { Option } from '@rpc-steps/cli'
import { subjectNamed } from '@rpc-steps/course/steps'
import type { Subject } from '@rpc-steps/course/steps'
import { faults as allFaults, usualStall } from './src/acts.ts'
import type { Fault } from './src/acts.ts'
import { lineOf, listed } from './src/lines.ts'
import { longRun } from './src/long-run.ts'
import { chaosProxy } from './src/proxy.ts'
import type { Address } from './src/proxy.ts'
import { faultsOf } from './src/round.ts'
import { all } from './src/subjects.ts'

const usage = `npm run chaos -- --to HOST:PORT [options]
       npm run chaos -- --step NAME --minutes N [options]

A bad network. The first stands between a server, anybody's, and its clients, which connect to it instead.
It hands on all bytes in their order and unchanged, but late, in other pieces, or not to the end; what it
does to which connection is decided by the seed.

With --minutes or --rounds it makes random traffic as well, which calls the methods of our service, and
looks whether each call has one outcome, the result is right or the error is clear, and nothing is left
behind. The exit code is 1 if not.`

const to: Option<Address | undefined> = {
  hint: 'HOST:PORT',
  help: 'the server; a port alone is one of this machine',
  default: undefined,
  read: (text) => (/^\d+$/.test(text) ? readAddress(`127.0.0.1:${text}`) : readAddress(text)),
}
const step: Option<Subject | undefined> = {
  hint: 'NAME',
  help: 'starts the server of a step instead, such as 04',
  default: undefined,
  read: readStep,
}
const faults: Option<readonly Fault[]> = {
  hint: 'A,B,...',
  help: 'what it does',
  default: allFaults,
  read: (text) => text.split(',').map(readFault),
}
const options = {
  to,
  step,
  listen: numberOption('PORT', 'where clients connect; 0 is any', 0, 0, 65535),
  seed: numberOption('N', 'does the same again; without it, one by chance', undefined, 0, 0x7fffffff),
  faults,
  stall: numberOption('MS', 'the longest stall', usualStall, 1, 600_000),
  quiet: flagOption('says nothing of connections, or of progress'),
  minutes: numberOption('N', 'makes traffic for so long', undefined, 1, 1_000_000),
  rounds: numberOption('N', 'or for so many rounds, each with the next seed', undefined, 1, 1_000_000_000),
  patience: numberOption('S', 'seconds after which what has not happened never will', 20, 1, 3_600),
}

await main(async () => {
  const { to, step, seed = randomInt(2 ** 31), stall: longest, minutes, rounds, patience, listen, ...rest } = readOptions(usage, options)
  const some = { ...rest, seed, longest }
  if (to && step) throw new UsageError('one server at a time: either --to or --step')
  const target = to ?? step
  if (!target) throw new UsageError('say which server is behind it: --to HOST:PORT, or --step NAME')
  if (minutes !== undefined || rounds !== undefined) {
    return longRun(target, { ...some, minutes, rounds, patience: patience * 1_000 })
  }
  if (!to) throw new UsageError('a step is tried with traffic: say for how long, --minutes N or --rounds N')
  return proxy(to, listen, some)
})

/** Stands there until it is told to end. */
async function proxy(to: Address, port: number, options: { seed: number; longest: number; faults: readonly Fault[]; quiet: boolean }) {
  const { seed, longest, faults, quiet } = options
  console.log(`seed ${seed}`)
  const network = await chaosProxy({
    seed,
    faults,
    longest,
    to,
    listen: { host: '127.0.0.1', port },
    told: (news) => quiet || console.log(lineOf(news)),
  })
  const stopped = stopSignal()
  announce(network)
  await stopped
  network.close()
  console.log(`${network.counts.opened} connections with seed ${seed}: ${listed(faultsOf(network.counts))}`)
}

function readStep(name: string): Subject {
  try {
    return subjectNamed(/^\d$/.test(name) ? `0${name}` : name, all)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function readFault(name: string): Fault {
  const found = allFaults.find((fault) => fault === name)
  if (found) return found
  throw new UsageError(`must be some of ${allFaults.join(', ')}, with commas between them, not "${name}"`)
}
