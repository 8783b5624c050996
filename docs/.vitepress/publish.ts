import { existsSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DefaultTheme, UserConfig } from 'vitepress'
import { cardFolder, cardPages } from './cards.ts'
import { headOf } from './head.ts'
import type { Place } from './head.ts'
import { allPages, chapters, full, index } from './llms.ts'
import { root } from './source.ts'

type Published = Pick<
  UserConfig<DefaultTheme.Config>,
  'transformHead' | 'sitemap' | 'buildEnd'
>

/** What a build makes besides pages, for search engines, for links from elsewhere, for models. */
export function published({ base, site }: Place, about: string): Published {
  const here = (site ?? '') + base
  return {
    transformHead: ({ page: file, pageData: { title }, description }) =>
      file === '404.md' ? [] : headOf({ file, title, description }, { base, site }),
    ...(site !== undefined && {
      sitemap: {
        hostname: here,
        transformItems: (items) => items.filter(({ url }) => !url.startsWith('source/')),
      },
    }),
    async buildEnd({ outDir }) {
      await mkdir(join(outDir, 'cards'), { recursive: true })
      for (const name of cardPages().keys()) {
        const file = join(root, cardFolder(name), 'card.png')
        // A step may have been recorded a moment ago; a test says that its card is missing.
        if (existsSync(file)) await cp(file, join(outDir, 'cards', `${name}.png`))
      }
      const write = (name: string, text: string) => writeFile(join(outDir, name), text)
      const sitemap = site === undefined ? '' : `Sitemap: ${here}sitemap.xml\n`
      await write('robots.txt', `User-agent: *\nAllow: /\n${sitemap}`)
      await write('llms.txt', index(about, allPages(), here))
      await write('llms-full.txt', full(about, chapters(), here))
      if (!site) console.log('SITE is not set: no sitemap, and no pictures for those who link here')
    },
  }
}
