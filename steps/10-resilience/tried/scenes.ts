import type { Call, Handler } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { queued } from '@rpc-steps/task-queue'
import { codes, RpcError } from '@rpc-steps/wire'
import { breaking, Budget, hedged, reconnecting, retrying } from '../src/index.ts'
import { calling, World } from './world.ts'

/** What a server was asked and has answered, in each stretch of time. */
export interface Row {
  asked: number
  answered: number
}

/** The same callers twice: with what bounds them, and without. */
export interface Scene {
  title: string
  wrong: string
  right: string
  /** Milliseconds of a row. */
  stretch: number
  /** Plays it the wrong way or the right way. */
  play(wrong: boolean): Promise<Row[]>
}

/** There is always enough in it. */
const bottomless = () => new Budget({ ratio: 1, start: 1e9, most: 1e9 })
const anything = () => true

// #region retries
/** A server for 500 calls a second has 350, and three bad seconds. Nobody waits for more than half a second. */
async function retries(wrong: boolean): Promise<Row[]> {
  const world = new World()
  const rows = rowsOf(20)
  const isSlow = () => world.now() >= 4_000 && world.now() < 7_000
  const work: Handler = async (_, context) => void (await context.sleep(isSlow() ? 200 : 20))
  const server = queued(work, { workers: 10, capacity: 500, clock: world })
  const ask = watched(calling(server, world), world, rows, 1_000)
  const patient = deadlined(ask, 500, world)
  const budget = wrong ? bottomless() : new Budget()
  const call = retrying(patient, { budget, tries: 4, idempotent: anything, clock: world, random: world.random })
  world.each(350, rows.length, () => void call('x').catch(() => {}))
  await world.run(rows.length * 1000)
  return rows
}
// #endregion

// #region jitter
/** A thousand clients lose their server in the same moment; it is back two seconds later. */
async function jitter(wrong: boolean): Promise<Row[]> {
  const world = new World()
  const rows = rowsOf(40)
  const random = wrong ? () => 1 : world.random
  for (let i = 0; i < 1000; i++) {
    const line = reconnecting(
      async () => {
        const row = rows[Math.floor(world.now() / 100)]
        if (row) row.asked++
        if (world.now() < 2_000) throw new Error('nobody listens')
        if (row) row.answered++
        // That it is connected is all that is looked at here.
        void line.close()
        throw new Error('seen')
      },
      { clock: world, random, base: 400, cap: 1_000 },
    )
  }
  await world.run(rows.length * 100)
  return rows
}
// #endregion

// #region probes
/** A server is gone for two seconds. It has 1,000 calls a second, and a breaker before it. */
async function probes(wrong: boolean): Promise<Row[]> {
  const world = new World()
  const rows = rowsOf(40)
  const work: Handler = async (_, context) => {
    await context.sleep(100)
    if (world.now() >= 500 && world.now() < 2_500) throw new RpcError(codes.internalError, 'Internal error')
  }
  const ask = watched(calling(work, world), world, rows, 100)
  const options = { clock: world, random: world.random, failures: 5, base: 400, cap: 400 }
  const call = wrong ? stampeding(ask, world, options) : breaking(ask, options)
  world.each(1_000, rows.length / 10, () => void call('x').catch(() => {}))
  await world.run(rows.length * 100)
  return rows
}

/** The breaker that one writes first: when its time is over, all may pass until one of them has an answer. */
function stampeding(call: Call, clock: World, { failures, base }: { failures: number; base: number }): Call {
  let [failed, until] = [0, 0]
  return async (...args) => {
    if (clock.now() < until) throw new RpcError(codes.unavailable, 'Open', { status: 'UNAVAILABLE' })
    try {
      const answer = await call(...args)
      failed = 0
      return answer
    } catch (error) {
      if (++failed >= failures) until = clock.now() + base
      throw error
    }
  }
}
// #endregion

// #region hedges
/** A server for 500 calls a second has 240; for three seconds it has place for 200. */
async function hedges(wrong: boolean): Promise<Row[]> {
  const world = new World()
  const rows = rowsOf(20)
  const isSlow = () => world.now() >= 4_000 && world.now() < 7_000
  const work: Handler = async (_, context) => void (await context.sleep((isSlow() ? 50 : 20) * -Math.log(1 - world.random())))
  const server = queued(work, { workers: 10, capacity: 500, clock: world })
  const ask = watched(calling(server, world), world, rows, 1_000)
  const budget = wrong ? bottomless() : new Budget({ ratio: 0.05 })
  const call = hedged(ask, { delay: 40, budget, idempotent: anything, clock: world })
  world.each(240, rows.length, () => void call('x').catch(() => {}))
  await world.run(rows.length * 1000)
  return rows
}
// #endregion

function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, () => ({ asked: 0, answered: 0 }))
}

/** Counts what is asked in the row of its moment, and what is answered. */
function watched(call: Call, world: World, rows: readonly Row[], stretch: number): Call {
  const row = () => rows[Math.floor(world.now() / stretch)]
  return (...args) => {
    const now = row()
    if (now) now.asked++
    const answer = call(...args)
    answer.then(
      () => {
        const then = row()
        if (then) then.answered++
      },
      () => {},
    )
    return answer
  }
}

export const scenes: Record<string, Scene> = {
  retries: { title: 'Three bad seconds, and callers who try four times', wrong: 'without a budget', right: 'a budget of a tenth', stretch: 1_000, play: retries },
  jitter: { title: 'A thousand clients, whose server is gone for two seconds', wrong: 'without jitter', right: 'with full jitter', stretch: 100, play: jitter },
  probes: { title: 'A server that is gone for two seconds, behind a breaker', wrong: 'half open: all may pass', right: 'half open: one may', stretch: 100, play: probes },
  hedges: { title: 'Three slow seconds, and a second try after 40 ms', wrong: 'without a budget', right: 'a budget of a twentieth', stretch: 1_000, play: hedges },
}
