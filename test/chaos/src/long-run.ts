import { stopSignal } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import type { Subject } from '@rpc-steps/course/steps'
import { faults as allFaults, gentle, usualStall } from './acts.ts'
import type { Fault } from './acts.ts'
import { listed } from './lines.ts'
import { OwnClient } from './own-client.ts'
import { beServed, raw } from './peer.ts'
import { canMeasure, openFiles } from './process.ts'
import type { Address } from './proxy.ts'
import { BrokenPromise, faultsOf, playRound, sum } from './round.ts'
import type { Report, Target } from './round.ts'

/** How long, and through what. */
export interface LongRun {
  seed: number
  faults: readonly Fault[]
  longest: number
  patience: number
  quiet: boolean
  /** Whichever is over first. */
  minutes: number | undefined
  rounds: number | undefined
}

/**
 * Round after round, each with the next seed, until the time is over, it is told to stop, or a promise is
 * broken. Prints what was done, and how to do it again. Rejects with BrokenPromise.
 */
export async function longRun(on: Address | Subject, options: LongRun): Promise<void> {
  const { seed, quiet } = options
  const name = 'step' in on ? on.name : `${on.host}:${on.port}`
  console.log(`seed ${seed}: ${name} behind ${options.faults.join(', ')}`)
  const stop = new AbortController()
  void stopSignal().then(() => stop.abort())
  let server: RunningServer | undefined
  let target: Target | undefined
  const done = new Done()
  const begun = performance.now()
  const progress = setInterval(() => quiet || console.log(`${seconds(begun)} s: ${done.text}`), 10_000)
  try {
    if ('step' in on) {
      server = await startServer(on.server, on.args)
      target = await targetOf(on, server)
    } else {
      target = on
      ;(await raw(on.port, on.host)).destroy()
    }
    await rounds(target, options, done, stop.signal)
  } catch (error) {
    // Ctrl-C reaches the server as well, and what it does then proves nothing.
    if (stop.signal.aborted) return
    if (!(error instanceof BrokenPromise)) throw error
    throw new BrokenPromise(`seed ${seed + done.rounds}: ${error.message}${endOf(server)}; ${again(on, options, seed + done.rounds, 1)}`)
  } finally {
    clearInterval(progress)
    console.log(`${seconds(begun)} s: ${done.text}`)
    console.log(`faults: ${done.faults}`)
    await target?.own?.stop()
    await server?.stop()
  }
  if (done.rounds > 0) console.log(again(on, options, seed, done.rounds))
}

async function targetOf(subject: Subject, { host, port, pid }: RunningServer): Promise<Target> {
  const own = await OwnClient.of(subject)
  await beServed(port)
  return { host, port, pid, own, ...(canMeasure && { files: openFiles(pid) }) }
}

async function rounds(target: Target, options: LongRun, done: Done, signal: AbortSignal): Promise<void> {
  const { seed, longest, patience, minutes = Infinity, rounds = Infinity } = options
  const end = performance.now() + minutes * 60_000
  while (!signal.aborted && done.rounds < rounds && performance.now() < end) {
    const now = seed + done.rounds
    // Every third network loses nothing: there a call that is lost is the server's fault.
    const faults = options.faults.filter((fault) => now % 3 > 0 || gentle.includes(fault as (typeof gentle)[number]))
    done.add(await playRound(target, { seed: now, faults, longest, patience, signal }))
  }
}

/** What has been done so far. */
class Done {
  rounds = 0
  #sum: Report | undefined

  add(report: Report): void {
    this.rounds++
    const { calls, outcomes, counts } = this.#sum ?? { calls: 0 }
    this.#sum = {
      calls: calls + report.calls,
      outcomes: outcomes ? sum(outcomes, report.outcomes) : report.outcomes,
      counts: counts ? sum(counts, report.counts) : report.counts,
    }
  }

  get text(): string {
    const { calls, outcomes, counts } = this.#sum ?? { calls: 0, outcomes: {}, counts: { opened: 0 } }
    return `${this.rounds} rounds, ${counts.opened} connections, ${calls} calls: ${listed(Object.entries(outcomes))}`
  }

  get faults(): string {
    return listed(this.#sum ? faultsOf(this.#sum.counts) : [])
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(0)
}

/** What a server that has ended leaves to say. */
function endOf(server: RunningServer | undefined): string {
  if (!server) return ''
  const { exitCode, signalCode } = server.process
  if (exitCode === null && signalCode === null) return ''
  const last = server.stderr().trim().split('\n')[0]
  return `; the server had ended with ${exitCode ?? signalCode}: ${last}`
}

/** The command that does it again. */
function again(on: Address | Subject, { faults, longest }: LongRun, seed: number, rounds: number): string {
  const step = 'step' in on ? [on.step.number, ...on.args].join(' ') : ''
  const words = [
    'step' in on ? `--step ${step.includes(' ') ? `"${step}"` : step}` : `--to ${on.host}:${on.port}`,
    `--seed ${seed} --rounds ${rounds}`,
    ...(faults.length < allFaults.length ? [`--faults ${faults.join(',')}`] : []),
    ...(longest === usualStall ? [] : [`--stall ${longest}`]),
  ]
  return `again: npm run chaos -- ${words.join(' ')}`
}
