import { describe, expect, test } from 'vitest'
import { costed, costInWords, costsInWords, ledger, ratio } from '../costs.ts'
import { steps } from '../course.ts'
import { textOf } from '../source.ts'

const lines = ledger()
const page = textOf('docs/costs.md')
const numbersIn = (row: string) => row.match(/[\d.,]+ (?:B|KiB|µs|ms|ns)/g) ?? []

describe('the ledger', () => {
  test('is shown by each chapter whose step is in it, at the end of what it cost', () => {
    for (const { number, folder } of steps) {
      const [, told = ''] = /^## What it cost$([^]*?)^## /m.exec(textOf(`docs/steps/${folder}/index.md`)) ?? []
      const known = lines.some(({ step }) => step.number === number)
      expect([folder, told.trimEnd().endsWith(`<Cost step="${number}" />`)]).toEqual([folder, known])
    }
  })

  test.each(lines.map(({ step }) => step))('has what the chapter of $folder shows, beside the step before', ({ number }) => {
    const [lead = '', , heads = '', , ...rows] = costInWords(number).split('\n')
    expect(lead).toContain(`Step ${number} `)
    expect(rows.length).toBeGreaterThan(3)
    for (const row of rows) expect(row.split('|')).toHaveLength(heads.split('|').length)
  })

  test('is drawn whole, a row for each step', () => {
    const all = [...page.matchAll(/<Costs of="(\w+)" \/>/g)].map(([, of = '']) => of)
    expect(all).toEqual(['systemCalls', 'reads', 'writes', 'wire', 'allocated', 'processor', 'p50', 'p99', 'idle', 'end', 'filters'])
    for (const of of all) {
      const rows = costsInWords(of).split('\n').slice(2)
      if (of === 'filters') expect(rows.length).toBeGreaterThan(12)
      else expect(rows.map((row) => row.slice(2, 4))).toEqual(lines.map(({ step }) => step.number))
    }
    expect(numbersIn(costsInWords('wire').split('\n')[3]!)).toHaveLength(2)
  })

  test('says what it lacks', () => {
    expect(() => costsInWords('nothing')).toThrow('there is no table of nothing: systemCalls, ')
    expect(() => costInWords('77')).toThrow('npm run ledger -- --step 77 --record')
    expect(() => costed({ of: 'systemCalls.connections', step: '01' })).toThrow('the ledger of step 01 has no systemCalls.connections')
    expect(() => costed({ of: 'bytes', filter: 'nobody' })).toThrow('the ledger has no filter nobody')
  })

  test.each([
    [4, 4.1, 'the same'],
    [6, 4, '× 1.5'],
    [1, 4, '× 0.25'],
    [1234, 1, '× 1,234'],
  ])('%d beside %d is %s', (value, before, said) => expect(ratio(value, before)).toBe(said))
})
