import { output, row, run, sum } from '../../.vitepress/predict/facts.ts'
import type { Run } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { capital, list, ms, say, times, words } from '../../.vitepress/predict/say.ts'
import scenes from './scenes.ts'

const { clients, calls, latency, timeout } = scenes['crowd-impatient']
const each = Number(latency)

/** How many calls ended before their callers gave up. */
function answered({ calls }: Run): number {
  return calls.filter(({ start, end }) => end - start < 0.98 * timeout).length
}

const chain = output('07-chain', (text) => {
  const [takes, patience] = /C takes (\d+) ms; the caller gives up after (\d+) ms/.exec(text)!.slice(1).map(Number)
  return { takes: takes!, patience: patience!, untold: row(text, 'nobody is told').slice(0, 3) }
})

const context = output('07-cost-of-context', (text) => ({
  before: row(text, 'before anybody uses AsyncLocalStorage')[0]!,
  outside: row(text, 'once somebody has, outside')[0]!,
}))

export default [
  question('07-chain', chain, [/Each of them works on/], ({ takes, patience, untold }) => {
    const rest = takes - patience
    const going = untold.filter((ms) => ms > rest / 2).length
    const told = say`After the caller had left, the servers went on for ${list(untold.map(ms))}.`
    return {
      text: say`A client asks A, which asks B, which asks C, and C needs ${ms(takes)}. After ${ms(patience)} the client takes the answer for lost and turns to something else; its connection stays open, and it tells nobody. Which of the servers goes on working for it?`,
      options: [
        {
          text: say`None: the caller is gone, and so is the call`,
          holds: going === 0,
          why: say`Gone is its interest, and that is nowhere but in the caller. ${told}`,
        },
        {
          text: say`C alone: the others only wait`,
          holds: going > 0 && going < untold.length,
          why: say`To wait is work, too: a place at a worker, memory, a line in the table of calls. ${told}`,
        },
        {
          text: say`All ${words(untold.length)}`,
          holds: going === untold.length,
          why: say`Each has a request that it was asked, and nobody has taken that back. ${told} Together that is ${ms(sum(untold))} for one call that nobody wanted.`,
        },
      ],
    }
  }),

  question('07-crowd-impatient', run('07-crowd-impatient'), [/who had no chance/], (crowd) => {
    const got = answered(crowd)
    const all = clients * calls
    const inTime = Math.floor(timeout / each)
    return {
      look: crowd.moment('has the answer', got),
      text: say`${capital(words(clients))} clients make ${words(calls)} calls each, all at the same time. A call takes ${ms(each)}, there is one worker, and nobody waits longer than ${ms(timeout)}. How many calls are answered, and when is the server free again?`,
      options: [
        {
          text: say`${capital(words(inTime))}, and it is free after about ${ms(timeout)}`,
          holds: got === inTime && crowd.total < timeout + each / 2,
          why: say`So many fit into the time. The next one is ended in the middle of its run, and the rest leave the queue unserved. The last of it was over after ${ms(crowd.total)}.`,
        },
        {
          text: say`${capital(words(inTime))}, and it is free after about ${ms(all * each)}`,
          holds: got === inTime && crowd.total >= timeout + each / 2,
          why: say`That would be so if nobody told the server. Here the last was over after ${ms(crowd.total)}.`,
        },
        {
          text: say`All ${words(all)}: what has been accepted is finished`,
          holds: got === all,
          why: say`Accepted is not promised: an answer that comes after its deadline is of no use, so it is not made. ${capital(words(got))} were answered.`,
        },
      ],
    }
  }),

  question('07-context', context, [/in the whole process/], ({ before, outside }) => ({
    text: say`A program waits with \`await\`, again and again. Somewhere else in the same process, in a function that has nothing to do with it, \`AsyncLocalStorage\` is used for the first time. What becomes of the loop with \`await\`?`,
    options: [
      {
        text: say`Nothing: it has no store, so there is nothing to carry`,
        holds: outside / before < 1.2,
        why: say`Where that is known only when it is looked up, the looking up costs. An \`await\` took ${words(before)} ns before, and ${words(outside)} ns afterwards.`,
      },
      {
        text: say`It gets slower`,
        holds: outside / before >= 1.2,
        why: say`An \`await\` took ${words(before)} ns before, and ${words(outside)} ns afterwards: ${times(outside / before)} times as long. In this version of Node, each promise has to be told about from then on.`,
      },
    ],
  })),
]
