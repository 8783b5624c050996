import { inARow, longest, output, row, run, waits } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { list, ms, say, times, words } from '../../.vitepress/predict/say.ts'

const many = output('05-total-against-n', (text) => {
  const counts = row(text, 'n')
  return {
    each: Number(/wait (\d+) ms/.exec(text)![1]),
    n: counts.at(-1)!,
    // Each cell is "measured (predicted)".
    gathered: row(text, '05, gathered').at(-2)!,
    limited: row(text, '05, at most 10').at(-2)!,
  }
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
  question('05-gathered', run('05-five-fetches'), ({ calls, total, inHand, moment }) => ({
    look: moment('has the answer'),
    text: say`All ${words(calls.length)} calls are made before the first is awaited. The pages take ${list(waits)} milliseconds. When does \`fetchAll\` have the last of them?`,
    options: [
      {
        text: say`After about ${ms(inARow / calls.length)}: the average`,
        holds: total < longest,
        why: say`Some are ready by then, and \`Promise.all\` wants them all. The slowest took ${ms(longest)}, however quick the others were.`,
      },
      {
        text: say`After about ${ms(longest)}: the slowest`,
        holds: longest <= total && total < inARow,
        why: say`All waits run at the same time, and the last of them to end is the longest. After ${ms(total)} the client had everything.`,
      },
      {
        text: say`After about ${ms(inARow)}: the sum, since there is one connection and one thread`,
        holds: total >= inARow,
        why: say`Messages share the connection, and waits need none. The server had ${words(inHand)} requests in hand at once.`,
      },
    ],
  })),

  question('05-two-at-a-time', run('05-five-fetches-two'), ({ calls, total, inHand, moment }) => {
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

  question('05-hundred', many, ({ each, n, gathered, limited }) => ({
    text: say`A client gathers ${words(n)} calls, without a limit. Each waits ${ms(each)} on a server with one thread. How long does all of it take?`,
    options: [
      {
        text: say`Hardly longer than one: about ${ms(each)}`,
        holds: gathered < 2 * each,
        why: say`It took ${ms(gathered)}. Waiting at the same time is free, and what each call needs besides is a fraction of a millisecond.`,
      },
      {
        text: say`Several times as long as one: so many calls are a burden`,
        holds: 2 * each <= gathered && gathered < n * each,
        why: say`They are, but a light one, since waiting is no work: it took ${ms(gathered)}. With ${words(10)} in flight at most it does take ${ms(limited)}, because then the client waits.`,
      },
      {
        text: say`About ${ms(n * each)}: one thread, one call after another`,
        holds: gathered >= n * each,
        why: say`That is what an \`await\` in a loop makes of it. Gathered, all waits run at once, and it took ${ms(gathered)}.`,
      },
    ],
  })),

  question('05-swamp', swamp, ({ calls, few, all }) => {
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
