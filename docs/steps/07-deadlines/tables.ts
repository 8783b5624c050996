import { row } from '../../.vitepress/predict/facts.ts'
import { orderOf } from '../../.vitepress/record/order.ts'
import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '07-chain.txt': {
    command: 'npx tsx steps/07-deadlines/demo.ts',
    facts(text) {
      const [told, untold] = [row(text, 'with a deadline'), row(text, 'nobody is told')]
      return {
        words: wordsOf(text).filter((line) => /[a-z]{3}/.test(line) && !/[░─▏█]/.test(line)),
        // All three go on for most of the time, or hardly at all.
        untold: untold.map((ms) => ms > 900),
        told: told.map((ms) => ms < 300),
      }
    },
    doctored: [/^(nobody is told +)\d+/m, '$17'],
  },
  '07-cancels.txt': {
    command: 'npx tsx steps/07-deadlines/cancels.ts',
    smaller: ['--calls', '2000'],
    facts(text) {
      const count = (what: string) => Number(new RegExp(`^ +(\\d+)  ${what}`, 'm').exec(text)![1])
      return {
        ways: ['answered', 'given up', 'Deadline exceeded'].map((outcome) => count(outcome) > 0),
        left: ['outcomes', 'calls in', 'requests in', 'places', 'timers', 'listeners'].map(count),
      }
    },
    doctored: [/0 {2}timers/, '1  timers'],
  },
  '07-cost-of-context.txt': {
    command: 'npx tsx steps/07-deadlines/cost-of-context.ts',
    smaller: ['--rounds', '2'],
    facts(text) {
      const ns = (what: string) => Number(new RegExp(`^  ${what} +(\\d+)`, 'm').exec(text)![1])
      return {
        words: wordsOf(text).filter((line) => /[a-z]{3}/.test(line)),
        // To wait costs something once somebody uses it, and to inherit and to be timed costs more.
        dearer: ns('once somebody has, outside') > ns('before anybody uses AsyncLocalStorage'),
        timed: ns('and so is the call, with a timer on either end') > ns('once somebody has'),
      }
    },
    doctored: [/^( {2}and so is the call, with a timer on either end +)\d+/m, '$17'],
  },
  ...orderOf('07', 'cancel-lost', '3:0002001'),
  ...orderOf('07', 'late-reply-kills', '4:02'),
  ...orderOf('07', 'each-hop-anew', '4:0002'),
  ...orderOf('07', 'timer-left-behind', '3-a:0'),
  ...orderOf('07', 'listener-for-each-call', '2:0'),
  ...orderOf('07', 'clock-time-on-the-wire', '1-b-c:0'),
} satisfies Tables
