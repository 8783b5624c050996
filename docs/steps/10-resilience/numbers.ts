import { filesUnder } from '../../.vitepress/source.ts'
import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

/** Of so many calls one is later than the time after which a second try is made. */
const late = () => Math.round(1 / (1 - numberIn('steps/10-resilience/src/hedged.ts', /quantile\(([\d.]+)\)/)))

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['holds twelve wrong versions'],
      from: '`steps/10-resilience/bugs`, counted',
      is: () => [filesUnder('steps/10-resilience/bugs', '.patch').length],
    },
    {
      says: ['Of twenty, one takes longer', 'one call more in twenty'],
      from: '`steps/10-resilience/src/hedged.ts`, the quantile',
      is: () => [late()],
    },
    {
      says: ['that nineteen calls of twenty'],
      from: '`steps/10-resilience/src/hedged.ts`, the quantile',
      is: () => [late() - 1, late()],
    },
    {
      says: ['calls for half a minute'],
      from: 'the command below it',
      is: () => [numberIn('docs/steps/10-resilience/index.md', /--seconds (\d+)/) / 60],
    },
  ],
  cited: [
    {
      says: ['between -32000 and -32099 every library'],
      from: '[JSON-RPC 2.0, section 5.1](https://www.jsonrpc.org/specification#error_object)',
    },
  ],
  examples: [{ says: ['A few calls in a hundred are slow'], from: 'any number that is small' }],
} satisfies Claims
