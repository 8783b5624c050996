import { row } from '../../.vitepress/predict/facts.ts'
import { textOf } from '../../.vitepress/source.ts'
import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

const waiting = 'docs/steps/06-task-queue/traces/06-waiting.txt'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['at 1.0 they would be at work all the time'],
      from: 'what the word means: as much comes as can be done',
      is: () => [1],
    },
    {
      says: ['Above 1.0 there is no answer'],
      from: '`docs/steps/06-task-queue/traces/06-waiting.txt`, the last without an end',
      is: () => {
        if (row(textOf(waiting), '0.9').length !== 4) throw new Error('0.9 has an end no more')
        return [numberIn(waiting, /^ +(1\.0) +no end/m)]
      },
    },
  ],
  cited: [
    {
      says: ['worked out in 1917'],
      from: 'A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone exchanges", 1917',
    },
  ],
  examples: [{ says: ['sends a thousand requests'], from: 'many' }],
} satisfies Claims
