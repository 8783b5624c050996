import { existsSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import type { DefaultTheme } from 'vitepress'
import { baseFrom } from './base.ts'
import { captions } from './captions.ts'
import { reading, stepOf, steps } from './course.ts'
import { labPlugin } from '../lab/plugin.ts'
import { codeTheme } from './shiki.ts'
import { words } from './words/markdown.ts'

const base = baseFrom(process.env['BASE'])
const apiSidebar = new URL('../api/typedoc-sidebar.json', import.meta.url)
const api = existsSync(apiSidebar)
  ? (JSON.parse(readFileSync(apiSidebar, 'utf8')) as DefaultTheme.SidebarItem[])
  : []

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
  { text: 'Waiting', items: reading.filter(({ page }) => stepOf(page)).map(entry) },
  {
    text: 'Look it up',
    items: [
      { text: 'Glossary', link: '/glossary' },
      { text: 'API reference', link: '/api/' },
      { text: 'About', link: '/about' },
    ],
  },
]

export default defineConfig({
  base,
  lang: 'en',
  title: 'rpc-steps',
  description: 'Asynchronous RPC and non-blocking I/O, learned by building them in TypeScript.',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}favicon.svg` }]],
  srcExclude: ['test/**', 'README.md'],
  lastUpdated: false,
  vite: { plugins: [labPlugin(base)] },
  transformPageData(page) {
    if (page.relativePath.startsWith('api/')) page.frontmatter['outline'] = [2, 3]
  },
  markdown: {
    theme: codeTheme,
    config: (md) => {
      captions(md, base)
      words(md)
    },
    codeTransformers: [
      {
        name: 'line-anchors',
        line(node, line) {
          if (!this.options.meta?.__raw?.includes('anchors')) return
          node.properties['id'] = `L${line}`
          node.properties['data-line'] = line
        },
      },
    ],
  },
  themeConfig: {
    logo: { src: '/favicon.svg', alt: '' },
    siteTitle: 'rpc-steps',
    search: { provider: 'local' },
    outline: { level: 2, label: 'On this page' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Steps', link: `/steps/${steps[0]?.folder}`, activeMatch: '^/steps/' },
      { text: 'The wire', link: '/wire' },
      { text: 'Reference', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: { '/api/': [{ text: 'API reference', items: api }], '/source/': course, '/': course },
    docFooter: { prev: 'Before this', next: 'Next' },
    externalLinkIcon: false,
  },
})
