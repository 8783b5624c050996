import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contenders } from '../../test/bench/src/contenders.ts'
import { workloads } from '../../test/bench/src/workloads.ts'
import { root, textOf } from '../.vitepress/source.ts'
import { commands } from '../.vitepress/words/recorded.ts'
import { row } from '../predict/facts.ts'
import { outputOf, shown } from '../record/output.ts'

/*
 * What the chapters show as output is made again, and must say the same. How fast this machine is,
 * and what else it does, says nothing: what is compared is what was counted, what a sentence of
 * the chapter rests on, and the words around the numbers.
 */

/** A table of docs/traces. */
interface Table {
  file: string
  /** Arguments that make it smaller than it is in the docs, since nobody waits for a test. */
  smaller?: string[]
  /** What must be the same in every run. */
  facts: (text: string) => unknown
  /** A change of the recorded text that must be noticed. */
  doctored: [from: RegExp, to: string]
}

/** The words of a text and its pattern, once each: without numbers, and however wide its columns. */
function wordsOf(text: string): string[] {
  const lines = text.trim().split('\n')
  return [...new Set(lines.map((line) => line.replace(/\d[\d.,]*/g, '#').replace(/ +/g, ' ').trim()))]
}

/** The lines of a table that have nothing but numbers. */
function numbersOf(text: string): number[][] {
  return [...text.matchAll(/^ *\d[\d. ]*(?:MiB)?$/gm)].map(([line]) => line.match(/[\d.]+/g)!.map(Number))
}

/** How many times as fast as bare each contender was, in one workload. */
function ratiosOf(text: string): [name: string, ratio: number][] {
  return [...text.matchAll(/^([a-z0-9]\S*) +[\d,]+ +([\d.]+) /gm)].map(([, name = '', ratio]) => [
    name,
    Number(ratio),
  ])
}

