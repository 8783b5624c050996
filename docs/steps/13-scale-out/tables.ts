import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '13-demo.txt': {
    command: 'npx tsx steps/13-scale-out/demo.ts',
    // Who is chosen is chance that begins in the same place each time.
    facts: (text) => text.trim().split('\n'),
    doctored: [/0 lost/, '1 lost'],
  },
  '13-kills.txt': {
    command: 'npx tsx steps/13-scale-out/kills.ts --broker',
    testedIn: 'steps/13-scale-out/test/kills.test.ts',
  },
  '13-trace.json': {
    command: 'npx tsx steps/13-scale-out/trace.ts',
    testedIn: 'steps/13-scale-out/test/traced.test.ts',
  },
  '13-fleet.txt': {
    command: 'npx tsx steps/13-scale-out/fleet.ts',
    facts: (text) => text.trim().split('\n'),
    doctored: [/20,000/, '2,000'],
  },
  '13-speed.txt': {
    command: 'npx tsx steps/13-scale-out/speed.ts',
    testedIn: 'steps/13-scale-out/test/kills.test.ts',
  },
  '13-costs.txt': {
    command: 'npx tsx steps/13-scale-out/costs.ts',
    smaller: ['--rounds', '3', '--calls', '500'],
    // How much it is, its own test bounds.
    facts: (text) => wordsOf(text),
    doctored: [/recorded/, 'forgotten'],
  },
} satisfies Tables
