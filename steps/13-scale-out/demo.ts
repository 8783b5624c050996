import { setTimeout as delay } from 'node:timers/promises'
import { seeded } from '@rpc-steps/adaptive/simulated'
import { main, readOptions } from '@rpc-steps/cli'
import { RpcError } from '@rpc-steps/wire'
import { durable, InProcessBroker, InProcessStore, overBroker, work, Worker } from './src/index.ts'

const usage = `demo.ts

Calls under one name, while those who serve it come and go. All of it is in this process: without a broker of
its own it needs none.`

/** Calls in a third of the time, and how long each takes. */
const [calls, ms] = [30, 20]

await main(async () => {
  readOptions(usage, {})
  const broker = new InProcessBroker({ random: seeded(3) })
  const caller = overBroker(broker)
  const taken = new Map<string, number[]>(['ada', 'bob', 'eve'].map((name) => [name, [0, 0, 0]]))
  let third = 0
  const serving = (name: string) => new Worker(broker, async (_, context) => {
    taken.get(name)![third]!++
    await context.sleep(ms)
    return name
  }, {})

  console.log('\n13 scale-out: the network is a queue with a name\n')
  const early = await failure(caller.call('work'))
  console.log(`A call before anybody is there: ${early}\n`)

  let [lost, answered] = [0, 0]
  const ada = serving('ada')
  const bob = serving('bob')
  let eve: Worker | undefined
  for (third = 0; third < 3; third++) {
    if (third === 1) eve = serving('eve')
    const asked: Promise<void>[] = []
    for (let n = 0; n < calls; n++) {
      asked.push(caller.call('work').then(() => void answered++, () => void lost++))
      // In the middle of its work: what it has it finishes.
      if (third === 2 && n === 2) void ada.close()
      await delay(ms / 4)
    }
    await Promise.all(asked)
  }
  console.log(`${3 * calls} calls, each to whoever serves: ${answered} answered, ${lost} lost\n`)
  console.log('       from ada and bob   eve comes   ada leaves')
  for (const [name, [first, second, last]] of taken) {
    console.log(`${name.padEnd(7)}${String(first).padStart(16)}${String(second).padStart(12)}${String(last).padStart(13)}`)
  }
  for (const worker of [bob, eve!]) await worker.close()
  await caller.close()

  await stored()
})

/** A call that is stored waits until somebody is there, and is tried again if it fails. */
async function stored(): Promise<void> {
  const store = new InProcessStore()
  const call = durable(store)
  console.log('\nA call that is stored:\n  nobody is there')
  const answer = call('work')
  await delay(ms)
  let tries = 0
  const worker = await work(store, () => {
    console.log(`  bob tries it${++tries === 1 ? ', and fails: the disk is full' : ' again'}`)
    if (tries === 1) throw new Error('the disk is full')
    return 'done'
  }, { log: () => {} })
  console.log(`  answered: ${JSON.stringify(await answer)}`)
  await worker.leave()
}

async function failure(answer: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await answer)
  } catch (error) {
    return error instanceof RpcError ? `${error.message} (${error.code})` : (error as Error).message
  }
}
