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
// wrong ones is kept in golden/, to be read and judged by people; `vitest -u` writes it anew.

const cases = loadCases()
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function reportOn(bug: Bug | undefined, caseIds: string[], bound = 5000): Promise<string> {
  const { server, port } = await startReference(bug)
  servers.push(server)
  const reports: string[] = []
  for (const id of caseIds) {
    const aCase = cases.find((one) => one.id === id)
    if (!aCase) throw new Error(`no case ${id}`)
    const state = { state: 'pass', because: '' } as const
    const problem = await play(aCase, { host: '127.0.0.1', port }, state, bound)
    reports.push(problem ?? `passed  ${id}`)
  }
  return `${reports.join('\n\n')}\n`
}

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

describe('a server that is wrong', () => {
  const wrong: [Bug, string[]][] = [
    ['length in characters', ['params: text of one, two, three and four bytes a character']],
    ['answers notifications', ['official: 5, a notification', 'batches: of a call and a notification']],
    ['answers twice', ['official: 1, positional parameters']],
    ['methods in an object', ['methods: constructor']],
    ['ids as doubles', ['ids: an integer that a double cannot hold']],
    ['parse error ends the connection', ['official: 8, invalid JSON']],
    ['skips lines that are no header', ['framing: a web page that posts a form']],
    ['lower case header', ['framing: what a server writes']],
    ['adds wrong', ['params: many positional parameters', 'official: 14, a batch of everything']],
    ['half a frame', ['official: 1, positional parameters']],
    ['one at a time', ['waiting: of five calls on one connection the shortest is answered first']],
  ]
  it.each(wrong)('%s', async (bug, caseIds) => {
    const file = `golden/${bug.replaceAll(' ', '-')}.txt`
    await expect(await reportOn(bug, caseIds)).toMatchFileSnapshot(file)
  })

  it('never answers', async () => {
    const text = await reportOn('never answers', ['official: 1, positional parameters'], 50)
    await expect(text).toMatchFileSnapshot('golden/never-answers.txt')
  })

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
