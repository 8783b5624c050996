import { connect } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { start } from '@rpc-steps/cli/processes'
import { connectNats, durable, jetStreamStore, overBroker } from './src/index.ts'
import { NatsServer } from './tried/nats-server.ts'

const usage = `speed.ts [options]

Makes the same calls directly, through NATS, by NATS' own requests, and stored by it, in turns, and
prints how many there are in a second, and as a ratio to those of NATS' own requests.`

await main(async () => {
  const { calls, rounds, flight } = readOptions(usage, {
    calls: numberOption('N', 'calls in a round', 20_000, 100, 10_000_000),
    rounds: numberOption('N', 'rounds, of which the middle one counts', 5, 1, 99),
    flight: numberOption('N', 'calls in flight', 64, 1, 10_000),
  })
  const server = await NatsServer.start({ jetstream: true })
  const other = start(new URL('tried/speed-server.ts', import.meta.url), ['--nats', server.address])
  try {
    const [, port] = await other.printed(/^ready (\d+)/m)
    const [peer, broker] = await Promise.all([connect({ host: '127.0.0.1', port: Number(port) }), connectNats(server.address)])
    const [caller, stored] = [overBroker(broker), durable(await jetStreamStore(broker))]
    const params = { a: 1, b: 2 }
    const ways: Record<string, { ask: () => Promise<unknown>; share?: number }> = {
      'NATS, its own request': { ask: () => broker.connection.request('plain', JSON.stringify({ params })).then((answer) => answer.json()) },
      'a call through NATS': { ask: () => caller.call('add', params) },
      'a call directly, TCP': { ask: () => peer.call('add', params) },
      'a stored call, JetStream': { ask: () => stored('add', params), share: 20 },
    }
    const speeds = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]))
    for (let round = -1; round < rounds; round++) {
      for (const [name, { ask, share = 1 }] of Object.entries(ways)) {
        const speed = await measured(ask, Math.ceil(calls / share), flight)
        if (round >= 0) speeds.get(name)!.push(speed) // the first is for the compiler
      }
    }
    const [plain] = [...speeds.values()].map(middle)
    for (const [name, all] of speeds) {
      console.log(`${name.padEnd(26)} ${middle(all).toFixed(0).padStart(8)} a second ${(middle(all) / plain!).toFixed(2).padStart(7)}`)
    }
    await caller.close()
    await peer.close()
    await broker.close()
  } finally {
    await other.stop()
    await server.stop()
  }
})

async function measured(ask: () => Promise<unknown>, calls: number, flight: number): Promise<number> {
  let left = calls
  const begun = performance.now()
  await Promise.all(Array.from({ length: flight }, async () => {
    while (left-- > 0) await ask()
  }))
  return (1000 * calls) / (performance.now() - begun)
}

function middle(all: readonly number[]): number {
  return [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!
}
