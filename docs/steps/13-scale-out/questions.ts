import { output, row } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { say, times, words } from '../../.vitepress/predict/say.ts'

const kills = output('13-kills', (text) => {
  const [, calls, workers] = /(\d+) calls, (\d+) workers/.exec(text)!.map(Number)
  return { calls: calls!, workers: workers!, again: Number(/beyond these (\d+) tries/.exec(text)![1]) }
})

const fleet = output('13-fleet', (text) => {
  const largest = (block: string, name: string) => row(text.slice(text.indexOf(block)), name).at(-1)!
  const [every, byChance] = ['they try again every half second', 'they try again by chance, up to the time that all of them need']
  const [asked, slow] = ['workers asked', 'calls slower than the p99 of one'].map((name) => row(text, name).at(-1)!)
  return {
    asked: asked!, slow: slow!,
    clients: Number(/^ +machines .* ([\d,]+)$/m.exec(text)![1]!.replaceAll(',', '')),
    backEvery: largest(every, 'seconds until all are back'), backByChance: largest(byChance, 'seconds until all are back'),
    peakEvery: largest(every, 'most tries in a second, as a multiple of that'), peakByChance: largest(byChance, 'most tries in a second, as a multiple of that'),
  }
})

export default [
  question('13-kills', kills, [/it is done again/], ({ calls, workers, again }) => {
    const told = say`Beyond the ${words(calls)} there were ${words(again)}.`
    return {
      text: say`Of ${words(workers)} workers some are killed, and so is the server that keeps the calls. There are ${words(calls)} calls, and each has its answer in the end. How often did a handler begin on a call that had been begun before?`,
      options: [
        {
          text: say`Never: each call is stored once and has one answer`,
          holds: again === 0,
          why: say`Both are true, and neither says how often somebody worked on it. ${told}`,
        },
        {
          text: say`A few times: for what was in hand when something was killed`,
          holds: again > 0 && again < calls / 20,
          why: say`${told} A worker that dies before its answer is stored has worked for nobody, and the next one begins from the beginning.`,
        },
        {
          text: say`Very often: when the server is back, it gives out again what it had given out`,
          holds: again >= calls / 20,
          why: say`What had its answer is known by that, and is put away. ${told}`,
        },
      ],
    }
  }),

  question('13-tail', fleet, [/rare that none of them has a bad moment/], ({ asked, slow }) => {
    const told = say`It is ${words(Math.round(slow))} of ${words(100)}.`
    return {
      text: say`A worker is nearly always quick: one answer of ${words(100)} is slow. A call asks ${words(asked)} workers at once and needs all of their answers. How many calls are as slow as that?`,
      options: [
        { text: say`As many: one of ${words(100)}`, holds: slow < 3, why: say`So it is if a call asks one of them. Here it waits for the slowest. ${told}` },
        { text: say`Some more: about one of ${words(10)}`, holds: slow >= 3 && slow < 30, why: say`So it is with fewer of them. ${told}` },
        { text: say`Most of them`, holds: slow >= 50, why: say`${told} That none of so many answers is slow is itself rare.` },
      ],
    }
  }),

  question('13-return', fleet, [/those who press hardest are back first/], ({ clients, backEvery, backByChance, peakEvery, peakByChance }) => {
    const told = say`All were back after ${backEvery} and after ${backByChance} seconds. In its busiest second the broker was asked ${times(Math.round(peakEvery))} and ${times(Math.round(peakByChance))} as much as it can do.`
    return {
      text: say`A broker has been gone for a moment, and ${words(clients)} clients want to be back. It refuses whoever finds too many before them, which costs it nothing here. Either all try again at a short, fixed interval, or each waits by chance, for as long as the broker needs for all of them at most. Which way are all of them back sooner?`,
      options: [
        {
          text: say`At the fixed interval`,
          holds: backEvery < 0.9 * backByChance,
          why: say`${told} Somebody is always there when the broker has room, and it is knocked at all the time for that.`,
        },
        { text: say`By chance`, holds: backByChance < 0.9 * backEvery, why: say`Chance is easier on the broker, and not quicker. ${told}` },
        {
          text: say`It is the same: the broker can do no more than it can`,
          holds: backEvery >= 0.9 * backByChance && backByChance >= 0.9 * backEvery,
          why: say`Only if there is always somebody at its door. ${told}`,
        },
      ],
    }
  }),
]
