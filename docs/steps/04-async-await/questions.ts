import { folderOf, inARow, longest, output, row, run, sum, waits } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { list, ms, place, say, times, words } from '../../.vitepress/predict/say.ts'

const log = {
  file: 'steps/04-async-await/test/promises-on-loop.test.ts',
  read(text: string) {
    const lines = /const kept = \[(.*)\]/.exec(text)?.[1]?.match(/(?<=')[^']+/g)
    return (lines ?? []).filter((line) => /^\w/.test(line))
  },
}

const bench = output('bench', (text) => {
  const inFlight = (number: string) => row(text, folderOf(number))[1]!
  return { callbacks: inFlight('02'), promises: inFlight('04') }
})

export default [
  question('04-order', log, (order) => {
    const timers = order.filter((line) => line.startsWith('due')).map((_, i) => i + 1)
    const due = timers.map((n) => `due ${n}`)
    const resumed = timers.map((n) => `resumed ${n}`)
    const inTurn = timers.flatMap((n) => [`due ${n}`, `resumed ${n}`])
    const is = (lines: string[]) => order.join() === lines.join()
    return {
      text: say`On the loop of step ${'03'}, timers are due after ${list(timers)} milliseconds, and for each a function is put aside in an \`await\`. Then \`loop.run()\` runs until nothing is left to do. What happens in which order?`,
      options: [
        {
          text: say`${inTurn.join(', ')}`,
          holds: is(inTurn),
          why: say`So it is when somebody resumes the functions between the timers. Nobody does: that is Node's work, and Node does not have the thread while \`loop.run()\` runs.`,
        },
        {
          text: say`${[...due, ...resumed].join(', ')}`,
          holds: is([...due, ...resumed]),
          why: say`The promises are settled in time. But the functions that wait for them are resumed from a queue which is emptied only when Node has its thread back, and that is when our loop has ended.`,
        },
        {
          text: say`${due.join(', ')}, and no function is ever resumed`,
          holds: is(due),
          why: say`They are resumed, but late: when \`loop.run()\` has returned, Node has its thread again, and empties its queue. The order was ${order.join(', ')}.`,
        },
      ],
    }
  }),

  question('04-third-answer', run('04-five-fetches'), ({ calls, inHand, moment }) => {
    const n = 3
    const first = waits.slice(0, n)
    const own = waits[n - 1]!
    const { start, end } = calls[n - 1]!
    return {
      look: moment('has the answer', n),
      text: say`The thread is free while it waits, and the server can have many requests in hand. The client fetches its pages in a \`for\` loop with \`await\`; the first ${words(n)} take ${list(first)} milliseconds. When is the ${place(n)} answer there?`,
      options: [
        {
          text: say`After about ${ms(own)}, which is what its page takes`,
          holds: end < Math.max(...first),
          why: say`Counted from its own call, that is right: it took ${ms(end - start)}. But the call was made only after ${ms(start)}, because the loop had not come to it before.`,
        },
        {
          text: say`After about ${ms(Math.max(...first))}, with the slowest of the ${words(n)}`,
          holds: Math.max(...first) <= end && end < sum(first),
          why: say`It would be if they were under way together. The server could have many in hand, and never had more than ${words(inHand)}: the client did not ask.`,
        },
        {
          text: say`After about ${ms(sum(first))}, which is the sum of the ${words(n)}`,
          holds: end >= sum(first),
          why: say`\`await\` puts the whole function aside, and the rest of the loop with it. So a call is made when the one before it has been answered, and the ${place(n)} answer was there after ${ms(end)}.`,
        },
      ],
    }
  }),

  question('04-five-clients', run('04-five-clients'), ({ calls, total, inHand, moment }) => ({
    look: moment('has the answer'),
    text: say`Now ${words(calls.length)} clients come at once, with one call each. The server is still one thread, and awaits. When does the last client have its answer?`,
    options: [
      {
        text: say`After about ${ms(inARow)}: the server awaits one handler after another`,
        holds: total >= inARow,
        why: say`It would, with an \`await\` in front of the handler, and that is the wrong version \`awaits-handler\` on a single connection. Ours starts the handler and reads on: it had ${words(inHand)} requests in hand at once.`,
      },
      {
        text: say`After about ${ms(longest)}, which is what the slowest page takes`,
        holds: total < inARow,
        why: say`An \`await\` puts a function aside, not the thread. The server had ${words(inHand)} requests in hand at once, and the last answer was there after ${ms(total)}.`,
      },
    ],
  })),

  question('04-promises', bench, ({ callbacks, promises }) => {
    const ratio = promises / callbacks
    const told = say`In the same run it makes ${promises} times as many calls as the bare program, and the callbacks of step ${'02'} make ${callbacks} times as many.`
    return {
      text: say`A promise or more for each call, and a turn in a queue. With many calls in flight, how many does this step make in a second, compared with the callbacks of step ${'02'}?`,
      options: [
        {
          text: say`As many`,
          holds: ratio >= 0.9,
          why: say`The waiting costs nothing, but the bookkeeping does. ${told}`,
        },
        {
          text: say`Fewer, but not by far`,
          holds: 0.4 <= ratio && ratio < 0.9,
          why: say`${told} So step ${'02'} makes ${times(1 / ratio)} times as many as this one, when there is nothing to wait for. Beside a wait of a millisecond the difference is small.`,
        },
        {
          text: say`Only a small part`,
          holds: ratio < 0.4,
          why: say`Promises are cheap: an object, and a place in a queue. ${told}`,
        },
      ],
    }
  }),
]
