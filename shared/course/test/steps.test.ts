import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { choicesOn, parts } from '../src/index.ts'
import { programOf, steps, subjectsOf } from '../src/steps.ts'

it('the steps are numbered without a gap, and no part comes before the one in front of it', () => {
  expect(steps.map(({ number }) => Number(number))).toEqual(steps.map((_, i) => i + 1))
  const places = steps.map(({ part }) => parts.indexOf(part))
  expect(places).not.toContain(-1)
  expect(places).toEqual([...places].sort((a, b) => a - b))
})

describe.each(steps)('step $number', (step) => {
  it('has the programs that start it', () => {
    for (const program of ['server', 'client', 'demo'] as const) {
      expect(existsSync(programOf(step, program)), program).toBe(true)
    }
  })

  it('describes options that can be kept to', () => {
    for (const [name, option] of Object.entries(step.options ?? {})) {
      const made = [step.chain?.hops, step.pieces?.many, step.group?.copies, step.group?.killed]
      const stands = 'choices' in option && option.choices.every((choice) => option.stands?.[choice])
      expect(option.of.length > 0 || made.includes(name) || stands, name).toBe(true)
      if ('text' in option || 'flag' in option) continue
      if ('choices' in option) {
        for (const system of ['linux', 'darwin', 'win32']) expect(choicesOn(system, option), name).not.toEqual([])
      } else {
        const { least, most, default: usual, lab } = option
        expect(least, name).toBeLessThan(most)
        expect(usual === undefined || (least <= usual && usual <= most), name).toBe(true)
        expect(lab?.least ?? least, name).toBeGreaterThanOrEqual(least)
        expect(lab?.most ?? most, name).toBeLessThanOrEqual(most)
      }
    }
  })

  it('has the option that says how long a chain is, if its servers can make one, and no program takes that', () => {
    if (step.chain) expect(step.options?.[step.chain.hops]).toMatchObject({ of: [], least: 2 })
  })

  it('is first itself, and then each other way of starting it', () => {
    const [plain, ...others] = subjectsOf(step, 'conformance')
    expect(plain).toMatchObject({ name: step.folder, args: [] })
    for (const { name, args, server } of others) {
      const program = args.length === 0 ? server.pathname.split('/').at(-1)!.replace('.ts', '') : args.join(' ')
      expect(name).toBe(`${step.folder} ${program}`)
    }
  })
})

it('an option has the choices of its system, the best one last', () => {
  const option = { of: ['server'], help: '', choices: ['a', 'b', 'c'], only: { b: 'darwin', c: 'linux' } } as const
  expect(choicesOn('linux', option)).toEqual(['a', 'c'])
  expect(choicesOn('darwin', option)).toEqual(['a', 'b'])
  expect(choicesOn('win32', option)).toEqual(['a'])
})
