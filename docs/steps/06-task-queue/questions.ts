import { output, row, run } from '../../.vitepress/predict/facts.ts'
import type { Run } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { capital, ms, say, times, words } from '../../.vitepress/predict/say.ts'
import scenes from './scenes.ts'

const each = scenes.crowd.latency

/** When the client that was served last had the first of its answers. */
function lastFirst({ calls }: Run): number {
  const first = new Map<string, number>()
  for (const { call = '', end } of calls) {
    const client = call.slice(0, call.indexOf(':'))
    first.set(client, Math.min(first.get(client) ?? Infinity, end))
  }
  return Math.max(...first.values())
}

const waiting = output('06-waiting', (text) => {
  // The formula, and the queue without a bound and with it.
  const measured = (utilisation: string) => row(text, utilisation)[1]!
  return { half: measured('0.5'), nearly: measured('0.9') }
})

const overload = output('06-overload', (text) => {
  const [, served, least] = /it serves: (\d+) calls\/s, promised at least (\d+)/.exec(text)!.map(Number)
  // What was promised is nine tenths of what it can do.
  return { served: served!, most: least! / 0.9 }
})

const thread = output('06-cost-of-a-thread', (text) => {
  const [here, there, ownRate, rate] = row(text, '1')
  return { here: here!, there: there!, ratio: rate! / ownRate! }
})

export default [
  question('06-first-answers', run('06-crowd'), [/order decides is who waits/], (crowd) => {
    const { clients, calls } = scenes.crowd
    const first = lastFirst(crowd)
    return {
      look: crowd.moment('has the answer', (clients - 1) * calls + 1),
      text: say`${capital(words(clients))} clients come at once, with ${words(calls)} calls each, which take ${ms(each)}. There is one worker, and whoever came first is next. When does the client that comes last have the first of its answers?`,
      options: [
        {
          text: say`After about ${ms(each)}: the first call of each client is run at once`,
          holds: first < 2 * each,
          why: say`There is one worker, so one call is run at once. This client had its first answer after ${ms(first)}.`,
        },
        {
          text: say`After about ${ms(clients * each)}: when each client has had one`,
          holds: 2 * each <= first && first < 2 * clients * each,
          why: say`That takes somebody who sees to it. Here each client sends all of its calls at once, so they stand in the line together, and the last client stands behind all others: it had its first answer after ${ms(first)}.`,
        },
        {
          text: say`After about ${ms(((clients - 1) * calls + 1) * each)}: when the others have had all of theirs`,
          holds: first >= 2 * clients * each,
          why: say`Each client sends all of its calls at once, so they stand in the line together. Who comes last is behind every call of the others, and had its first answer after ${ms(first)}.`,
        },
      ],
    }
  }),

  question('06-turns', run('06-crowd-fair'), [/so is the time until all of it is done/], (crowd) => {
    const { clients, calls } = scenes.crowd
    const first = lastFirst(crowd)
    const { total } = crowd
    const all = clients * calls * each
    return {
      look: crowd.moment('has the answer', clients),
      text: say`The same calls, but now the connections take turns. What becomes of the wait for that first answer, and of the time until all ${words(clients * calls)} are done?`,
      options: [
        {
          text: say`It comes much sooner, and all together take longer: taking turns costs something`,
          holds: first < all / 2 && total >= 1.15 * all,
          why: say`Whose turn it is costs the server a look at a list. All was done after ${ms(total)}, with ${ms(all)} of work in it.`,
        },
        {
          text: say`It comes much sooner, and all together take as long as before`,
          holds: first < all / 2 && total < 1.15 * all,
          why: say`The worker has the same work, in another order: all was done after ${ms(total)}. But the client that came last had its first answer after ${ms(first)}. Those who came first pay for it: their last answers come later.`,
        },
        {
          text: say`Neither changes: there is one worker`,
          holds: first >= all / 2,
          why: say`For the total that is right. But an order decides who waits, and the first answer came after ${ms(first)}.`,
        },
      ],
    }
  }),

  question('06-utilisation', waiting, [/last tenth is the dear one/], ({ half, nearly }) => {
    const ratio = nearly / half
    const told = say`It was ${ms(nearly)} in place of ${ms(half)}.`
    return {
      text: say`At a utilisation of ${0.5}, a request waits ${ms(half)} in the mean. Now ${times(0.9 / 0.5)} times as many come, so that the utilisation is ${0.9}. How long does a request wait?`,
      options: [
        {
          text: say`About ${times(0.9 / 0.5)} times as long: as much as comes more`,
          holds: ratio < 3,
          why: say`Waiting does not grow with what comes, but with how seldom a worker is free. ${told}`,
        },
        {
          text: say`About ${words(5)} times as long: so much less of the time is free`,
          holds: 3 <= ratio && ratio < 10,
          why: say`That is the right thought for one worker. With several it is rarer that all have something to do, so at ${0.5} hardly anybody waits, and the step is higher. ${told}`,
        },
        {
          text: say`More than ${words(10)} times as long`,
          holds: ratio >= 10,
          why: say`${told} When workers are rarely free, a little crowd that comes by chance is still there when the next one comes, and they add up.`,
        },
      ],
    }
  }),

  question('06-overload', overload, [/measures what this chapter has promised/], ({ served, most }) => {
    const part = served / most
    const told = say`It served ${words(served)} calls a second, and ${words(Math.round(most))} when it was given no more than it can do.`
    return {
      text: say`A server is sent ${words(2)} times as many calls as it can do, for seconds on end. Its queue is full, and it refuses every other call. How much of what it can do does it still do?`,
      options: [
        {
          text: say`Nearly all of it`,
          holds: part >= 0.9,
          why: say`A refusal is made before anything was done for the call, so it takes nearly nothing away from those that are accepted. ${told}`,
        },
        {
          text: say`A good part of it: the rest goes into refusing`,
          holds: 0.25 <= part && part < 0.9,
          why: say`So it would be if to refuse were as much work as to serve. ${told}`,
        },
        {
          text: say`Next to nothing: under overload a server breaks down`,
          holds: part < 0.25,
          why: say`That is what becomes of one that takes everything on, when its callers lose their patience. ${told}`,
        },
      ],
    }
  }),

  question('06-thread', thread, [/tiny work is many times slower/], ({ here, there, ratio }) => ({
    text: say`The smallest work there is: \`hash\` with one round takes ${times(1000 * here)} microseconds. Many callers ask for it at once. If it is handed to a thread, so that the main thread has nothing to compute, how many calls are done in a second?`,
    options: [
      {
        text: say`More: there is a second processor at work`,
        holds: ratio > 1.2,
        why: say`Only if handing over cost less than the work. A call by itself takes ${times(there / here)} times as long by way of the thread.`,
      },
      {
        text: say`About as many: the work is the same`,
        holds: 0.5 < ratio && ratio <= 1.2,
        why: say`The work is, but it is the smaller part. A call by itself takes ${times(there / here)} times as long by way of the thread.`,
      },
      {
        text: say`Far fewer`,
        holds: ratio <= 0.5,
        why: say`Each call is copied, sent, and has a thread woken for it, and its answer comes back in the same way. By itself it takes ${times(there / here)} times as long as on the main thread. Of the crowd, ${times(1 / ratio)} times as many are done without the thread.`,
      },
    ],
  })),
]
