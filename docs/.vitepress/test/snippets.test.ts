import { describe, expect, test } from 'vitest'
import { checkFences, checkSnippets } from '../check.ts'
import { filesUnder, pages, regionsOf, snippetsOf, textOf } from '../source.ts'

const chapters = pages()
const sources = new Map(
  ['shared', 'steps', 'test', 'docs/steps', 'docs/your-language', 'docs/.vitepress/model']
    .flatMap((folder) => filesUnder(folder, '.ts', '.mts', '.mjs', '.py'))
    .map((file) => [file, textOf(file)]),
)
const lesson = (file: string) => /^steps\/[^/]+\/src\//.test(file)

describe('the pages', () => {
  test('show only regions that exist, each once, and every region of a lesson', () => {
    const shown = chapters.flatMap((page) => snippetsOf(page, textOf(page)))
    expect(checkSnippets(shown, sources, lesson)).toEqual([])
  })

  test('hold no code that was typed by hand', () => {
    expect(chapters.flatMap((page) => checkFences(page, textOf(page)))).toEqual([])
  })
})

const file = 'steps/09-made-up/src/peer.ts'
const text = [
  'const a = 1',
  '// #region one',
  'one()',
  '// #endregion',
  '// #region two',
  'two()',
  '// #endregion two',
].join('\n')
const page = 'docs/steps/09-made-up.md'

function problems(markdown: string, source = text): string[] {
  return checkSnippets(snippetsOf(page, markdown), new Map([[file, source]]), lesson)
}

describe('the check of snippets', () => {
  const good =
    '<<< ../../steps/09-made-up/src/peer.ts#one{ts}\n<<< @/../steps/09-made-up/src/peer.ts#two{2 ts}'

  test('passes what is right', () => expect(problems(good)).toEqual([]))

  test('finds a region that does not exist', () => {
    expect(problems(good.replace('#one', '#three'))).toEqual([
      `${page}:1: ${file} has no region three`,
      `${file}:2: region one is never shown`,
    ])
  })

  test('finds a file that does not exist', () => {
    expect(problems(`${good}\n<<< ../../steps/gone.ts#one{ts}`)).toEqual([
      `${page}:3: steps/gone.ts does not exist`,
    ])
  })

  test('finds a file that is shown whole', () => {
    expect(problems(`${good}\n<<< ../../${file}{ts}`)).toEqual([
      `${page}:3: ${file} is shown whole: name a region`,
    ])
  })

  test('finds a region that is shown twice, unless that is meant', () => {
    const twice = `${good}\n<<< ../../${file}#two`
    expect(problems(twice)).toEqual([
      `${page}:3: ${file}#two is shown already at ${page}:2; {ts again} if that is meant`,
    ])
    expect(problems(`${twice}{ts again}`)).toEqual([])
  })

  test('finds a region of a lesson that is never shown', () => {
    expect(problems('')).toEqual([
      `${file}:2: region one is never shown`,
      `${file}:5: region two is never shown`,
    ])
  })

  test.each([
    ['// #region', 'line 1: a region needs a name'],
    ['// #region a', 'line 1: region a is never closed'],
    ['// #endregion', 'line 1: #endregion without #region'],
    ['// #region a\n// #region b\n// #endregion a', 'line 3: #endregion a closes region b'],
    ['// #region a\n// #endregion\n// #region a\n// #endregion', 'line 3: a second region a'],
  ])('finds regions that do not fit: %j', (source, problem) => {
    expect(() => regionsOf(source)).toThrow(problem)
    expect(problems('', source)).toEqual([`${file}: ${problem}`])
  })

  test('counts lines from 1 and leaves the markers out, also of nested regions', () => {
    expect(
      regionsOf('// #region a\n1\n  // #region b\n2\n  // #endregion b\n// #endregion a'),
    ).toEqual([
      { name: 'a', first: 2, last: 5 },
      { name: 'b', first: 4, last: 4 },
    ])
  })
})

describe('the check of fences', () => {
  test.each([
    '```ts\nx\n```',
    '~~~js\nx\n~~~',
    '- item\n  ```typescript {1}\n  x\n  ```',
    '````sh\n```\n````\n```vue\n```',
    '> ```ts:line-numbers\n> x\n> ```',
    '```{ts}\n```\n```mjs\n```',
    '```python\nx\n```',
  ])('finds %j', (markdown) => expect(checkFences(page, markdown)).toHaveLength(1))

  test.each(['```sh\nnpm test\n```', '```json\n{}\n```', '````md\n```ts\n```\n````', 'text ```ts'])(
    'passes %j',
    (markdown) => expect(checkFences(page, markdown)).toEqual([]),
  )
})
