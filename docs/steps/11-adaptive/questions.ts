import { output, row } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { ms, say, times, words } from '../../.vitepress/predict/say.ts'

const fixed = output('11-fixed', (text) => {
  // Two numbers for each change: as before, half the load, fewer workers, more of them, slower ones.
  const [, before] = /^(\d+) workers/.exec(text)!.map(Number)
  const [, after] = /(\d+) workers +takes/.exec(text)!.map(Number)
  return { before: before!, after: after!, more: row(text, 'fixed 22')[6]! }
})

const worth = output('11-worth', (text) => {
  const [right, vegas] = ['fixed 22', 'vegas'].map((name) => row(text, name))
  return { served: right![0]!, more: right![6]!, learned: vegas![0]!, learnedMore: vegas![6]! }
})

const demo = output('11-demo', (text) => {
  const thirds = (name: string) =>
    [...text.matchAll(new RegExp(`^${name} .*? (\\d+) +\\d+ +(\\d+) ms +\\d+ ms$`, 'gm'))].map(([, served, ms]) => ({
      served: Number(served),
      ms: Number(ms),
    }))
  const [, each, workers] = /each (\d+) ms of work for one of (\d+) workers/.exec(text)!.map(Number)
  const [whole, half] = thirds('fixed 150')
  const [, few] = /^third there are (\d+)/m.exec(text)!.map(Number)
  return { each: each!, workers: workers!, few: few!, whole: whole!.ms, half: half!.ms }
})

const turns = output('11-turns', (text) => {
  const [fifo, lifo] = ['first in, first out', 'adaptive LIFO'].map((name) => row(text, name))
  const [, patience] = /answered within (\d+) ms/.exec(text)!.map(Number)
  return { patience: patience!, fifo: fifo![4]!, lifo: lifo![4]! }
})

const choices = output('11-choices', (text) => {
  // In pairs, p99 and what the slow one is given: well at first, and slow then.
  const [robin, two] = ['round robin', 'least of two'].map((name) => row(text, name))
  return { usual: robin![0]!, robin: robin![2]!, two: two![2]! }
})

export default [
  question('11-yesterday', fixed, [/right until there is more to be had/], ({ before, after, more }) => {
    const told = say`It served ${words(more)} per cent of what the server could have done.`
    return {
      text: say`A server has ${words(before)} workers, and more to do than they can. Somebody has found the right number for it: a little more than that may be in flight. Then it is given ${words(after)} workers, and so much comes that they all could work. How much of that is answered?`,
      options: [
        {
          text: say`All that can be done: there are workers enough`,
          holds: more >= 90,
          why: say`The workers are there, and nobody lets the work in. ${told}`,
        },
        {
          text: say`As much as before, and no more`,
          holds: more < 50,
          why: say`${told} What is not let in is not done, and nothing looks wrong: those who are let in are answered as quickly as ever. The others are told that it is too much, by a server most of which is idle.`,
        },
        {
          text: say`Somewhere between`,
          holds: more >= 50 && more < 90,
          why: say`A number that is in nobody's way would do that. ${told}`,
        },
      ],
    }
  }),

  question('11-high', demo, [/Little's law, line by line/], ({ each, workers, few, whole, half }) => {
    const ratio = half / whole
    const told = say`It went from ${ms(whole)} to ${ms(half)}.`
    return {
      text: say`A server has ${words(workers)} workers, and each request is ${ms(each)} of work. Somebody wanted to be on the safe side, so many more than that may be in flight. More comes than can be done. Now only ${words(few)} workers are left. What becomes of the latency of those who are let in?`,
      options: [
        {
          text: say`It hardly changes: the limit is the same, so as many stand there`,
          holds: ratio < 1.3,
          why: say`As many stand there, and they leave more slowly. ${told}`,
        },
        {
          text: say`It grows by about as much as workers have left`,
          holds: ratio >= 1.3 && ratio < 4,
          why: say`${told} In flight are as many as before, and ${times(workers / few)} times fewer are done in a second. So by Little's law each of them is there for that much longer. The number did what it was for; it was never meant to hold the latency.`,
        },
        {
          text: say`It grows as long as one looks`,
          holds: ratio >= 4,
          why: say`So it is without a limit. A fixed one holds, however bad it is. ${told}`,
        },
      ],
    }
  }),

  question('11-late', turns, [/what they do comes too late/], ({ patience, fifo, lifo }) => {
    const told = say`It was ${words(fifo)} per cent. With adaptive LIFO it was ${words(lifo)}.`
    return {
      text: say`A queue has room for many, first in, first out. Much more comes than can be done. Callers wait for ${ms(patience)} and then do something else, without telling anybody. Of what can be done, how much is answered while its caller is still there?`,
      options: [
        {
          text: say`All of it: the workers are always at work`,
          holds: fifo >= 80,
          why: say`They are, but when is an answer of theirs there? Each request has stood behind all those that came before. ${told}`,
        },
        {
          text: say`A good part: whoever came while the queue was short`,
          holds: fifo >= 40 && fifo < 80,
          why: say`That is the very beginning. A queue that is full stays full, as long as more comes than goes. ${told}`,
        },
        {
          text: say`Hardly anything`,
          holds: fifo < 40,
          why: say`${told} The queue is full all the time, so everybody waits for the whole length of it before it is their turn, and by then they have gone. All the workers are busy, and it is for nothing.`,
        },
      ],
    }
  }),

  question('11-slow-one', choices, [/every fifth call goes to the slow one/], ({ usual, robin, two }) => {
    const told = say`By calls in flight it took ${ms(two)} or longer; in turn it was ${ms(robin)}, and ${ms(usual)} while all were well.`
    return {
      text: say`One of several servers becomes much slower than its neighbours. The balancer takes a pair of them by chance, and asks the one that has fewer calls in flight. Does the slowest hundredth of all calls notice?`,
      options: [
        {
          text: say`No: the slow one has always more in flight, so it is not asked`,
          holds: two < 2 * usual,
          why: say`It has more in flight until it has answered, and then it is asked again. ${told}`,
        },
        {
          text: say`Yes, and as much as if the servers were asked in turn`,
          holds: two >= 0.9 * robin,
          why: say`In turn, the slow one is given more than it can do, and that piles up. ${told}`,
        },
        {
          text: say`Yes, but less than if they were asked in turn`,
          holds: two >= 2 * usual && two < 0.9 * robin,
          why: say`${told} What is in flight keeps the pile small. It does not tell that the slow one is slow even when it has nothing to do.`,
        },
      ],
    }
  }),

  question('11-worth', worth, [/serves as much as `vegas`/], ({ served, learned, more, learnedMore }) => {
    const near = Math.abs(served - learned) <= 5
    const told = say`The fixed one served ${words(served)} per cent of what can be done, and the one that learns ${words(learned)}.`
    return {
      text: say`Nothing changes, and the server has more to do than it can. One limit is fixed, and right. The other one is \`vegas\`, which begins with something else and learns. Which serves more?`,
      options: [
        {
          text: say`The one that learns: it finds what nobody would guess`,
          holds: !near && learned > served,
          why: say`There was nothing to find that was not known. ${told}`,
        },
        {
          text: say`The fixed one, by far: learning takes places away to measure`,
          holds: !near && learned < served,
          why: say`It does, for a few rounds in many. ${told}`,
        },
        {
          text: say`They are about the same`,
          holds: near,
          why: say`${told} When the server was given more workers, it was ${words(more)} and ${words(learnedMore)}: that is what learning is for. If nothing ever changes, choose a number.`,
        },
      ],
    }
  }),
]
