import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HeadConfig } from 'vitepress'
import { stepOf } from './course.ts'
import { root } from './source.ts'

/** Where the site will stand. */
export interface Place {
  /** The path that it lives under, such as `/rpc-steps/`. */
  base: string
  /** Scheme and host, such as `https://example.org`; undefined when nobody has said. */
  site: string | undefined
}

/** What a page says of itself. */
export interface About {
  /** Its Markdown file, such as `steps/NAME.md`. */
  file: string
  title: string
  description: string
}

/** The name of the picture that stands for a page where somebody links to it. */
export function cardOf(file: string): string {
  const step = stepOf(file)
  return step && existsSync(join(root, 'docs/steps', step.folder, 'card.png')) ? step.number : 'home'
}

/** The path of a page below the base: `index.md` is the folder itself. */
export function pathOf(file: string): string {
  return file.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '.html')
}

/**
 * What those need to know who show a link to a page. They take only absolute addresses, so without
 * a site there is no picture.
 */
export function headOf({ file, title, description }: About, { base, site }: Place): HeadConfig[] {
  const step = stepOf(file)
  const property = (property: string, content: string): HeadConfig => [
    'meta',
    { property: `og:${property}`, content },
  ]
  const head = [
    property('type', file === 'index.md' ? 'website' : 'article'),
    property('site_name', 'rpc-steps'),
    property('title', step ? `Step ${Number(step.number)}: ${title}` : title),
    property('description', description),
  ]
  if (site === undefined) return head
  const here = site + base
  return [
    ...head,
    property('url', here + pathOf(file)),
    property('image', `${here}cards/${cardOf(file)}.png`),
    property('image:width', '1200'),
    property('image:height', '630'),
    property('image:alt', 'Five calls on one time scale, recorded from a run'),
    ['meta', { name: 'twitter:card', content: 'summary_large_image' }],
    ['link', { rel: 'canonical', href: here + pathOf(file) }],
  ]
}
