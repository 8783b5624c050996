import { expect } from 'vitest'
import { addresses, htmlOf, isFile } from '../src/site.ts'
import { deadLinks, structureOf } from '../src/structure.ts'
import type { Structure } from '../src/structure.ts'
import { test } from '../src/test.ts'

test('what the server sends is well built, and every link leads somewhere', async ({ open }) => {
  const page = await open('/about.html')
  const pages = new Map<string, Structure>()
  // Of the page for wrong addresses, VitePress sends the frame alone.
  for (const address of addresses().filter((address) => address !== '/404.html')) {
    pages.set(address, await page.evaluate(structureOf, { address, html: htmlOf(address) }))
  }
  expect(pages.size).toBeGreaterThan(100)
  const faults = [...pages].flatMap(([address, { faults }]) =>
    faults.map((fault) => `${address}: ${fault}`),
  )
  expect(faults).toEqual([])
  expect(deadLinks(pages, isFile)).toEqual([])
})

test('a badly built page is found out', async ({ open }) => {
  const page = await open('/about.html')
  const html = `<main><h1 id="a">One</h1><h3 id="a">Three</h3><svg></svg><img src="x.png">
    <svg role="img" aria-label="named"><svg></svg></svg><img alt="" src="y.png">
    <a href="#a">a</a><a href="#b">b</a><a href="gone.html">c</a><a href="/other/#d">d</a>
    <a href="https://elsewhere/">e</a></main>`
  const bad = await page.evaluate(structureOf, { address: '/bad.html', html })
  expect(bad.faults).toEqual([
    'two elements have the id a',
    'H3 "Three" skips a level',
    '<svg></svg> has no name',
    '<img src="x.png"> has no name',
  ])
  const other = { ids: ['c'], links: [], faults: [] }
  const pages = new Map([
    ['/bad.html', bad],
    ['/other/', other],
  ])
  expect(deadLinks(pages, () => false)).toEqual([
    '/bad.html: /bad.html has no element b',
    '/bad.html: there is no /gone.html',
    '/bad.html: /other/ has no element d',
  ])
})
