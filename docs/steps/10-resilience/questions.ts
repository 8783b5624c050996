import { output, row } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { say, times, words } from '../../.vitepress/predict/say.ts'
import { numberIn } from '../../.vitepress/words/claim.ts'

const demo = output('10-demo', (text) => {
  const names = [...text.matchAll(/^server (\w) begins/gm)]
  const [, rate, killed, back] = /makes (\d+) calls a second[^]*After (\d+) ms[^]*after (\d+) ms/.exec(text)!.map(Number)
  const [calls, , lost] = row(text, 'a plain caller')
  // What it had still to ask when the server was killed.
  return { names, rate: rate!, gone: back! - killed!, rest: calls! - (rate! * killed!) / 1000, lost: lost! }
})

/** One stretch of time in a simulation: what was asked, and how long the part of its bar is that was answered. */
interface Stretch {
  at: number
  wrong: { asked: number; answered: number }
  right: { asked: number; answered: number }
}

/** The stretches of a picture with the wrong way on the left and the right way on the right. */
function stretches(text: string): Stretch[] {
  const lines = text.matchAll(/^ *([\d.]+) {2}([=# ]{30}) *(\d+) {2}([=# ]{30}) *(\d+)$/gm)
  const side = (bar = '', asked = '') => ({ asked: Number(asked), answered: bar.split('=').length - 1 })
  return [...lines].map(([, at, left, one, other, two]) => ({ at: Number(at), wrong: side(left, one), right: side(other, two) }))
}

const storm = (scene: string) => output(`10-${scene}`, stretches)

/** The second in which the server of a scene is as quick as before. */
const slowUntil = () => numberIn('steps/10-resilience/tried/scenes.ts', /now\(\) < ([\d_]+)/) / 1000

export default [
  question('10-demo', demo, [/every call that is meant for the dead server/], ({ names, rate, gone, rest, lost }) => {
    const part = lost / rest
    const told = say`It lost ${words(lost)} of the ${words(rest)} that it had still to make.`
    return {
      text: say`A caller has a connection to each of ${words(names.length)} servers, and asks each of them in its turn, ${words(rate)} times a second in all. One server is killed, and is back after ${words(gone)} ms. It had ${words(rest)} calls still to make. How many of them does it lose?`,
      options: [
        {
          text: say`A few: those that the server had when it was killed`,
          holds: part < 0.05,
          why: say`These are lost for certain. But the next ones go over the same connection. ${told}`,
        },
        {
          text: say`One of ${words(names.length)}, as long as the server is away`,
          holds: part >= 0.05 && lost / rate < (1.3 * gone) / (names.length * 1000),
          why: say`The server is back, and its connection is not. ${told}`,
        },
        {
          text: say`One of ${words(names.length)}, to the end`,
          holds: part >= 0.05 && lost / rate >= (1.3 * gone) / (names.length * 1000),
          why: say`${told} A connection does not come back by itself, whoever listens again at the other end.`,
        },
      ],
    }
  }),

  question('10-retries', storm('retries'), [/A short trouble has become a lasting one/], (all) => {
    const usual = all[0]!.wrong
    const after = all.at(-1)!
    const ratio = after.wrong.asked / usual.asked
    const told = say`In the last second it is asked ${times(ratio)} times as much as in the first, and what it answers in time is ${after.wrong.answered === 0 ? 'nothing' : 'not what it was'}.`
    return {
      text: say`A server has room to spare. For some seconds it is much slower than it should be, and then it is as quick as before. Its callers wait for a moment, and try again, a few times at most, with full jitter. How is it ${words(after.at + 1 - slowUntil())} seconds after it is quick again?`,
      options: [
        {
          text: say`As it was before`,
          holds: ratio < 1.2 && after.wrong.answered > 0,
          why: say`So it would be if nobody tried again. ${told}`,
        },
        {
          text: say`It has more to do than before, and answers all of it a little later`,
          holds: ratio >= 1.2 && after.wrong.answered > 0,
          why: say`A little later is too late for a caller who has left. ${told}`,
        },
        {
          text: say`It is down, and stays down`,
          holds: ratio >= 1.2 && after.wrong.answered === 0,
          why: say`${told} Each answer that is too late makes further calls, and these make the answers late.`,
        },
      ],
    }
  }),

  question('10-jitter', storm('jitter'), [/They did so in step/], (all) => {
    const back = all.filter(({ at }) => at >= 2)
    const most = Math.max(...back.map(({ wrong }) => wrong.asked))
    const spread = Math.max(...back.map(({ right }) => right.asked))
    const clients = all[0]!.wrong.asked
    const told = say`It was ${words(most)}. With full jitter it was ${words(spread)} at most.`
    return {
      text: say`At one moment ${words(clients)} clients lose their server. Each waits before it connects again, and each further time it waits longer, up to a limit. There is no jitter. After a while the server is back. How many of them come in the busiest moment after that?`,
      options: [
        {
          text: say`Not many: they wait longer and longer, so there are fewer and fewer at a time`,
          holds: most < clients / 2,
          why: say`There are fewer and fewer moments, and as many come in each. ${told}`,
        },
        {
          text: say`All of them`,
          holds: most >= clients / 2 && most <= clients,
          why: say`${told} They have begun to wait at the same moment, and have waited equally long ever since.`,
        },
        {
          text: say`More than there are: some come a further time`,
          holds: most > clients,
          why: say`Whoever has a connection comes no more. ${told}`,
        },
      ],
    }
  }),

  question('10-probes', storm('probes'), [/On the right it is a single call/], (all) => {
    // From when both are open until the server is back.
    const away = all.filter(({ at }) => at >= 0.6 && at < 2.5)
    const asked = (side: 'wrong' | 'right') => away.reduce((sum, stretch) => sum + stretch[side].asked, 0)
    const [loose, strict] = [asked('wrong'), asked('right')]
    const told = say`It was asked ${words(loose)} times in that time; by a breaker that lets one call through, ${words(strict)} times.`
    return {
      text: say`A server is gone. The breaker before it lets nobody through, but from time to time it looks whether the server is back: then it lets calls through until the first of them has failed, which takes a little while. How much is the server asked while it is gone?`,
      options: [
        {
          text: say`Hardly at all: the first failure closes the door again`,
          holds: loose < 10 * strict,
          why: say`It does. Until then the door stands open. ${told}`,
        },
        {
          text: say`Each time by everybody who comes until the first failure`,
          holds: loose >= 10 * strict && loose < 1500,
          why: say`${told} A failure takes as long as an answer, and meanwhile all others are let through.`,
        },
        {
          text: say`As much as without a breaker`,
          holds: loose >= 1500,
          why: say`Most of the time it is open, and then nobody is let through. ${told}`,
        },
      ],
    }
  }),

  question('10-hedges', storm('hedges'), [/It is the storm again/], (all) => {
    const after = all.filter(({ at }) => at >= slowUntil() && at < slowUntil() + 10)
    const asked = (side: 'wrong' | 'right') => after.reduce((sum, stretch) => sum + stretch[side].asked, 0)
    const ratio = asked('wrong') / asked('right')
    const told = say`It was asked ${times(ratio)} times as much as with a budget.`
    return {
      text: say`For some seconds a server is a little slower than usual, and then as quick as before. Whoever waits for longer than usual asks a further time, and takes the answer that is first. There is no budget for that. How much is the server asked in the ${words(after.length)} seconds that follow?`,
      options: [
        {
          text: say`As much as with a budget: it is as quick as before, so no call is late`,
          holds: ratio < 1.3,
          why: say`It is as quick as before, and it has more to do. ${told}`,
        },
        {
          text: say`Nearly as much again`,
          holds: ratio >= 1.3 && ratio < 2.2,
          why: say`${told} What was done for late calls makes all calls late, and so it goes on.`,
        },
        {
          text: say`More and more: each late call leads to several others`,
          holds: ratio >= 2.2,
          why: say`Each call is made once more, and not again and again. ${told}`,
        },
      ],
    }
  }),
]
