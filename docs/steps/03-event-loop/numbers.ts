import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['ten thousand connections', 'Ten thousand idle connections'],
      from: 'the last line of `docs/steps/03-event-loop/traces/03-ten-thousand.txt`',
      is: () => [numberIn('docs/steps/03-event-loop/traces/03-ten-thousand.txt', /^ +(\d+) .*\n?$(?![\s\S])/m)],
    },
    {
      says: ['With ten connections'],
      from: '`docs/steps/03-event-loop/traces/03-wakeups.txt`',
      is: () => [numberIn('docs/steps/03-event-loop/traces/03-wakeups.txt', /^ +(10) /m)],
    },
  ],
} satisfies Claims
