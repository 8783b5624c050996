import { once } from 'node:events'
import type { Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { loadCases } from '../src/cases.ts'
import { play } from '../src/play.ts'
import { withoutQueue } from '@rpc-steps/course'
import { stateOf } from '../src/states.ts'
import type { Bug } from './reference-server.ts'
import { startReference } from './reference-server.ts'

// The tester is tested with servers that are known to be right and wrong. What it says about the
// wrong ones is in gallery.test.ts.

const cases = loadCases()
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe('a server that is right', () => {
  it('passes every case of a step that can do all but refuse', async () => {
    const { server, port } = await startReference()
    servers.push(server)
    for (const aCase of cases) {
      const problem = await play(aCase, { host: '127.0.0.1', port }, stateOf({ mustFail: withoutQueue }, aCase.id))
      if (problem !== undefined) throw new Error(problem)
    }
  })
})

describe('a server', () => {
  it('is not there at all', async () => {
    const { server, port } = await startReference()
    server.close()
    await once(server, 'close')
    const aCase = cases[0]!
    const state = { state: 'pass', because: '' } as const
    const problem = await play(aCase, { host: '127.0.0.1', port }, state)
    expect(problem).toContain('ECONNREFUSED')
  })
})

describe('a case that must fail', () => {
  const mustFail = { state: 'must fail', because: 'it cannot' } as const
  const play1 = async (bug: Bug | undefined, bound?: number) => {
    const { server, port } = await startReference(bug)
    servers.push(server)
    const aCase = cases.find((one) => one.id === 'official: 1, positional parameters')!
    return play(aCase, { host: '127.0.0.1', port }, mustFail, bound)
  }

  it('is as it should be when it fails', async () => {
    expect(await play1('answers twice')).toBe(undefined)
  })

  it('is a failure when it passes', async () => {
    expect(await play1(undefined)).toContain('must fail here (it cannot), but it passed')
  })

  it('is a failure when the server says nothing, because silence proves nothing', async () => {
    expect(await play1('never answers', 50)).toContain('it failed for another reason')
  })
})
