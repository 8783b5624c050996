import { describe, expect, it } from 'vitest'
import { judgeClient } from '../../src/judge/judge.ts'
import type { StageName } from '../../src/stages.ts'
import { textOf, textReport } from '../../src/report.ts'
import type { Bug, Ways } from './clients.ts'
import { bugs, clientOf } from './clients.ts'

// Clients that are known to be right and wrong. What is said first of each wrong one is kept in
// gallery.txt, to be read and judged by people; `vitest -u` writes it anew.

const timeout = 250
const count = [{ method: 'count', params: { to: 5 } }]
const sum = [{ method: 'total' }]
/** How some go about it, so that what is wrong with them shows. */
const ways: Partial<Record<Bug, { ways: Ways; own?: typeof sum; stage?: StageName }>> = {
  'one id for all': { ways: { pipelined: true } },
  'matched by order': { ways: { pipelined: true } },
  'a byte less is sent': { ways: { pipelined: true } },
  'one message into another': { ways: { pipelined: true } },
  'one answer is enough': { ways: { pipelined: true } },
  'prints as they come': { ways: { pipelined: true } },
  'ends at the first error': { ways: { pipelined: true } },
  'flushes at the end': { ways: { pipelined: true } },
  'reads until the end': { ways: { pipelined: true } },
  ...Object.fromEntries(['a time of day', 'timeoutMs as text', 'no cancel', 'cancel as a request', 'cancel by another type', 'never gives up', 'takes what comes late'].map((bug) => [bug, { ways: { timeoutMs: 200 }, stage: 'deadlines' }])),
  ...Object.fromEntries(['credit once', 'credit of nothing', 'one item a message', 'any stream'].map((bug) => [bug, { ways: { credit: 2 }, own: count, stage: 'streams' }])),
  ...Object.fromEntries(['streams before it may', 'streams more than it may', 'no end to it'].map((bug) => [bug, { ways: { up: 20 }, own: sum, stage: 'streams' }])),
}

describe('a client that is right', () => {
  const right: [string, Ways, (typeof sum)?][] = [
    ['with one call after another', {}],
    ['with all calls at once', { pipelined: true }],
    ['with a batch', { batch: true }],
    ['in lines', { lines: true }],
    ['with deadlines', { timeoutMs: 1500 }],
    ['with answers in pieces', { credit: 2 }, count],
    ['with pieces upwards', { up: 20 }, sum],
  ]
  it.concurrent.each(right)('%s', { timeout: 60_000 }, async (_, ways, own) => {
    const outcome = await judgeClient({ client: clientOf(undefined, ways, own), timeout: 2000, all: true })
    if (outcome.stages.some(({ findings }) => findings.length > 0)) throw new Error(textReport(outcome))
  })
})

describe('a client that is wrong', () => {
  const said = new Map<Bug, string>()
  // They wait most of the time, so they do it together.
  it.concurrent.each(bugs)('%s', { timeout: 60_000 }, async (bug) => {
    const { ways: how = {}, own, stage } = ways[bug] ?? {}
    const outcome = await judgeClient({ client: clientOf(bug, how, own), timeout, stages: stage && [stage], first: true })
    const [finding] = outcome.stages.flatMap(({ findings }) => findings)
    if (!finding) throw new Error(`nothing is said of it\n${textReport(outcome)}`)
    said.set(bug, textOf(finding))
  })

  it('is told its likely cause first', async () => {
    const text = bugs.map((bug) => `## ${bug}\n\n${said.get(bug) ?? ''}\n`).join('\n')
    await expect(text).toMatchFileSnapshot('gallery.txt')
  })
})
