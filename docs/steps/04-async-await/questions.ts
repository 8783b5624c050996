import { folderOf, output, row } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { list, say, times, words } from '../../.vitepress/predict/say.ts'

const log = {
  file: 'steps/04-async-await/test/promises-on-loop.test.ts',
  read(text: string) {
    const lines = /const kept = \[(.*)\]/.exec(text)?.[1]?.match(/(?<=')[^']+/g)
    return (lines ?? []).filter((line) => /^\w/.test(line))
  },
}

const turns = {
  file: 'steps/04-async-await/test/coroutine.test.ts',
  read(text: string) {
    const all = [...text.matchAll(/toEqual\(\[(.*)\]\)/g)].map(([, list = '']) => list.match(/(?<=')\w+ \d/g) ?? [])
    const lines = all.find((list) => list.length > 0) ?? []
    const names = [...new Set(lines.map((line) => line.split(' ')[0]!))]
    return lines.map((line) => {
      const [name = '', n] = line.split(' ')
      return `${'ab'[names.indexOf(name)]} ${Number(n) + 1}`
    })
  },
}

const bench = output('bench', (text) => {
  const inFlight = (number: string) => row(text, folderOf(number))[1]!
  return { callbacks: inFlight('02'), promises: inFlight('04') }
})

export default [
  question('04-turns', turns, [/At `await` it gives the thread back/, /their turns in exactly the same order/, /each is told once, never synchronously/], (order) => {
    const names = [...new Set(order.map((line) => line[0]!))]
    const each = order.length / names.length
    const of = (name: string) => Array.from({ length: each }, (_, i) => `${name} ${i + 1}`)
    const inARow = names.flatMap(of)
    const inTurn = of('').flatMap((n) => names.map((name) => name + n))
    const is = (lines: string[]) => order.join() === lines.join()
    return {
      text: say`Each of ${words(names.length)} \`async\` functions counts to ${words(each)} in a loop. After each number it awaits a value that is there already, so there is nothing to wait for. \`a\` is called, and \`b\` in the next line. In which order do the numbers come?`,
      options: [
        {
          text: say`${inARow.join(', ')}`,
          holds: is(inARow),
          why: say`So it would be if \`await\` looked whether the value is there, and then simply went on. It does not look: it always gives the thread back, and goes on from a queue. The order was ${order.join(', ')}.`,
        },
        {
          text: say`${inTurn.join(', ')}`,
          holds: is(inTurn),
          why: say`\`await\` always gives the thread back, even for a value that is there, and the rest of the function takes its place at the end of a queue. There the other one stands already.`,
        },
        {
          text: say`Sometimes one, sometimes the other`,
          holds: !is(inARow) && !is(inTurn),
          why: say`Who waits for the network comes when it comes. But here nobody waits, and the queue is first come, first served: ${order.join(', ')}, on every machine.`,
        },
      ],
    }
  }),

  question('04-order', log, [/promises were settled in time/, /queue of microtasks/, /returned \*to Node\*/, /give the thread back after each turn/], (order) => {
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

  question('04-promises', bench, [/promises cost something/], ({ callbacks, promises }) => {
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
