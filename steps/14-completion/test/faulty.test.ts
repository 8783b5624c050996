import { answer, connect, listen, Loop } from '../src/index.ts'
import type { LoopOptions } from '../src/index.ts'
import type { Client } from '@rpc-steps/callbacks'
import type { Handler } from '@rpc-steps/event-loop'
import { faultySyscalls, forSeeds } from '@rpc-steps/sockets'
import type { FaultyOptions } from '@rpc-steps/sockets'
import { createFramer, requestText } from '@rpc-steps/wire'
import { expect, test } from 'vitest'

/** The step's own server and loop, over rings whose other side does everything late, in parts, and in any order. */
function world(seed: number, options: FaultyOptions & LoopOptions = {}, handler: Handler = answer) {
  const network = faultySyscalls(seed, options)
  const errors: unknown[] = []
  const loop = new Loop({
    syscalls: network,
    entries: 4,
    completions: 8,
    buffers: 4,
    bufferSize: 256,
    ...options,
    onError: (error) => errors.push(error),
  })
  const server = listen(loop, handler, { port: 7000 })
  const turnUntil = (done: () => boolean) => {
    for (let turns = 0; !done(); turns++) {
      if (turns > 100_000) throw new Error(`in 100,000 turns not: ${done}`)
      loop.turn()
    }
  }
  /** Nothing is left: no operation, no timer, and every buffer is with the kernel. */
  const end = () => {
    server.close()
    turnUntil(() => !loop.alive)
    expect(errors).toEqual([])
    expect([loop.buffers.out, loop.largeBuffers.out]).toEqual([0, 0])
    loop.close()
  }
  return { network, loop, server, errors, turnUntil, end }
}

test('every call of many clients is answered once', () =>
  forSeeds(40, (seed) => {
    const { loop, server, turnUntil, end } = world(seed)
    const outcomes: unknown[][] = [[], [], []]
    const clients: Client[] = []
    for (const results of outcomes) {
      connect(loop, server, (error, client) => {
        if (error) throw error
        clients.push(client)
        for (let i = 0; i < 10; i++) {
          client.call('sleep', [i], (error, ms) => results.push(error ?? ms))
          client.call('say', ['é'.repeat(i * 10)], (error, text) => results.push(error ?? text))
        }
      })
    }
    turnUntil(() => outcomes.every((results) => results.length === 20))
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((i) => [i, `You said: ${'é'.repeat(i * 10)}`]).sort()
    for (const results of outcomes) expect(results.toSorted()).toEqual(expected)
    for (const client of clients) client.close()
    turnUntil(() => server.connections === 0)
    end()
  }))

test('every call has one outcome, even when connections are refused and reset', () =>
  forSeeds(40, (seed) => {
    const { loop, server, turnUntil, end } = world(seed, { faults: { refuse: 0.2, reset: 0.02 } })
    let connects = 0
    const outcomes: number[] = []
    for (let i = 0; i < 5; i++) {
      connect(loop, server, (error, client) => {
        connects++
        if (error) return
        for (let n = 0; n < 10; n++) {
          const call = outcomes.push(0) - 1
          client.call('say', [`${n}`.repeat(n * 100)], () => void outcomes[call]!++)
        }
        client.close()
      })
    }
    turnUntil(() => connects === 5 && server.connections === 0 && !outcomes.includes(0))
    expect(outcomes).toEqual(outcomes.map(() => 1))
    end()
  }))

test('two ends that have too much to send do not wait for each other', () =>
  forSeeds(10, (seed) => {
    const { loop, server, turnUntil, end } = world(seed, { bufferSize: 4096 })
    let answers = 0
    connect(loop, server, (error, client) => {
      if (error) throw error
      for (let i = 0; i < 300; i++) {
        client.call('say', ['x'.repeat(1_000)], () => {
          if (++answers === 300) client.close()
        })
      }
    })
    turnUntil(() => answers === 300 && server.connections === 0)
    end()
  }))

