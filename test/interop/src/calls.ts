/** Words for the command line of a client, and what it must print: calls of every kind. */
export const calls: readonly (readonly [words: string[], line: string])[] = [
  [['say', '{"text":"Hello, server!"}'], '"You said: Hello, server!"'],
  [['say', '["é 漢 😀 \\u0000 \\"quoted\\""]'], '"You said: é 漢 😀 \\u0000 \\"quoted\\""'],
  [['subtract', '[42,23]'], '19'],
  [['subtract', '{"subtrahend":42,"minuend":23}'], '-19'],
  [['add', '{"a":0.1,"b":0.2}'], '0.30000000000000004'],
  [['sum', '[1,2,3,4,5]'], '15'],
  [['sum'], '0'],
  [['get_data'], '["hello",5]'],
]

/** The first example of FIPS 180-2, appendix B. */
const sha256OfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

/** More of them, that only the service of the steps has. */
export const callsOfSteps: typeof calls = [
  ...calls,
  [['sleep', '{"ms":30}'], '30'],
  [['sleep', '[5]'], '5'],
  [['update', '[1,2,3]'], 'null'],
  [['hash', '{"text":"abc","rounds":1}'], `"${sha256OfAbc}"`],
  [['fetch', '{"url":"/home"}'], '"This is /home."'],
]


/** What a client prints for these calls. */
export function printed(list: typeof calls): string {
  return list.map(([, line]) => `${line}\n`).join('')
}

/** The command line for these calls. */
export function words(list: typeof calls): string[] {
  return list.flatMap(([words]) => words)
}
