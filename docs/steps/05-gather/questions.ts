import { inARow, output, row, run, waits } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { capital, list, ms, say, times, words } from '../../.vitepress/predict/say.ts'

const firstError = output('05-first-error', (text) => {
  const [error, waiting, last] = row(text, 'Promise.all') as [number, number, number]
  const gathered = row(text, 'gather')
  return { calls: Number(/^(\d+) calls/.exec(text)![1]), error, waiting, last, gathered: gathered[1]! }
})

const swamp = output('05-swamp', (text) => {
  const [few, all] = [row(text, '10'), row(text, 'Infinity')]
  return {
    calls: Number(/^(\d+) calls/.exec(text)![1]),
    few: { crowd: few[0]!, neighbour: few[1]! },
    all: { crowd: all[0]!, neighbour: all[1]! },
  }
})

/** How long it takes when the next group begins only when all of a group have ended. */
function inGroups(size: number): number {
  let total = 0
  for (let i = 0; i < waits.length; i += size) total += Math.max(...waits.slice(i, i + size))
  return total
}

/** How long it takes when the next begins as soon as one has ended. */
function atATime(size: number): number {
  const free = new Array<number>(size).fill(0)
  for (const wait of waits) {
    const next = free.indexOf(Math.min(...free))
    free[next]! += wait
  }
  return Math.max(...free)
}

export default [
  question('05-two-at-a-time', run('05-five-fetches-two'), [/five fetches take 550 ms/], ({ calls, total, inHand, moment }) => {
    const limit = 2
    return {
      look: moment('has the answer'),
      text: say`The same ${words(calls.length)} pages, with ${words(limit)} calls in flight at most. They take ${list(waits)} milliseconds, in this order. When is the last one there?`,
      options: [
        {
          text: say`After about ${ms(inARow / limit)}: the sum, shared by ${words(limit)}`,
          holds: total < atATime(limit),
          why: say`That would need parts which fit together exactly. Near the end one of the ${words(limit)} has nothing left to do while the other still waits: it took ${ms(total)}.`,
        },
        {
          text: say`After about ${ms(atATime(limit))}: the next begins when one has ended`,
          holds: atATime(limit) <= total && total < inGroups(limit),
          why: say`Whoever is free takes the next page, so ${words(inHand)} were in flight nearly all the time. It took ${ms(total)}.`,
        },
        {
          text: say`After about ${ms(inGroups(limit))}: in groups of ${words(limit)}, and the slowest of each counts`,
          holds: total >= inGroups(limit),
          why: say`So it is when a group must be complete before the next begins, and that is the wrong version \`chunks\`. Here nobody waits for the other: it took ${ms(total)}.`,
        },
      ],
    }
  }),

  question('05-first-error', firstError, [/does not stop the others/, /go on in the dark/], ({ calls, error, waiting, last, gathered }) => ({
    text: say`\`Promise.all\` waits for ${words(calls)} calls, and one of them fails at once. What becomes of the other ${words(calls - 1)}?`,
    options: [
      {
        text: say`They are cancelled, since nobody wants their results any more`,
        holds: waiting === 0,
        why: say`Who should cancel them? A promise only says how something ends, and cannot be told to end it. ${capital(words(waiting))} were in flight when the caller had its error, and the last ended after ${ms(last)}.`,
      },
      {
        text: say`They go on, and the caller has its error when the last has ended`,
        holds: waiting > 0 && error >= last / 2,
        why: say`They do go on. But the caller is told at the first error, after ${ms(error)}, and the last of them ended after ${ms(last)}.`,
      },
      {
        text: say`They go on, and the caller has its error already`,
        holds: waiting > 0 && error < last / 2,
        why: say`It had it after ${ms(error)}, with ${words(waiting)} calls in flight, and the last of them ended after ${ms(last)}. Their results came to nobody. The \`gather\` of this chapter leaves ${gathered === 0 ? 'none' : words(gathered)} behind.`,
      },
    ],
  })),

  question('05-swamp', swamp, [/as fast for the crowd/, /waits until the whole crowd/], ({ calls, few, all }) => {
    const crowd = few.crowd / all.crowd
    const neighbour = all.neighbour / few.neighbour
    return {
      text: say`Now the calls are work: the server computes for each. A client makes ${words(calls)} of them, ${words(10)} at a time, while a neighbour asks for something trivial. Then it makes them all at once. What changes?`,
      options: [
        {
          text: say`The crowd is done much sooner; the neighbour hardly notices`,
          holds: crowd >= 1.5 && neighbour < 2,
          why: say`Waits can overlap, but one processor computes one thing after another: the crowd took ${ms(few.crowd)} before, and ${ms(all.crowd)} now. And the neighbour noticed: it waited ${ms(all.neighbour)} at worst.`,
        },
        {
          text: say`The crowd is done much sooner, at the neighbour's expense`,
          holds: crowd >= 1.5 && neighbour >= 2,
          why: say`At the neighbour's expense, yes: ${ms(all.neighbour)} at worst, instead of ${ms(few.neighbour)}. But the crowd gained nothing. It took ${ms(few.crowd)} before and ${ms(all.crowd)} now, because one processor computes either way.`,
        },
        {
          text: say`The crowd gains nothing, and the neighbour waits many times longer`,
          holds: crowd < 1.5 && neighbour >= 2,
          why: say`The crowd took ${ms(few.crowd)} before and ${ms(all.crowd)} now. The neighbour is behind all of them: ${ms(all.neighbour)} at worst, which is ${times(neighbour)} times as long as before.`,
        },
        {
          text: say`Nothing: the server has one processor either way`,
          holds: crowd < 1.5 && neighbour < 2,
          why: say`For the crowd that is right. But the neighbour's call stands at the end of a long queue now: it waited ${ms(all.neighbour)} at worst, instead of ${ms(few.neighbour)}.`,
        },
      ],
    }
  }),
]
