import { main, numberOption, readCommandLine, textOption, UsageError } from '@rpc-steps/cli'
import { find, told } from './src/find.ts'
import { replay, scheduleOf } from './src/schedule.ts'
import type { Bound, Found } from './src/search.ts'
import { inWrongVersion, scenariosOf, subjects, wrongVersions } from './src/subject.ts'

const usage = `npm run orders -- STEP [options]

Plays the two ends of a connection, as the step has them, in every order in which messages, timers,
cancels and closes can happen, up to a bound. After each order everybody must have an answer, and nothing
be left. Of a wrong version it shows the shortest order that is wrong, and how to play that again. The exit
code is 1 when an order is wrong, unless that is what was asked for.`

await main(async () => {
  const { values, words } = readCommandLine(usage, {
    bug: textOption('NAME', 'a wrong version of the step, from npm run bug', undefined),
    replay: textOption('ORDER', 'only this one, such as 1-b:0201, and what comes of it', undefined),
    deviations: numberOption('N', 'choices in one order that are not the plain one', 3, 0, 100),
    orders: numberOption('N', 'orders of each scenario, at most', 4_000, 1, 1_000_000_000),
    random: numberOption('N', 'orders beyond those, by chance', 500, 0, 1_000_000_000),
    seed: numberOption('N', 'of that chance', 1, 0, 0x7fffffff),
  })
  const [word, more] = words
  if (word === undefined || more !== undefined) throw new UsageError('name one step, such as 07')
  const step = subjects.find(({ number, folder }) => folder === word || (/^\d+$/.test(word) && Number(number) === Number(word)))
  if (!step) throw new UsageError(`"${word}" has no orders.ts; ${subjects.map(({ folder }) => folder).join(', ')} have`)

  const bound: Bound = values
  const again = (found: Found) => {
    const bug = values.bug === undefined ? '' : ` --bug ${values.bug}`
    return `npm run orders -- ${step.number}${bug} --replay ${scheduleOf(found)}`
  }
  const run = async (scenarios: Awaited<ReturnType<typeof scenariosOf>>) => {
    if (values.replay !== undefined) {
      const found = await replay(scenarios, values.replay)
      console.log(told(scenarios, found))
      return found.played.broken !== undefined
    }
    const found = await find(scenarios, bound, values.bug === undefined ? console.log : () => {})
    if (found) console.log(`${told(scenarios, found)}\n\nAgain: ${again(found)}`)
    return found !== undefined
  }
  if (values.bug === undefined) {
    if (await run(await scenariosOf(step))) process.exitCode = 1
    return
  }
  const bugs = wrongVersions(step)
  const bug = bugs.find(({ name }) => name === values.bug)
  if (!bug) throw new UsageError(`${step.folder} has no "${values.bug}", but ${bugs.map(({ name }) => name).join(', ')}`)
  if (await inWrongVersion(bug, run)) return
  console.log('In all of these orders it does what it should: it takes more, or something else, to see this one.')
  process.exitCode = 1
})
