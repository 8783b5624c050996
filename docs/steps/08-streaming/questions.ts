import { output, row, run } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { ms, say, times, words } from '../../.vitepress/predict/say.ts'
import { steps } from '../../.vitepress/course.ts'
import scenes from './scenes.ts'

const whole = output('08-whole', (text) => {
  const [, numbers, size] = /from 1 to (\d+): (\d+) MB/.exec(text)!.map(Number)
  const [before, most] = row(text, 'memory of the server')
  return { numbers: numbers!, size: size!, grown: Math.round((most! - before!) * 1.048576) }
})

const demo = output('08-demo', (text) => ({
  pause: Number(/pauses (\d+) ms/.exec(text)![1]),
  each: row(text, 'calls now and then')[1]!,
  all: row(text, 'a quick reader')[2]!,
}))

const pace = output('08-pace', (text) => {
  const [, streamed, called] = /\(([\d,]+) to ([\d,]+)\)/.exec(text)!.map((figure) => Number(figure.replaceAll(',', '')))
  return { streamed: streamed!, called: called! }
})

const { latency, credit, slow } = scenes['stream-slow']
const { items } = steps.find(({ number }) => number === '08')!.pieces!

export default [
  question('08-whole', whole, [/stands there as numbers/], ({ numbers, size, grown }) => {
    const ratio = grown / size
    const told = say`It was ${words(grown)} MB more than before.`
    return {
      text: say`A server is asked for the numbers from ${words(1)} to ${words(numbers)}, as one answer, which is ${words(size)} MB on the wire. How much more memory does it have at most while it does that?`,
      options: [
        {
          text: say`Hardly any: what has been sent is gone`,
          holds: ratio < 0.5,
          why: say`What has been sent is. But nothing is sent before all of the answer is there. ${told}`,
        },
        {
          text: say`About as much as the answer: ${words(size)} MB`,
          holds: ratio >= 0.5 && ratio < 1.5,
          why: say`If there were one copy of it. ${told}`,
        },
        {
          text: say`Several times as much`,
          holds: ratio >= 1.5,
          why: say`${told} That is ${times(ratio)} times the answer. It is there as numbers, as a text, and as the bytes of that text, and each of these is made before the last one is let go.`,
        },
      ],
    }
  }),

  question('08-stream-slow', run('08-stream-slow'), [/nothing waits anywhere/], (trace) => {
    const taken = items * slow
    const { total } = trace
    const told = say`The end came after ${ms(total)}.`
    return {
      look: trace.moment('has the answer'),
      text: say`An answer has ${words(items)} items. The server could make them in ${ms(latency)}; the reader takes one and pauses ${ms(slow)}, so it needs ${ms(taken)}. It has granted ${words(credit)} items ahead. When has the server made the last item, and is free for somebody else?`,
      options: [
        {
          text: say`After about ${ms(latency)}: it makes them, and the rest waits on the way`,
          holds: total < (latency + taken) / 2,
          why: say`On the way there is room for ${words(credit)}, and for no more. ${told}`,
        },
        {
          text: say`A little before the reader has taken the last one`,
          holds: total >= (latency + taken) / 2 && total < taken,
          why: say`${told} It is ahead of its reader by what was granted and not taken, and that is never more than ${words(credit)} items.`,
        },
        {
          text: say`When the reader has taken the last one: each item waits for that`,
          holds: total >= taken,
          why: say`So it would be with a credit of ${words(1)}. With ${words(credit)} it may be that far ahead. ${told}`,
        },
      ],
    }
  }),

  question('08-beside', demo, [/Nobody stands behind anybody/], ({ pause, each, all }) => {
    const told = say`It took ${ms(each)}, while the stream of the quick reader took ${ms(all)}.`
    return {
      text: say`There is one connection. A quick reader takes a long stream from it, as fast as it comes. A slow reader takes another one, and pauses ${ms(pause)} after each item. Now and then there is an ordinary call. How long does that take, as a rule?`,
      options: [
        {
          text: say`As long as by itself, or nearly`,
          holds: each < pause / 2,
          why: say`${told} What the slow reader has not asked for is not sent, and the quick stream sends a little in each turn.`,
        },
        {
          text: say`About ${ms(pause)}: it comes behind items that the slow reader has not taken`,
          holds: each >= pause / 2 && each < 10 * pause,
          why: say`Such items would be in its way, and the answer to it is to send none of them. ${told}`,
        },
        {
          text: say`Until the quick stream is through: it has the connection`,
          holds: each >= 10 * pause,
          why: say`A whole answer has the connection until it is through, and a stream leaves after each message. ${told}`,
        },
      ],
    }
  }),

  question('08-pace', pace, [/nothing else is done for it/], ({ streamed, called }) => {
    const ratio = streamed / called
    const told = say`It was ${words(streamed)} items a second as a stream, and ${words(called)} when each is a call: ${times(ratio)} times as many.`
    return {
      text: say`A long list of numbers is fetched, once as a stream, and once with a call for each of them, of which many are in flight. How many items a second does the stream give?`,
      options: [
        {
          text: say`Fewer: it has to wait for credit`,
          holds: ratio < 0.8,
          why: say`The credit comes in time, while the items before it are still being read. ${told}`,
        },
        {
          text: say`About as many: it is the same connection`,
          holds: ratio >= 0.8 && ratio < 1.5,
          why: say`It is, but of a call the connection is the smaller part. ${told}`,
        },
        {
          text: say`Many more`,
          holds: ratio >= 1.5,
          why: say`${told} A call is a request and a reply, an entry in a table at either end, and a place in the queue. An item is a number in a list, and the messages that carry it carry many.`,
        },
      ],
    }
  }),
]
