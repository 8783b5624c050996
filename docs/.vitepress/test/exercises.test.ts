import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import type { Exercise } from '@rpc-steps/exercises'
import { createMarkdownRenderer } from 'vitepress'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exerciseInWords, exercises as exercisesPlugin, exercisesIn } from '../exercises.ts'
import { root, textOf } from '../source.ts'
import type { createLab as CreateLab } from '../lab/lab.ts'
import { checkPath, tokenHeader } from '../lab/messages.ts'
import type { CheckAnswer, Offer } from '../lab/messages.ts'
import { bodyIn, withBody } from '../../../test/exercises/src/hole.ts'
import { allExercises } from '../../../test/exercises/src/exercise.ts'

describe('a chapter', () => {
  test.each([...new Set(allExercises().map(({ stepFolder }) => stepFolder))])('%s shows its exercises', (folder) => {
    expect(textOf(`docs/steps/${folder}/index.md`)).toContain(`\n<Exercises step="${folder.slice(0, 2)}" />\n`)
  })

  test('shows each with what to write, where, and the commands', async () => {
    const md = await createMarkdownRenderer(root, { config: exercisesPlugin })
    const html = await md.renderAsync('<Exercises step="08" />\n')
    const shown = exercisesIn('08')
    // One of them has functions in several files.
    expect(shown.some(({ holes }) => new Set(holes.map(({ file }) => file)).size > 1)).toBe(true)
    expect(html.match(/<Exercise /g)).toHaveLength(shown.length)
    for (const { id, step, name, holes } of shown) {
      for (const { file } of holes) expect(html).toContain(`"file":"exercises/${id}/${file}"`)
      expect(html).toContain(`"check":"npm run exercise -- ${step} ${name} check"`)
    }
    expect(html, 'no text ends the attribute').toMatch(/^(<p>)?(<Exercise :exercise='[^'<>&]*' \/>)+(<\/p>)?\n?$/)
    await expect(md.renderAsync('<Exercises step="99" />\n')).rejects.toThrow('step 99 has no exercises to show')
  })

  test('says the same in words', () => {
    for (const exercise of exercisesIn('08')) {
      const words = exerciseInWords(exercise)
      expect(words).toContain(exercise.text)
      for (const { file, name } of exercise.holes) for (const part of [`\`${name}\``, `/${file}\``]) expect(words).toContain(part)
    }
  })
})

describe('the server of the site', () => {
  const workplace = mkdtempSync(join(root, '.trials-'))
  let bound = '127.0.0.1'
  let lab: ReturnType<typeof CreateLab>
  let copyOf: (exercise: Exercise) => string
  const server = createServer((request, response) => lab.handle(request, response, () => response.writeHead(404).end()))
  const [exercise] = exercisesIn('05') as [Exercise]

  beforeAll(async () => {
    // Before it is read: the reader's own copies are not ours to touch.
    process.env['EXERCISES'] = basename(workplace)
    const { createLab } = await import('../lab/lab.ts')
    const { copyOf: place, makeCopy } = await import('@rpc-steps/exercises')
    copyOf = place
    lab = createLab({ bound: () => bound })
    expect(copyOf(exercise)).toContain(workplace)
    makeCopy(exercise)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    server.close().closeAllConnections()
    rmSync(workplace, { recursive: true, force: true, maxRetries: 5 })
  })

  const offered = () => JSON.parse(lab.offer()!) as Offer
  const post = (body: string, token = offered().token) => {
    const { port } = server.address() as AddressInfo
    return fetch(`http://127.0.0.1:${port}/${checkPath}`, { method: 'POST', headers: { [tokenHeader]: token }, body })
  }
  const checked = async ({ id }: Exercise) => (await (await post(JSON.stringify({ exercise: id }))).json()) as CheckAnswer

  test('tells what is wrong, then that it is right, and remembers that', async () => {
    expect(await checked(exercise)).toMatchObject({ result: 'wrong', text: expect.stringContaining('is not written yet') as string })
    expect(offered().done).toEqual([])
    const [{ file, name } = { file: '', name: '' }] = exercise.holes
    const path = join(copyOf(exercise), file)
    const ours = bodyIn(readFileSync(join(exercise.folder, file), 'utf8'), name)
    writeFileSync(path, withBody(readFileSync(path, 'utf8'), name, ours))
    expect(await checked(exercise)).toMatchObject({ result: 'right', text: expect.stringMatching(/^Right: /) as string })
    expect(offered().done).toEqual([exercise.id])
  })

  test('says how to begin', async () => {
    const [, other] = exercisesIn('05')
    expect(await checked(other!)).toEqual({
      result: 'not begun',
      text: 'There is no copy yet: npm run exercise -- 05 first-error makes one.',
    })
  })

  test('checks one at a time', async () => {
    const body = JSON.stringify({ exercise: exercise.id })
    const statuses = (await Promise.all([post(body), post(body)])).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 429])
    expect((await post(body)).status, 'and goes on afterwards').toBe(200)
  })

  test.each(['', '{', 'null', '{"exercise":7}', '{"exercise":"../../etc"}', '{"exercise":"05-nope"}'])(
    'refuses %j',
    async (body) => expect((await post(body)).status).toBe(400),
  )

  test('refuses who is no page of ours, and everybody while others can reach it', async () => {
    const body = JSON.stringify({ exercise: exercise.id })
    const { token } = offered()
    expect((await post(body, 'a guess')).status).toBe(403)
    bound = '0.0.0.0'
    expect(lab.offer()).toBeUndefined()
    expect((await post(body, token)).status).toBe(403)
    bound = '127.0.0.1'
  })
})