const tables: Table[] = [
  {
    file: '01-cost-of-a-thread.txt',
    smaller: ['--threads', '6'],
    facts(text) {
      const empty = row(text, 'an empty thread of Node')
      const ours = row(text, 'a thread of this server')
      return { words: wordsOf(text), dearer: ours.map((cost, i) => cost > 1.5 * empty[i]!) }
    },
    doctored: [/32\.6 MiB/, ' 9.6 MiB'],
  },
  {
    file: '02-crash.txt',
    // Which client is told first is chance, and where in Node it came to pass changes with Node.
    facts: (text) => text.split('\n').filter((line) => !/^ +at |^Node\.js v/.test(line)).sort(),
    doctored: [/exit code 1/, 'exit code 0'],
  },
  {
    file: '02-two-writes.txt',
    facts(text) {
      const [parts = 0, noDelay = 0] = row(text, 'two writes')
      const others = [noDelay, ...row(text, 'one write')]
      return { words: wordsOf(text), held: others.map((ms) => parts > 20 * ms) }
    },
    doctored: [/87\.98/, ' 0.08'],
  },
  {
    file: '02-bench.txt',
    smaller: ['--quick'],
    facts(text) {
      const names = ratiosOf(text).sort(([, a], [, b]) => a - b)
      return { words: wordsOf(text).slice(1), slowestFirst: names.map(([name]) => name) }
    },
    doctored: [/(vscode-jsonrpc +\S+ +)\S+/, '$11.29'],
  },
  {
    file: '03-bench.txt',
    smaller: ['--quick'],
    // Who is quicker is for a quiet machine to say, with `npm run bench -- --check`.
    facts: (text) => wordsOf(text).slice(1),
    doctored: [/64 connections, one/, '64 connections, two'],
  },
  {
    file: '03-ten-thousand.txt',
    smaller: ['--idle', '0,1000'],
    facts(text) {
      const [[idle, call, memory] = [], ...more] = numbersOf(text)
      const [many = 0, callAmongMany = 0, memoryOfMany = 0] = more.at(-1) ?? []
      return {
        words: wordsOf(text),
        idle: [idle, many >= 1_000],
        slower: callAmongMany > 5 * call!,
        larger: memoryOfMany > memory!,
      }
    },
    doctored: [/\S+(?= +\d+ MiB\s*$)/, '99.9'],
  },
  {
    file: '03-wakeups.txt',
    smaller: ['--idle', '0,1000'],
    facts(text) {
      const [first = [], ...more] = numbersOf(text.replace(/^ {11,}\d.*$/m, ''))
      const many = more.at(-1) ?? []
      const [spin = 0, ...asleep] = /^ {11,}(\d.*)$/m.exec(text)![1]!.split(/ +/).map(Number)
      return {
        words: wordsOf(text),
        slower: many.map((took, i) => took > 5 * first[i]!),
        dearer: asleep.map((cost) => spin > 5 * cost),
      }
    },
    doctored: [/( 5000 +\S+ +)\S+/, '$15.2'],
  },
  {
    file: '05-first-error.txt',
    facts(text) {
      return ['Promise.all', 'gather'].map((way) => {
        const [error = 0, waiting, last = 0] = row(text, way)
        return { waiting, goesOn: last > error + 100 }
      })
    },
    doctored: [/0( +\d+ ms)\s*$/, '3$1\n'],
  },
  {
    file: '05-swamp.txt',
    facts(text) {
      const waitedForAll = (limit: string) => {
        const [took = 0, worst = 0] = row(text, limit)
        return worst > took / 2
      }
      return {
        words: wordsOf(text),
        limits: [...text.matchAll(/^ +(\d+|Infinity) /gm)].map(([, limit]) => limit),
        // Of two, since a machine that stands still makes everybody wait.
        few: ['1', '10'].every(waitedForAll),
        all: waitedForAll('Infinity'),
      }
    },
    doctored: [/478 ms/, ' 48 ms'],
  },
  {
    file: '05-total-against-n.txt',
    facts(text) {
      const cells = [...text.matchAll(/(\d+) \((\d+)\)/g)]
      const [gathered = 0, some = 0, inARow = 0, blocking = 0] = [
        '05, gathered',
        '05, at most 10',
        '04, awaited in a loop',
        '01, blocking',
      ].map((name) => row(text, name).at(-2))
      return {
        words: wordsOf(text),
        counts: row(text, 'n'),
        predicted: cells.map(([, , predicted]) => predicted),
        // A wait is never shorter than it should be, but for the rounding of clocks.
        early: cells.filter(([, took, predicted]) => Number(took) < 0.9 * Number(predicted)),
        order: [gathered < some, some < inARow, some < blocking],
      }
    },
    doctored: [/206 \(200\)/, '106 (200)'],
  },
]

/** They have tests of their own, in wild.test.ts and in step 01. */
const elsewhere = [
  '01-strace-client.txt',
  '01-strace-server.txt',
  '03-redis.txt',
  '04-python-echo.txt',
  '05-python-gather.txt',
]
const summary = 'bench.txt'
const recorded = (file: string) => textOf(`docs/traces/${file}`)

test('no output is left out', () => {
  const files = readdirSync(join(root, 'docs/traces')).filter((file) => file.endsWith('.txt'))
  expect([...tables.map(({ file }) => file), ...elsewhere, summary].sort()).toEqual(files.sort())
  expect(Object.keys(commands).sort()).toEqual(files)
})

describe.each(tables)('$file', ({ file, smaller, facts, doctored: [from, to] }) => {
  test('is not taken for something else', () => {
    const text = recorded(file)
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
      expect(facts(await outputOf(commands[file]!, smaller))).toEqual(facts(recorded(file)))
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

// To run all of it takes minutes; the benchmark's own tests run every contender.
test.runIf(process.platform === 'linux')('the summary has all contenders and workloads', () => {
  const text = recorded(summary)
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
  for (const { name, cannot } of contenders) {
    if (cannot) expect(text).toContain(`\n${name}: ${cannot.because}\n`)
  }
  expect(text).toMatch(/^decode: \d+ ns a message, by a 4-byte prefix \d+ ns: [\d.]+ times as fast$/m)
})
