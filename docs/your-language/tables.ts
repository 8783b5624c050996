import type { Table, Tables } from '../.vitepress/record/table.ts'

/** What must be the same whenever the tester says it: all but the counts, the port and Python's own words. */
export function factsOf(text: string): string[] {
  return text
    .replace(/^ {2}its stderr .*(?:\n {10,}.*)*/gm, '')
    .split('\n')
    .filter((line) => !/\d+ passed/.test(line))
    .map((line) => line.replace(/^(\w+ +)\d+ of \d+ +/, '$1').replace(/port \d+.*/, 'port'))
}

function round(number: number): Table {
  return {
    command: `npm run conformance -- --command "python3 docs/your-language/round${number}.py {port}" --first`,
    ends: 1,
    facts: factsOf,
    doctored: [/^(FAILED {2}\w+: )\w+/m, '$1other'],
  }
}

/** The rounds of the page, the last of which is green. */
export const last = 10

export default {
  'your-language-0.txt': {
    command: 'npm run conformance -- --command "python3 docs/your-language/round0.py {port}" --first',
    ends: 1,
    facts: factsOf,
    doctored: [/exit code \d/, 'exit code 9'],
  },
  ...Object.fromEntries(Array.from({ length: last - 1 }, (_, i) => [`your-language-${i + 1}.txt`, round(i + 1)])),
  [`your-language-${last}.txt`]: {
    command: `npm run conformance -- --command "python3 docs/your-language/round${last}.py {port}"`,
    facts: factsOf,
    doctored: [/green/, 'red'],
  },
} satisfies Tables