test('peers that end, leave or reset at any moment leave nothing behind', () =>
  forSeeds(40, (seed) => {
    const { network, loop, server, turnUntil, end } = world(seed)
    const framer = createFramer('content-length')
    const stream = Array.from({ length: 5 }, (_, i) =>
      framer.frame(requestText(i, i % 2 ? 'sleep' : 'say', [i % 2 ? 3 : 'x'.repeat(3_000)] as number[])),
    ).join('')
    const ways = ['end', 'close', 'reset', 'pause'] as const
    ways.forEach((way, i) => {
      network.connectPeer(7000, {
        onConnect(peer) {
          peer.send(stream.slice(0, (seed * 997 + i * 1_009) % stream.length))
          network.after(i + (seed % 5), () => peer[way]())
          network.after(20, () => peer.reset())
        },
      })
    })
    let late = false
    loop.after(100, () => (late = true))
    turnUntil(() => late && server.connections === 0)
    end()
  }))

test('a loop that never sleeps hears of what found the completion ring full', () =>
  forSeeds(20, (seed) => {
    const { loop, server, turnUntil, end } = world(seed, { completions: 2 })
    let busy = true
    const again = () => {
      if (busy) loop.defer(again)
    }
    again()
    let answers = 0
    for (let i = 0; i < 5; i++) {
      connect(loop, server, (error, client) => {
        if (error) throw error
        client.call('add', [i, 1], () => {
          answers++
          client.close()
        })
      })
    }
    turnUntil(() => answers === 5 && server.connections === 0)
    busy = false
    end()
  }))

test('memory that is being sent is read when it is sent, and is the same then', () =>
  forSeeds(20, (seed) => {
    const { network, turnUntil, end, server } = world(seed, { faults: { late: 0.75 }, latency: 50 })
    const framer = createFramer('content-length')
    const seen: string[] = []
    for (let i = 0; i < 5; i++) {
      seen[i] = ''
      const requests = Array.from({ length: 5 }, (_, n) => framer.frame(requestText(n, 'say', [`${i}`.repeat(200)])))
      network.connectPeer(7000, {
        onConnect: (peer) => peer.send(requests.join('')),
        onData: (peer, bytes) => {
          seen[i] += Buffer.from(bytes).toString()
          if (seen[i]!.split('You said').length === 6 && seen[i]!.endsWith('}')) peer.end()
        },
      })
    }
    turnUntil(() => seen.every((text) => text.split('You said').length === 6) && server.connections === 0)
    seen.forEach((text, i) => expect(text.match(/You said: (\d)\1{199}"/g)).toEqual(Array(5).fill(`You said: ${`${i}`.repeat(200)}"`)))
    end()
  }))

test('without file descriptors it rests, and goes on as soon as there are some', () => {
  const { network, loop, server, turnUntil, end } = world(1, { faults: 'none', latency: 0, descriptors: 7 })
  const accepts: number[] = []
  const accept = loop.rings.accept.bind(loop.rings)
  loop.rings.accept = (fd, listener) => {
    accepts.push(network.now())
    return accept(fd, listener)
  }
  let served = 0
  for (let i = 0; i < 20; i++) {
    network.connectPeer(7000, {
      onConnect: (peer) => peer.send(createFramer('content-length').frame(requestText(1, 'get_data'))),
      onData: (peer) => {
        served++
        network.after(1, () => peer.close())
      },
    })
  }
  turnUntil(() => served === 20 && server.connections === 0)
  expect(accepts.length).toBeLessThan(30)
  // By the clock alone the door would open ten times a second.
  expect(network.now()).toBeLessThan(200)
  end()
})

test('connections that are cut off inside their sends leave nothing behind, nor disturb who gets their numbers', () =>
  forSeeds(40, (seed) => {
    const { loop, server, turnUntil, end } = world(seed, { faults: { late: 0.75 }, bufferSize: 4096 })
    let told = 0
    let served = 0
    const open = (left: number) => {
      connect(loop, server, (error, client) => {
        if (error) throw error
        // A file descriptor that is given back is the next that is given out.
        client.call('say', ['x'.repeat(20_000)], () => told++)
        loop.after((seed % 7) / 3, () => {
          client.destroy()
          if (left > 0) open(left - 1)
        })
        connect(loop, server, (error, other) => {
          if (error) throw error
          other.call('say', [`${left}`], (error, text) => {
            expect([error, text]).toEqual([null, `You said: ${left}`])
            served++
            other.close()
          })
        })
      })
    }
    open(5)
    turnUntil(() => told === 6 && served === 6 && server.connections === 0)
    end()
  }))
