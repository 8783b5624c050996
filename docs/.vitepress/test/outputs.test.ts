import { readFileSync } from 'node:fs'
import { readTrace } from '@rpc-steps/trace'
import { describe, expect, test } from 'vitest'
import { contenders } from '../../../test/bench/src/contenders.ts'
import { absences, differences } from '../../../test/bench/src/report.ts'
import { workloads } from '../../../test/bench/src/workloads.ts'
import { recordingOf } from '../course.ts'
import { textOf } from '../source.ts'
import { commands, recorded, tables } from '../words/recorded.ts'
import { outputOf, shown } from '../record/output.ts'

/*
 * What the chapters show as output is made again, and must say the same. How fast this machine is,
 * and what else it does, says nothing: what is compared is what was counted, what a sentence of
 * the chapter rests on, and the words around the numbers.
 */

const summary = 'bench.txt'
const textIn = (file: string) => textOf(recordingOf(file))
const all = Object.entries(tables).map(([file, table]) => ({ file, ...table }))
const madeHere = all.flatMap(({ facts, doctored, ...table }) =>
  facts && doctored ? [{ ...table, facts, doctored }] : [],
)

test('no output is left out', () => {
  expect(Object.keys(commands).sort()).toEqual(recorded().filter((file) => file.endsWith('.txt') || commands[file] !== undefined))
  const elsewhere = all.filter(({ testedIn }) => testedIn !== undefined)
  for (const { file, testedIn } of elsewhere) expect(textOf(testedIn!)).toContain(/-(\w+)/.exec(file)![1])
  expect(madeHere.length + elsewhere.length).toBe(all.length)
})

describe.each(madeHere)('$file', ({ file, command, smaller, facts, doctored: [from, to] }) => {
  test('is not taken for something else', () => {
    const text = textIn(file)
    expect(text).toMatch(from)
    expect(facts(text.replace(from, to))).not.toEqual(facts(text))
    expect(text).toBe(shown('', text))
  })

  // They were recorded on Linux. A machine that stands still for a moment can turn a comparison
  // round, but not five times; a change of the code does.
  test.runIf(process.platform === 'linux')(
    'is what its command prints',
    { retry: 4 },
    async () => {
      expect(facts(await outputOf(command, smaller))).toEqual(facts(textIn(file)))
    },
  )
})

test('of a benchmark with several workloads the docs show the summary', () => {
  const [machine, table] = ['Node v1\n\n', 'one\nbare 1\n\n']
  const summary = 'times as fast as bare\n  one\n'
  expect(shown('run it', `${machine}${table}${table}${summary}\n`)).toBe(
    `$ run it\n${machine}${summary}`,
  )
  expect(shown('run it', `${machine}${table}`)).toBe(`${machine}${table.trimEnd()}\n`)
})

test('of spans they show the timeline', () => {
  const spans = readFileSync(new URL('../../../shared/trace/test/fixtures/spans.jsonl', import.meta.url), 'utf8')
  const events = readTrace(shown('trace it', spans))
  expect(events.filter(({ ph }) => ph === 'M').map(({ args }) => args?.['name'])).toEqual(['client', 'nats', 'first', 'second'])
  expect(Math.min(...events.map(({ ts }) => ts))).toBe(0)
})

// To run all of it takes minutes; the benchmark's own tests run every contender.
test.runIf(process.platform === 'linux')('the summary has all contenders and workloads', () => {
  const text = textIn(summary)
  expect(text.split('\n').slice(0, 2)).toEqual([
    `$ ${commands[summary]}`,
    expect.stringMatching(/^Node v[\d.]+, types stripped by (tsx|Node), pinned to core \d+$/),
  ])
  const [, heading = '', table = ''] = /fast as bare\n(.*)\n([^]*?)\n\n/.exec(text)!
  const columns = heading.trim().split(/ +/)
  expect(columns).toEqual(workloads.map(({ name }) => name))
  const missing = /^-$/
  expect(table.split('\n').map((line) => line.split(/ +/))).toEqual(
    contenders.map(({ name, cannot }) => [
      name,
      ...columns.map((workload) =>
        expect.stringMatching(cannot?.workloads.includes(workload) ? missing : /^\d+\.\d\d$/),
      ),
    ]),
  )
  expect(text).toContain(`\n\n${absences(contenders)}\n\n${differences(contenders)}\n\n`)
  expect(text).toMatch(/^decode: \d+ ns a message, by a 4-byte prefix \d+ ns: [\d.]+ times as fast$/m)
})
