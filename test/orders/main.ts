import { main, numberOption, readCommandLine, textOption, UsageError } from '@rpc-steps/cli'
import type { Scenarios } from '@rpc-steps/course'
import type { Step } from '@rpc-steps/course/steps'
import type { Bug } from '../bugs/src/bug.ts'
import { told } from './src/draw.ts'
import { find } from './src/find.ts'
import type { Bound } from './src/find.ts'
import { replay, wordOf } from './src/order.ts'
import type { Search } from './src/search.ts'
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
  const bug = values.bug === undefined ? undefined : bugNamed(step, values.bug)
  const run = async (scenarios: Scenarios): Promise<boolean> => {
    if (values.replay !== undefined) {
      const found = await replay(scenarios, values.replay)
      console.log(told(scenarios, found))
      return found.played.broken !== undefined
    }
    const { searches, found } = await find(scenarios, bound)
    if (!found) console.log(scenarios.map(({ name }, i) => `${name}\n  ${held(searches[i]!, bound)}`).join('\n'))
    else {
      const again = `npm run orders -- ${step.number}${bug ? ` --bug ${bug.name}` : ''} --replay ${wordOf(found)}`
      console.log(`${told(scenarios, found)}\n\nAgain: ${again}`)
    }
    return found !== undefined
  }
  const wrong = bug ? await inWrongVersion(bug, run) : await run(await scenariosOf(step))
  if (bug && !wrong) console.log('This wrong version does not show in the order of what happens, or not within this bound.')
  if (wrong !== (bug !== undefined)) process.exitCode = 1
})

function held(search: Search, { random, seed }: Bound): string {
  const { tried, cut, deviations, milliseconds } = search
  const all = search.over && !cut ? 'all that there are' : `all with up to ${deviations} deviation${deviations === 1 ? '' : 's'}${cut ? `, some with ${deviations + 1}` : ''}`
  const speed = `${(milliseconds / 1000).toFixed(1)} s, ${Math.round((tried / milliseconds) * 1000)} a second`
  return `${tried} orders (${all}; ${random} by chance, seed ${seed}), ${speed}: all held`
}

function bugNamed(step: Step, name: string): Bug {
  const bugs = wrongVersions(step)
  const bug = bugs.find((bug) => bug.name === name)
  if (bug) return bug
  throw new UsageError(`${step.folder} has no "${name}", but ${bugs.map(({ name }) => name).join(', ')}`)
}
