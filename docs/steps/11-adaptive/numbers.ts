import step from '../../../steps/11-adaptive/step.ts'
import { scenes } from '../../.vitepress/lab/scenes.ts'
import { filesUnder, textOf } from '../../.vitepress/source.ts'
import { about, numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

const fixed = 'docs/steps/11-adaptive/traces/11-fixed.txt'
const chapter = 'docs/steps/11-adaptive/index.md'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['holds ten wrong versions'],
      from: '`steps/11-adaptive/bugs`, counted',
      is: () => [filesUnder('steps/11-adaptive/bugs', '.patch').length],
    },
    {
      says: ['It begins with 50, which'],
      from: '`steps/11-adaptive/step.ts`, `start`',
      is: () => [step.options.start.default],
    },
    {
      says: ['and the wait is ten times as long'],
      from: 'the rounds of the two commands beside it',
      is: () => [numberIn(chapter, /"rounds":(10000000)/) / numberIn(chapter, /"rounds":(1000000)\}/)],
    },
    {
      says: ['one that is ten times as high'],
      from: '`docs/steps/11-adaptive/traces/11-fixed.txt`, the second number and the first',
      is: () => [numberIn(fixed, /^fixed (220)/m) / numberIn(fixed, /^fixed (22) /m)],
    },
    {
      says: ['Twelve calls at once'],
      from: '`docs/steps/11-adaptive/scenes.ts`, `crowd`',
      is: () => [scenes['11-crowd']!.calls],
    },
    {
      says: ['one call more for every twenty'],
      from: 'what is above the p95: 5 of 100',
      is: () => [100 / (100 - numberIn(chapter, /A hedge after the p(\d+)/))],
    },
    {
      says: ['a number that is ten times too high, everybody waits ten times as long'],
      from: '`docs/steps/11-adaptive/traces/11-fixed.txt`, the second number and the first, and their latencies',
      is: () => {
        const [high, right] = [/^fixed (220) +\d+% +(\d+) ms/m, /^fixed (22) +\d+% +(\d+) ms/m].map((row) => row.exec(textOf(fixed))!.map(Number))
        return [high![1]! / right![1]!, about(high![2]! / right![2]!, 5)]
      },
    },
    {
      says: ['what so many of a hundred do not exceed; p99 is the one of ninety-nine'],
      from: 'what the word means: p99, of per cent',
      is: () => [100, numberIn(chapter, /exceed; p(\d+) is/)],
    },
    {
      says: ['What so many of a hundred do not exceed', 'a hundred calls took no longer'],
      from: 'what the word means: per cent',
      is: () => [100],
    },
    {
      says: ['ninety-nine of'],
      from: '`docs/glossary.md`, p99',
      is: () => [numberIn('docs/glossary.md', /exceed. p(\d+) of a latency/)],
    },
  ],
  cited: [
    {
      says: ['It has carried TCP since 1988'],
      from: 'V. Jacobson, "Congestion avoidance and control", SIGCOMM 1988',
    },
  ],
  examples: [
    { says: ['feed it a thousand samples'], from: 'any number' },
    { says: ['Twenty cuts in a row', 'each of twenty failures cuts the limit'], from: 'any number; the test has as many' },
    { says: ['would be a thousand when the crowd comes'], from: 'many; the most that the server allows' },
  ],
} satisfies Claims
