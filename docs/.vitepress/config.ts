import { existsSync, readFileSync } from 'node:fs'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitepress'
import type { DefaultTheme } from 'vitepress'
import { baseFrom, siteFrom } from './base.ts'
import { captions } from './captions.ts'
import { changes } from './changes.ts'
import { costs } from './costs.ts'
import { chapterOf, parts, reading, stepOf, steps, trying } from './course.ts'
import { exercises } from './exercises.ts'
import { labPlugin } from './lab/plugin.ts'
import { lineAnchors, sourceLines } from './lines.ts'
import { predict } from './predict/markdown.ts'
import { projected } from './projected.ts'
import { published } from './publish.ts'
import { rounds } from './rounds.ts'
import { scripted } from './scripted.ts'
import { foldersPlugin } from './folders.ts'
import { codeTheme } from './shiki.ts'
import { teaching } from './teaching/markdown.ts'
import { testLinks } from './tests.ts'
import { types } from './types.ts'
import { stagePatches } from './stages.ts'
import { walk, walkContainer } from './walk.ts'
import { words } from './words/markdown.ts'

const base = baseFrom(process.env['BASE'])
const site = siteFrom(process.env['SITE'])
const description =
  'Asynchronous RPC and non-blocking I/O, learned by building them in TypeScript.'
const icon = { rel: 'icon', type: 'image/svg+xml', href: `${base}favicon.svg` }
const lines = sourceLines()
const apiSidebar = new URL('../api/typedoc-sidebar.json', import.meta.url)
const api = existsSync(apiSidebar)
  ? (JSON.parse(readFileSync(apiSidebar, 'utf8')) as DefaultTheme.SidebarItem[])
  : []

/** In dev the head comes with the scripts, when the browser has asked for /favicon.ico already. */
const iconPlugin: Plugin = {
  name: 'icon',
  apply: 'serve',
  transformIndexHtml: () => [{ tag: 'link', attrs: icon, injectTo: 'head' }],
}

/** An entry of the sidebar, with a place for the reader's progress. */
function entry({ page, title }: { page: string; title: string }): DefaultTheme.SidebarItem {
  const step = stepOf(page)
  const text = step ? `<span class="number">${step.number}</span>${title}` : title
  return {
    text: `${text}<span class="mark" data-page="${page}"></span>`,
    docFooterText: text,
    link: `/${page}`,
  }
}

const course: DefaultTheme.SidebarItem[] = [
  { text: 'Before you begin', items: reading.filter(({ page }) => !stepOf(page)).map(entry) },
  ...parts.map(({ part, title, steps }) => {
    const text = `${title}<span class="count" data-part="${part}"></span>`
    return { text, items: steps.map(chapterOf).map(entry) }
  }),
  { text: 'Try it', items: trying.map(({ page, title }) => ({ text: title, link: `/${page}` })) },
  {
    text: 'Look it up',
    items: [
      { text: 'What it costs', link: '/costs' },
      { text: 'Glossary', link: '/glossary' },
      { text: 'Numbers', link: '/numbers' },
      { text: 'API reference', link: '/api/' },
      { text: 'For teachers', link: '/teaching' },
      { text: 'About', link: '/about' },
    ],
  },
]

export default defineConfig({
  base,
  lang: 'en',
  title: 'rpc-steps',
  description,
  head: [
    ['link', icon],
    ['script', {}, `{${scripted}}{${projected}}`],
    ['meta', { name: 'color-scheme', content: 'light dark' }],
    // The same as --paper. VitePress tells tags apart by their first attribute.
    ['meta', { media: '(prefers-color-scheme: light)', name: 'theme-color', content: '#fbf8f1' }],
    ['meta', { media: '(prefers-color-scheme: dark)', name: 'theme-color', content: '#14161b' }],
  ],
  // The page of a step lies among what it knows, and has the address of a page beside that folder.
  rewrites: {
    'steps/:step/index.md': 'steps/:step.md',
    'generated/:path*': ':path*',
  },
  srcExclude: ['README.md'],
  lastUpdated: false,
  vite: { plugins: [foldersPlugin, labPlugin(base), lines.plugin, iconPlugin] },
  transformPageData(page) {
    const { relativePath, frontmatter } = page
    if (relativePath.startsWith('api/')) {
      frontmatter['outline'] = [2, 3]
      page.description ||= `API reference: ${page.title}`
    }
    if (relativePath.startsWith('changes/')) page.description ||= `${page.title}, by idea`
    if (relativePath.startsWith('source/')) page.description ||= `The source file ${page.title}`
    if (stepOf(relativePath)) Object.assign(frontmatter, { aside: false, pageClass: 'chapter' })
    // One page leads to the next only where they are read one after another.
    if (![...reading, ...trying].some(({ page }) => relativePath === `${page}.md`)) {
      frontmatter['prev'] ??= false
      frontmatter['next'] ??= false
    }
  },
  ...published({ base, site }, description),
  markdown: {
    theme: codeTheme,
    container: { customContainers: walkContainer },
    config(md) {
      captions(md, base)
      teaching(md)
      words(md, base)
      walk(md)
      lines.use(md)
      predict(md)
      changes(md)
      rounds(md)
      costs(md, base)
      exercises(md)
      testLinks(md, base)
      stagePatches(md)
    },
    codeTransformers: [lineAnchors, types],
  },
  themeConfig: {
    logo: { src: '/favicon.svg', alt: '' },
    siteTitle: 'rpc-steps',
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // In the dev server its tidying can meet a page that has just changed, and end it all.
          options: { autoVacuum: false } as DefaultTheme.MiniSearchOptions['options'] & object,
          searchOptions: {
            // A name of the reference is often all of its title, and would outdo the chapters.
            boostDocument: (id: string) => (id.includes('/api/') ? 0.15 : 1),
          },
        },
      },
    },
    outline: { level: 2, label: 'On this page' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Steps', link: `/steps/${steps[0]?.folder}`, activeMatch: '^/steps/' },
      { text: 'The lab', link: '/lab' },
      { text: 'The model', link: '/model' },
      { text: 'Reference', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: { '/api/': [{ text: 'API reference', items: api }], '/source/': course, '/': course },
    docFooter: { prev: 'Before this', next: 'Next' },
    externalLinkIcon: false,
  },
})
