import { setTimeout as delay } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { seeded } from '@rpc-steps/adaptive/simulated'
import { flagOption, main, numberOption, readOptions } from '@rpc-steps/cli'
import { start } from '@rpc-steps/cli/processes'
import type { Running } from '@rpc-steps/cli/processes'
import { gatherSettled } from '@rpc-steps/gather'
import { connectNats, durable, jetStreamStore } from './src/index.ts'
import type { NatsBroker } from './src/index.ts'
import { NatsServer } from './tried/nats-server.ts'

const usage = `kills.ts [options]

Makes calls that are stored by a nats-server, which it starts, while workers are killed at random
moments, and with --broker the server is, too. What was stored is counted in the server, what ran in the
workers, and what was answered in the client; ends with 1 if a promise is not kept.`

const atOnce = 200 // calls that wait for their answers

await main(async () => {
  const { calls, workers, kills, broker: killsBroker, seed } = readOptions(usage, {
    calls: numberOption('N', 'calls', 10_000, 100, 1_000_000),
    workers: numberOption('N', 'processes that work on them', 4, 2, 64),
    kills: numberOption('N', 'of these that are killed', 2, 0, 63),
    broker: flagOption('the broker is killed, too, and started again'),
    seed: numberOption('N', 'repeats the moments of a run', Math.floor(Math.random() * 1e9), 0, 1e9),
  })
  const random = seeded(seed)
  const server = await NatsServer.start({ jetstream: true })
  const running: Running[] = []
  try {
    const broker = await connectNats(server.address)
    const call = durable(await jetStreamStore(broker))
    running.push(...Array.from({ length: workers }, () => start(new URL('tried/worker.ts', import.meta.url), ['--nats', server.address])))
    await Promise.all(running.map((worker) => worker.printed(/^ready/m)))

    // A moment is a number of answers: then it is a moment in the work, however quick the machine.
    const acts = new Map<number, () => Promise<void>>()
    const sometime = (act: () => Promise<void>) => {
      let moment = Math.floor(calls * (0.05 + 0.9 * random()))
      while (acts.has(moment)) moment++
      acts.set(moment, act)
      return moment
    }
    const moments = running.slice(0, Math.min(kills, workers - 1)).map((worker) => sometime(async () => void (await worker.stop('SIGKILL'))))
    const gone = killsBroker ? `, and the broker after ${sometime(() => restart(server))}` : ''
    console.log(`--seed ${seed}: ${calls} calls, ${workers} workers; killed after ${moments.join(' and ')} answers${gone}`)

    const acted: Promise<void>[] = []
    let answers = 0
    const begun = performance.now()
    const results = await gatherSettled(Array.from({ length: calls }, (_, n) => n), async (n) => {
      const answer = await call('effect', [n])
      const act = acts.get(++answers)
      if (act) acted.push(act())
      return answer
    }, { limit: atOnce })
    const seconds = (performance.now() - begun) / 1000
    await Promise.all(acted)
    const failed = results.filter(({ status }) => status === 'rejected')
    const right = results.filter((result, n) => result.status === 'fulfilled' && JSON.stringify(result.value) === `[${n}]`)
    const kept = await counted(broker)
    const ran = running.reduce((sum, worker) => sum + worker.stdout().split('+').length - 1, 0)
    console.log(`${(calls / seconds).toFixed(0)} calls a second`)
    for (const { reason } of failed.slice(0, 3) as PromiseRejectedResult[]) console.log(`failed: ${String(reason)}`)
    const promises = [
      promise('of all calls', right.length, '=', calls, 'have their own answer'),
      promise('of all calls', kept.calls, '=', calls, 'were stored'),
      promise('of all calls', kept.answers, '=', calls, 'have an effect in the broker, which is the answer'),
      promise('of these', kept.everStored - kept.answers, '=', 0, 'were stored a second time'),
      promise('of all calls', kept.buried, '=', 0, 'were buried'),
      // What each had in hand when it was killed, or when nobody could store an answer.
      promise('beyond these', ran - calls, '<=', 16 * (moments.length + (killsBroker ? workers : 0)), 'tries ran a second time: that often an effect outside would have'),
    ]
    await broker.close()
    if (promises.includes(false)) process.exitCode = 1
  } finally {
    await Promise.all(running.map((worker) => worker.stop('SIGKILL')))
    await server.stop()
  }
})

async function restart(server: NatsServer): Promise<void> {
  await server.kill()
  await delay(500)
  await server.start()
}

/** What the server has stored, by what it says. */
async function counted(broker: NatsBroker) {
  const { streams } = await jetstreamManager(broker.connection)
  const [calls, answers, buried] = await Promise.all(['calls', 'answers', 'buried'].map(async (name) => (await streams.info(`rpc-steps-${name}`)).state))
  return { calls: calls!.messages, answers: answers!.messages, everStored: answers!.last_seq, buried: buried!.messages }
}

function promise(what: string, measured: number, relation: '=' | '<=', bound: number, how: string): boolean {
  const kept = relation === '=' ? measured === bound : measured <= bound
  console.log(`${kept ? 'kept  ' : 'BROKEN'}   ${what} ${measured} ${how}, promised ${relation} ${bound}`)
  return kept
}
