import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadCases } from '../src/cases.ts'
import { textOf, textReport } from '../src/report.ts'
import { testServer } from '../src/session.ts'
import { usualAbilities } from '../src/stages.ts'
import { gallery, startBroken } from './gallery.ts'

// Each is wrong in one way, and the first thing that is said of it names this way. `vitest -u` writes the texts anew,
// to be read and judged by people.

const cases = loadCases()
const told = new Map<string, string>()

async function firstOf([name, stage, other]: (typeof gallery)[number]): Promise<void> {
  const { server, address } = await startBroken(other)
  const asked = { can: usualAbilities, stages: [stage], first: true, timeout: ['waiting', 'hostile'].includes(stage) ? 3000 : 600 }
  const { stages } = await testServer(cases, { name, address }, asked)
  server.close()
  const finding = stages.flatMap(({ findings }) => findings)[0]
  told.set(name, finding ? textOf(finding).replace(/for \d+ ms/, 'for N ms').replace(/127\.0\.0\.1:\d+/, 'HOST:PORT') : 'NOTHING IS FOUND')
}

beforeAll(async () => {
  const left = [...gallery]
  const some = async () => {
    for (let next = left.shift(); next; next = left.shift()) await firstOf(next)
  }
  await Promise.all(Array.from({ length: 8 }, some))
}, 60_000)
afterAll(() => told.clear())

it('nothing is said of one that is right', async () => {
  const { server, address } = await startBroken({})
  const outcome = await testServer(cases, { name: 'right', address }, { can: usualAbilities, timeout: 2000 })
  server.close()
  expect(textReport(outcome)).toMatch(/Nothing is wrong that was asked\.\n\n\d+ passed, 0 failed, \d+ skipped\n$/)
})

it('the first that is said names what is wrong', async () => {
  const texts = gallery.map(([name]) => `# ${name}\n${told.get(name)}`)
  await expect(`${texts.join('\n\n')}\n`).toMatchFileSnapshot('golden/gallery.txt')
})

it.each(gallery.map(([name]) => name))('%s is found', (name) => {
  expect(told.get(name)).toMatch(/^FAILED/)
})
